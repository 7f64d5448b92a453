/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_ADDRESS_H
#define COMMON_ADDRESS_H

/*
 * The address of a shared repository, as git hands it to the helper:
 *   bob@example.org/project            (of xmpp::bob@example.org/project)
 *   xmpp://bob@example.org/team/site.git?device=laptop
 * The first '/' ends the JID, which is percent-decoded once. What follows, up to '?', is the
 * share: one or more segments, percent-decoded once, a trailing '/' and one trailing ".git"
 * dropped. '?' begins parameters joined by '&': only device is known.
 */

#include "buf.h"
#include "jid.h"

enum {
	SHARE_NAME_MAX = 256,	/* bytes, NUL included */
	DEVICE_NAME_MAX = 64,
};

struct address {
	char jid[JID_MAX];		/* bare, in its normal form */
	char share[SHARE_NAME_MAX];
	char device[DEVICE_NAME_MAX];	/* empty: any device */
};

/* 0, or -1 with *why set to a static phrase for the user (like "no repository name"). */
int address_parse(struct address *a, const char *text, const char **why);

/*
 * Appends what address_parse() reads as these three; device is empty for any. Percent-encoded
 * is what would be read as something else, by it or by a shell; and ".git" is added where one
 * would be dropped.
 */
void address_put(struct buf *out, const char *jid, const char *share, const char *device);

/*
 * A share's name: segments joined by '/', each 1 to 64 bytes of letters,
 * digits, '.', '_', '-', space or UTF-8 above ASCII, not beginning with '.'
 * or '-'; no control characters; at most SHARE_NAME_MAX - 1 bytes in all.
 */
bool share_name_valid(const char *name);

/* What keeps it from being one, as address_parse() says it; NULL: nothing. */
const char *share_name_fault(const char *name);

#endif
