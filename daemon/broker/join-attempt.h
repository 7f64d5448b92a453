/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_JOIN_ATTEMPT_H
#define DAEMON_JOIN_ATTEMPT_H

/*
 * An attempt to use the invitation of a link: a meeting with the inviter's device, in which both
 * prove the secret. Also the kind "join" of meetings, for both of its sides.
 */

#include "broker.h"

struct join_attempt;

/*
 * One of them comes, once, and not within join_attempt_start(). The attempt is freed when it
 * has returned.
 */
struct join_attempt_events {
	/* The key is verified here, too, and they were asked for a subscription. */
	void (*joined)(void *owner, const struct join_attempt *a);
	/* away: the invitation was neither used nor refused, and may be tried later. */
	void (*failed)(void *owner, const struct join_attempt *a, const struct message *why,
		       bool away);
};

/* Adds the kind to the table of meetings; once, when the broker starts. */
void join_attempts_begin(struct broker *b);
/* The identity of the account is about to change: those under way fail. */
void join_attempts_fail(struct broker *b);

/* Why the link is not for us, with its jid as the argument; MSG_NONE if it is. */
enum message_id join_attempt_fault(const struct context *c, const struct invitation_link *link);

/*
 * tries: how often a device that does not answer is tried; sid is the number of the first
 * attempt's sid (join-proof.h).
 */
struct join_attempt *join_attempt_start(struct broker *b, const struct invitation_link *link,
					unsigned sid, unsigned tries,
					const struct join_attempt_events *events, void *owner);
/* Ends it without an event. Not within one. */
void join_attempt_end(struct join_attempt *a);

const struct invitation_link *join_attempt_link(const struct join_attempt *a);
/* Whether the inviter's presence is seen, or need not be. */
bool join_attempt_sees(const struct broker *b, const struct invitation_link *link);
/* The share that the inviter gave us; empty: none. */
const char *join_attempt_share(const struct join_attempt *a, bool *push);

#endif
