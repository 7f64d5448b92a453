/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_JID_H
#define COMMON_JID_H

/*
 * XMPP addresses, in the normal form in which they are kept, compared and sent: the local
 * part by nodeprep, the domain by nameprep with U-labels, the resource by resourceprep
 * (prep.h). All programs of the project use these functions.
 */

#include <stdbool.h>
#include <stddef.h>

enum {
	JID_MAX = 1024,			/* bytes of a bare JID, NUL included */
	JID_FULL_MAX = 2 * JID_MAX,	/* bytes of a JID with a resource, NUL included */
};

/*
 * Checks local@domain, as a person has typed or written it, and writes its normal form to
 * out (JID_MAX bytes). False if it is none: a part is empty or over 1023 bytes; it has
 * control, invisible or space characters, characters that RFC 7622 section 3.3.1 forbids
 * ("&'/:<>@), bad UTF-8, or what the profile of a part forbids; or it has a resource.
 */
bool jid_bare(const char *text, char *out);

/*
 * As jid_bare(), for the part before the first '/' of an address that a server has stamped
 * on a stanza. The local part must already be in normal form, except for the case of ASCII
 * letters: our server and its like stamp it so. False otherwise: if a server keeps two
 * names apart that are one here, only the name in normal form is accepted.
 */
bool jid_bare_of(const char *full, char *out);

/*
 * Writes the normal form of any address, [local@]domain[/resource]. False if it is no
 * address.
 */
bool jid_any(const char *text, char out[JID_FULL_MAX]);

/* Whether two addresses have the same normal form, or, if one has none, the same bytes. */
bool jid_same(const char *one, const char *other);

/* The resource, after the '/', or NULL. Points into full. */
const char *jid_resource(const char *full);

/* The domain, after the '@'. Points into bare. */
const char *jid_domain(const char *bare);

#endif
