/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_JOIN_WAITING_H
#define CORE_JOIN_WAITING_H

/*
 * Uses, without a command, the invitations of inviters who are away (joinings.h). The table is
 * on the disk, so that the user may close their terminal, or switch the machine off. What becomes
 * of each is told by an op.
 *
 * Pure.
 */

#include "join-attempt.h"

struct join_waiting;

struct join_waiting_ops {
	/* Saves the table. 0, or -1 with *trouble. */
	int (*save)(void *arg, struct message *trouble);
	/*
	 * An invitation waits no more: we have joined, and the inviter has given us share, which
	 * may be empty; or share is NULL, and why says why not.
	 */
	void (*over)(void *arg, const struct invitation_link *link, const char *share,
		     const char *why);
};

/* All pointers are borrowed. An op may come within the call. */
struct join_waiting *join_waiting_create(struct join_attempts *attempts,
					 const struct join_waiting_ops *ops, void *arg);
void join_waiting_destroy(struct join_waiting *w);

/*
 * Hands the link over. NULL with *trouble if the invitation has expired, or cannot be kept;
 * *trouble stays as it is where there is no place.
 */
const struct joining *join_waiting_add(struct join_waiting *w, const struct invitation_link *link,
				       struct message *trouble);
/* A command has joined by this link, or was refused. Also if it does not wait. */
void join_waiting_over(struct join_waiting *w, const struct invitation_link *link);
/*
 * The user decides against this inviter: attempts of commands fail, too. *any: whether any of
 * theirs waited or was tried. 0, or -1 with *trouble if that cannot be kept; then nothing has
 * changed, and the decision fails.
 */
int join_waiting_forget(struct join_waiting *w, const char *whose, bool *any,
			struct message *trouble);

/*
 * Around a command that tries the link, which is left to it. Also if it does not wait. The
 * account may have ended before the command, or be logged out as its last thing: release and wake
 * accept NULL.
 */
void join_waiting_hold(struct join_waiting *w, const struct invitation_link *link);
void join_waiting_release(struct join_waiting *w, const struct invitation_link *link);

/* We are online. */
void join_waiting_online(struct join_waiting *w);
/* Our state, or somebody's presence, may have changed. */
void join_waiting_wake(struct join_waiting *w);
/* Before and after the identity of the account, and with it the table, is another. */
void join_waiting_pause(struct join_waiting *w);
void join_waiting_identify(struct join_waiting *w);

/* Appends the fields of a row of kind "joining". */
void join_waiting_describe(const struct joining *one, struct buf *row);

#endif
