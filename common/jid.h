/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_JID_H
#define COMMON_JID_H

/*
 * XMPP addresses, in the normal form in which they are kept, compared and sent: the local part by
 * nodeprep, the domain by nameprep with U-labels, the resource by resourceprep (prep.h).
 * The programs and the broker all have it from here.
 */

#include <stdbool.h>
#include <stddef.h>

enum {
	JID_MAX = 1024,			/* bytes of a bare JID here, NUL included */
	JID_FULL_MAX = 2 * JID_MAX,	/* and with a resource */
};

/*
 * Checks local@domain, as somebody has typed or written it, and writes its normal form to out
 * (JID_MAX bytes). False if it is no such thing: a part empty or over 1023 bytes, control,
 * invisible or space characters, characters RFC 7622 section 3.3.1 forbids ("&'/:<>@), bad
 * UTF-8, what the profile of a part forbids, a resource.
 */
bool jid_bare(const char *text, char *out);

/*
 * The same for the part before the first '/' of an address that a server has stamped on a
 * stanza. Of one that a server like ours has stamped the local part is in normal form, but for
 * the case of ASCII letters. False for any other: where a server keeps two names apart that are one
 * here, the second is nobody.
 */
bool jid_bare_of(const char *full, char *out);

/* Any address, [local@]domain[/resource]; false if it is none. */
bool jid_any(const char *text, char out[JID_FULL_MAX]);

/*
 * Whether two addresses are the same one, by their normal form; by their bytes
 * where they have none.
 */
bool jid_same(const char *one, const char *other);

/* After the '/', or NULL. Points into full. */
const char *jid_resource(const char *full);

/* After the '@'. Points into bare. */
const char *jid_domain(const char *bare);

#endif
