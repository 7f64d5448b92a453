/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SESSION_INTERNAL_H
#define CORE_SESSION_INTERNAL_H

/*
 * The record of a session, shared by its files: session.c (life, and calls from outside),
 * session-target.c (who is asked), session-relay.c (bytes), session-push.c (the outcome) and
 * session-failure.c (what a client is told).
 */

#include "address.h"
#include "bounds.h"
#include "outcome-query.h"
#include "peer.h"
#include "service-request.h"
#include "session.h"
#include "timers.h"
#include "traffic.h"

enum session_state {
	SESSION_WAITING,	/* our account is not online, or presences may still come */
	SESSION_ASKING,		/* the service request is under way */
	SESSION_OPEN,		/* a channel is open */
	SESSION_LOST,		/* the channel was lost, and the push may have arrived */
	SESSION_LEAVING,	/* a channel is open, but the client has gone */
	SESSION_ENDED,		/* freed by the timer, when no function that uses it is on the
				   stack */
};

struct session {
	struct session *next;		/* sessions::first */
	struct sessions *all;		/* borrowed */
	struct session_client *client;	/* borrowed; NULL: it has gone, or the session has ended */
	enum session_state state;
	struct timer timer;
	/* what the client wants */
	struct address to;
	enum service service;
	char git_protocol[4];
	char prefer[DEVICE_ID_LEN + 1];	/* the device to ask first; empty: any */
	char *task;			/* the entry of the queue whose push this is; owned; NULL:
					   none */
	unsigned transport;		/* kinds of path that may be used; a mask */
	bool verbose;			/* the user wants to be told the path */
	bool progress;			/* the user sees what moves */
	uint64_t wait_until;		/* ms; how long a buddy who is away is waited for; 0: the
					   user does not wait */
	/* while WAITING or ASKING */
	uint64_t path_until;		/* ms; until when a path of one of these kinds is waited
					   for; 0: all devices that are there have one */
	bool path_told;			/* the client was told of that */
	/* while WAITING */
	unsigned looks;			/* waits for the buddy to show themselves, this one
					   included; 0: the buddy was not asked to */
	const char *refusal;		/* why the request to the devices failed; static; NULL: none
					   has */
	unsigned appeared;		/* buddy::appeared when the request began */
	bool asked;			/* some device was, which did not serve it */
	bool patient;			/* the session failed but for wait_until, and the timer has
					   it look afresh */
	unsigned restarts;		/* how often a device restarted while we asked it */
	uint64_t woken;			/* sessions::wakes when this session looked last */
	/* what serves it */
	struct service_request *request;	/* owned while ASKING */
	struct negotiation *neg;	/* while OPEN or LEAVING */
	struct channel *channel;	/* the same */
	struct peer *peer;		/* the same */
	char neg_id[NEG_ID_LEN + 1];	/* valid from OPEN on */
	char device[DEVICE_ID_LEN + 1];
	char *path_name;		/* the last path that it was on; owned; NULL before OPEN */
	uint64_t moving_at;		/* ms; when the client may be told again what moves */
	bool moving_told;		/* the client was told of bytes that still wait */
	bool wait_told;			/* while OPEN: the client was told that the link has no
					   path */
	/* the bytes */
	struct buf held;		/* from the client, waits for room in the channel; <=
					   FRAME_WINDOW */
	size_t granted;			/* bytes taken from the client, for which credit is not
					   given back yet */
	size_t unsent;			/* bytes on their way to the client, not yet consumed for
					   the peer */
	bool client_ended, end_passed_on;
	bool end_said, exit_said;	/* the client knows */
	struct traffic traffic;		/* written: bytes of our git; received: of the far one */
	/* the outcome */
	struct witness witness;		/* reads along what git said and was told */
	bool noted;			/* the push was written down as unsettled */
	uint64_t begun;			/* traffic.received at that time */
	bool logged;			/* the journal has its line, or will have it */
	struct outcome_query *lost;	/* owned while LOST */
	char lost_because[REASON_MAX + 1];
};

/* session.c */
void session_enter(struct session *s, enum session_state state, const char *because);
/* The only way a session ends; lets go of the client. Does nothing if the session has ended. */
void session_end(struct session *s, const char *because);
/* Sends the client a note, if there is still a client. */
void session_note(struct session *s, const char *kind, const char *text);
void session_set_timer(struct session *s, uint64_t in);

/*
 * session-failure.c: each tells the client why, and ends the session; or has it go on WAITING, if
 * the user waits for a buddy who is away.
 */
void session_fail_with(struct session *s, const struct message *m);
void session_fail(struct session *s, enum message_id id);
/* reason: a word as for REFUSE, or why a link ended. */
void session_fail_for_reason(struct session *s, const char *reason);
/*
 * The message of a reason that holds also for a stream under way, because the same command
 * would be refused. MSG_NONE: the reason says nothing of that.
 */
enum message_id session_final_judgement(const char *reason);

/* session-patience.c */
/*
 * Whether the user still waits for what this message says to be over by itself. Then the session
 * is WAITING, and does not fail.
 */
bool session_waits_on(struct session *s, const struct message *m);
/* Looks as if the session had just been opened. */
void session_look_afresh(struct session *s);

/* session-target.c */
/* Asks a device that can be asked, or fails with the reason, or goes on waiting. */
void session_look(struct session *s);
/* The time to wait is over. */
void session_waited(struct session *s);

/* session-relay.c */
extern const struct channel_events session_channel_events;
/* Moves what the client has sent into the channel, as much as that takes. */
void session_pass_on(struct session *s);
/* Gives the peer credit for what has left for the client. */
void session_consume(struct session *s);
/*
 * The far service says no more: tells the client so, once, behind what its git would still wait for
 * (witness_missing()).
 */
void session_tell_end(struct session *s);
/* The status will not come, and nothing but that is missing: tells our git so. */
void session_conclude(struct session *s);
/*
 * The exit status that the client gets when the far service has ended with this one: 0 where the
 * answer is whole, for git takes any other one for a failure of what it has got. Then the witness
 * learns that our git has only to read.
 */
uint32_t session_status(struct session *s, uint32_t status);

/* session-push.c */
/*
 * Writes the session's line of the journal, as soon as there is no more to be learnt. A push
 * that was cut before its report gets its line when the two brokers have spoken again. asked:
 * they have, and the device did not tell.
 */
void session_record(struct session *s, const char *reason, bool asked);
/* Writes down a push that has named its refs, because its outcome matters from then on. */
void session_note_push(struct session *s);
/* Whether this is a push that the far git can finish without another byte of ours. */
bool session_sent_everything(const struct session *s);
/* Ends a push of which nobody can say what became of it, and tells the client so. */
void session_fail_unknown(struct session *s, const char *reason);
/* The link of a push is lost: asks for the outcome. */
void session_lose(struct session *s, const char *reason);

#endif
