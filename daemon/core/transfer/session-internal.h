/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SESSION_INTERNAL_H
#define CORE_SESSION_INTERNAL_H

/*
 * A session, for the files that it is made of: session.c (life, and what comes from
 * outside), session-target.c (who is asked), session-relay.c (bytes), session-push.c
 * (what becomes of it) and session-failure.c (what a client is told).
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
	SESSION_WAITING,	/* our account is not online, or presence may still come */
	SESSION_ASKING,		/* the request runs */
	SESSION_OPEN,		/* a channel is open */
	SESSION_LOST,		/* it was, and its push may have arrived */
	SESSION_LEAVING,	/* a channel is open, and no client is there any more */
	SESSION_ENDED,		/* freed as soon as nothing of it is on the stack */
};

struct session {
	struct session *next;		/* sessions::first */
	struct sessions *all;		/* borrowed */
	struct session_client *client;	/* borrowed; NULL: gone, or let go */
	enum session_state state;
	struct timer timer;
	/* what the client wants */
	struct address to;
	enum service service;
	char git_protocol[4];
	char prefer[DEVICE_ID_LEN + 1];	/* the device that is asked first; empty: any */
	char *task;			/* the queue's entry whose git this is; owned; NULL: none */
	unsigned transport;		/* kinds of path it may go over */
	bool verbose;			/* the user wants to know on which path it goes */
	/* while WAITING */
	bool path_wanted;		/* a path of one of those kinds has to be found first */
	unsigned looks;			/* since it was asked whether the buddy is there */
	const char *refusal;		/* of the devices that were asked; static; NULL: none was */
	unsigned appeared;		/* how often a device of theirs had come by then */
	unsigned restarts;		/* of devices, while we asked them */
	uint64_t woken;			/* with which of sessions::wakes it looked last */
	/* who does it */
	struct service_request *request;	/* owned while ASKING */
	struct negotiation *neg;	/* while OPEN or LEAVING */
	struct channel *channel;	/* the same */
	struct peer *peer;		/* the same */
	char neg_id[NEG_ID_LEN + 1];	/* from OPEN on */
	char device[DEVICE_ID_LEN + 1];
	char *path_name;		/* the last path; owned; NULL before OPEN */
	bool wait_told;			/* while OPEN: that the link has no path */
	/* the bytes */
	struct buf held;		/* from the client, for want of room; <= FRAME_WINDOW */
	size_t granted;			/* taken from the client, credit not yet given back */
	size_t unsent;			/* to the client, not yet consumed for the peer */
	bool client_ended, end_passed_on;
	bool exit_said;
	struct traffic traffic;		/* written: of our git; received: of the far one */
	/* what becomes of it */
	struct witness witness;		/* of what git said, and was told */
	bool noted;			/* the push is written down */
	uint64_t begun;			/* what had been received then */
	bool logged;			/* the journal has its line, or will have */
	struct outcome_query *lost;	/* owned while LOST */
	char lost_because[REASON_MAX + 1];
};

/* session.c */
void session_enter(struct session *s, enum session_state state, const char *because);
/* The one end; the client is let go. Nothing if it has ended. */
void session_end(struct session *s, const char *because);
/* Where there is still a client. */
void session_note(struct session *s, const char *kind, const char *text);
void session_set_timer(struct session *s, uint64_t in);

/* session-failure.c: the client is told, and the session ends. */
void session_fail_with(struct session *s, const struct message *m);
void session_fail(struct session *s, enum message_id id);
/* reason: a word as for refuse, or why a link ended. */
void session_fail_for_reason(struct session *s, const char *reason);
/*
 * What a reason says also of a push that is under way: the same command would be refused.
 * MSG_NONE: nothing.
 */
enum message_id session_final_judgement(const char *reason);

/* session-target.c */
/* Asks whom it can, or says why not, or goes on waiting. */
void session_look(struct session *s);
/* Its time to wait is over. */
void session_waited(struct session *s);

/* session-relay.c */
extern const struct channel_events session_channel_events;
/* Moves what the client said into the channel, as much as it takes. */
void session_pass_on(struct session *s);
/* Credit to the peer for what has left for the client. */
void session_consume(struct session *s);

/* session-push.c */
/*
 * Its line in the journal, as soon as there is no more to be learnt of it. A push that was cut
 * before its report came gets it when the two brokers have spoken again. asked: they have, and
 * the device did not tell.
 */
void session_record(struct session *s, const char *reason, bool asked);
/* A push that begins to matter is written down. */
void session_note_push(struct session *s);
/* Whether this is a push that the far git may do without another byte of ours. */
bool session_sent_everything(const struct session *s);
/* Its link is lost: what became of the push is asked for. */
void session_lose(struct session *s, const char *reason);

#endif
