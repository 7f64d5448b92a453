/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_INVITATION_STORE_H
#define DAEMON_INVITATION_STORE_H

/*
 * The account's table of invitations, on the disk. Around each change of the table, as with
 * the trust table (keyring.h): an invitation that cannot be kept is not made, and one whose
 * use cannot be kept is not used.
 */

#include "identity.h"

/* Writes the table as it is into `before`. */
void invitation_store_remember(const struct context *c, struct buf *before);

/*
 * Saves the changed table, and empties `before`. 0, or -1 with *trouble: then the table is as
 * before, and pointers into it are invalid.
 */
int invitation_store_keep(const struct identity *id, struct context *c, struct buf *before,
			  struct message *trouble);

#endif
