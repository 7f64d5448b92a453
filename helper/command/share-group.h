/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SHARE_GROUP_H
#define HELPER_SHARE_GROUP_H

/*
 * The members of a group, as the configuration has them: [xmppGroup "name"]. They are written
 * down when the user shares with the group, and when the user accepts who has come since; the
 * contact list alone gives nobody a right.
 */

#include <stdbool.h>

#include "amend.h"
#include "share-config.h"

/*
 * Asks the broker who is in the group, and wishes that to be written. The members are printed
 * by share_group_show(), once it is. False, with the reason printed, if the group has nobody
 * or the broker does not know.
 */
bool share_group_wish(struct amendment *a, const struct share_configs *shares, const char *group,
		      struct query *members);

/* Prints who is in the group now, and who was not before; shares is the table of before. */
void share_group_show(const struct share_configs *shares, const char *group,
		      const struct query *members);

#endif
