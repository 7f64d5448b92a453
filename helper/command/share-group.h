/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SHARE_GROUP_H
#define HELPER_SHARE_GROUP_H

/*
 * The members of a group, as the configuration has them: [xmppGroup "name"]. They are written
 * down when the group is first shared with, and when the user accepts who has come since; the
 * contact list alone gives nobody a right. What is written are the members that one answer of
 * the broker had and that the user named or was shown, so whoever the server adds later waits.
 *
 * share_group_read(), one of the share_group_take_...(), share_group_wish(), and
 * share_group_show() once the wish is written.
 */

#include <stdbool.h>

#include "amend.h"
#include "share-config.h"

struct share_group {
	const char *name;			/* borrowed */
	const struct share_configs *shares;	/* of before; borrowed */
	struct query members;			/* who is in the group, as the broker knows */
	bool *taken;				/* for each row, if it gets the rights now; owned */
};

/*
 * Asks the broker who is in the group, into a record of zeros. False, with the reason printed,
 * if the group has nobody or the broker does not know.
 */
bool share_group_read(struct share_group *g, const struct share_configs *shares, const char *name);

/* Takes all, unless a share or a member of the group is written down already. */
void share_group_take_first(struct share_group *g);
/* Takes these. False, with the reason printed, if one of them is not in the group. */
bool share_group_take_named(struct share_group *g, char *const *jids, size_t count);
/*
 * Takes those who wait, once the user has said yes to their names on the terminal. False if
 * the user did not, or if there is no terminal, which is printed with the command to type.
 */
bool share_group_take_confirmed(struct share_group *g);

void share_group_wish(const struct share_group *g, struct amendment *a);
/* Prints who is in the group, who has its rights now, and who waits. */
void share_group_show(const struct share_group *g);
void share_group_finish(struct share_group *g);

#endif
