/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_JOIN_ATTEMPT_H
#define CORE_JOIN_ATTEMPT_H

/*
 * An attempt to use the invitation of a link: a meeting with the inviter's device, in which both
 * prove the secret. Also the kind "join" of meetings, for both of its sides.
 *
 *   state    event                            next
 *   MEETING  the meeting is up                PROVING  the proof is said
 *   MEETING  there is none, or it ended       PAUSING
 *   PROVING  the inviter's proof is right     (over)   joined()
 *   PROVING  a refusal, or a false proof      (over)   failed()
 *   PROVING  the meeting ended                PAUSING
 *   PAUSING  JOIN_PAUSE                       MEETING, or (over) without tries: failed()
 *   any      JOIN_TIME                        (over)   failed(), as away
 *
 * Pure.
 */

#include "admission.h"
#include "context.h"
#include "message.h"

struct join_attempt;
struct peers;

/* Those of an account; all pointers are borrowed. */
struct join_attempts {
	struct context *context;
	struct peers *peers;
	struct admission *admission;
	struct join_attempt *first; /* each owned by who has started it */
};

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
void join_attempts_init(struct join_attempts *all, struct context *context, struct peers *peers,
			struct admission *admission);
/* The identity of the account is about to change: those under way fail. */
void join_attempts_fail(struct join_attempts *all);
/* The user has decided against this inviter: those with them fail. Whether there were any. */
bool join_attempts_forget(struct join_attempts *all, const char *jid);

/* Why the link is not for us, with its jid as the argument; MSG_NONE if it is. */
enum message_id join_attempt_fault(const struct context *c, const struct invitation_link *link);

/*
 * tries: how often a device that does not answer is tried; sid is the number of the first
 * attempt's sid (join-proof.h).
 */
struct join_attempt *join_attempt_start(struct join_attempts *all,
					const struct invitation_link *link, unsigned sid,
					unsigned tries, const struct join_attempt_events *events,
					void *owner);
/* Ends it without an event. Not within one. */
void join_attempt_end(struct join_attempt *a);

const struct invitation_link *join_attempt_link(const struct join_attempt *a);
/* Whether the inviter's presence is seen, or need not be. */
bool join_attempt_sees(const struct context *c, const struct invitation_link *link);
/* The share that the inviter gave us; empty: none. */
const char *join_attempt_share(const struct join_attempt *a, bool *push);

#endif
