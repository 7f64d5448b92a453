/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_ADDRESS_H
#define COMMON_ADDRESS_H

/*
 * The address of a shared repository, as git hands it to the helper:
 *   bob@example.org/project            (of xmpp::bob@example.org/project)
 *   xmpp://bob@example.org/team/site.git?device=laptop
 * The first '/' ends the JID, which is percent-decoded once. The share follows, up to '?':
 * one or more segments, percent-decoded once; a trailing '/' and then one trailing ".git"
 * are dropped. After '?' come parameters joined by '&'. The only known parameter is device.
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
 * Appends an address that address_parse() reads as these three. An empty device means any
 * device. Characters that address_parse() or a shell would read as something else are
 * percent-encoded. ".git" is added to a share that ends in ".git", because address_parse()
 * drops one.
 */
void address_put(struct buf *out, const char *jid, const char *share, const char *device);

/*
 * The URL of this helper with another JID, malloc'd. NULL if url is not one of `from`. The two
 * forms, xmpp:: and xmpp://, stay as they are.
 */
char *address_moved(const char *url, const char *from, const char *to);

/*
 * A share's name: segments joined by '/', each 1 to 64 bytes of letters,
 * digits, '.', '_', '-', space or UTF-8 above ASCII, not beginning with '.'
 * or '-'; no control characters; at most SHARE_NAME_MAX - 1 bytes in all.
 */
bool share_name_valid(const char *name);

/*
 * Why the name is no valid share name, in the phrases of address_parse(); NULL if it is
 * valid.
 */
const char *share_name_fault(const char *name);

#endif
