/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_JID_H
#define COMMON_JID_H

/*
 * XMPP addresses (RFC 7622), as far as a program needs them that leaves
 * PRECIS to the server: ASCII is lower-cased, everything else kept as it is.
 */

#include <stdbool.h>
#include <stddef.h>

enum { JID_MAX = 1024 };	/* bytes of a bare JID here, NUL included */

/*
 * Checks local@domain and writes it lower-cased to out (JID_MAX bytes). False
 * if it is no such thing: a part empty or over 1023 bytes, control or space
 * characters, characters RFC 7622 section 3.3.1 forbids ("&'/:<>@), bad UTF-8,
 * a resource.
 */
bool jid_bare(const char *text, char *out);

/* The part before the first '/', lower-cased; false if it is no bare JID. */
bool jid_bare_of(const char *full, char *out);

/* After the '/', or NULL. Points into full. */
const char *jid_resource(const char *full);

/* After the '@'. Points into bare. */
const char *jid_domain(const char *bare);

#endif
