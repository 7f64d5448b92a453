/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_JOIN_WAITING_H
#define DAEMON_JOIN_WAITING_H

/*
 * Uses, without a command, the invitations of inviters who are away (joinings.h). The table is
 * on the disk, so that the user may close their terminal, or switch the machine off. What becomes
 * of each is a notice, and an event of the journal.
 */

#include "broker.h"

struct join_waiting;

/* Once each. Until the end the functions below may be called. */
void join_waiting_begin(struct broker *b);
void join_waiting_end(struct broker *b);

/*
 * Hands the link over. NULL with *trouble if the invitation has expired, or cannot be kept;
 * *trouble stays as it is where there is no place.
 */
const struct joining *join_waiting_add(struct broker *b, const struct invitation_link *link,
				       struct message *trouble);
/* A command has joined by this link, or was refused. Also if it does not wait. */
void join_waiting_over(struct broker *b, const struct invitation_link *link);
/* The user has decided against this inviter. False if none of theirs waits. */
bool join_waiting_forget(struct broker *b, const char *jid);

/* Around a command that tries the link, which is left to it. Also if it does not wait. */
void join_waiting_hold(struct broker *b, const struct invitation_link *link);
void join_waiting_release(struct broker *b, const struct invitation_link *link);

/* We are online. */
void join_waiting_online(struct broker *b);
/* Our state, or somebody's presence, may have changed. */
void join_waiting_wake(struct broker *b);
/* Before and after the identity of the account, and with it the table, is another. */
void join_waiting_pause(struct broker *b);
void join_waiting_identify(struct broker *b);

/* Appends the fields of a row of kind "joining". */
void join_waiting_describe(const struct joining *one, struct buf *row);

#endif
