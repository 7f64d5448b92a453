/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

/*
 * A session: one client (the helper git-remote-xmpp, with git above it), from its
 * OPEN to its end. The session waits until the account is online and the buddy's
 * presence is known, sends a request to the buddy's devices, and then moves bytes
 * between the client and the channel. frame.h tells what is said to a client, and
 * in which order.
 *
 * The list of sessions belongs to the broker. A session belongs to its client: it
 * ends when the client does, or tells the client why it ends. Pure: the account, the
 * journal and the client itself are reached through the tables below.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "fields.h"
#include "message.h"
#include "peers.h"
#include "transfer.h"

struct inquirer;
struct session;

/* Of whoever made it: the other end of the session. */
struct session_client;

struct session_ready {
	const char *jid, *device;	/* who serves */
	const char *path;		/* by which the bytes go */
	const char *trust;		/* the state of the device's key */
};

/*
 * What is said to a client. Nothing of it calls the session within the call. After
 * ready(): data_end() once at most, and exited() or failed() as the last word.
 */
struct session_client_ops {
	/* kind: progress, warning, verbose */
	void (*note)(struct session_client *c, const char *kind, const char *text);
	void (*ready)(struct session_client *c, const struct session_ready *ready);
	void (*data)(struct session_client *c, const void *data, size_t n);
	void (*stderr_data)(struct session_client *c, const void *data, size_t n);
	void (*data_end)(struct session_client *c);
	void (*exited)(struct session_client *c, uint32_t status);
	void (*failed)(struct session_client *c, const struct message *m);
	/* The client may send so many bytes more. */
	void (*credit)(struct session_client *c, size_t n);
	/* The session has ended. What was said is still to be read by the client. */
	void (*close)(struct session_client *c);
};

/* What a session asks of the account. */
struct session_ops {
	/* Why there is no connection; NULL: there is one, or an attempt is under way. */
	const struct message *(*trouble)(void *owner);
	/* Time is over: what failed last, or what is waited for. MSG_NONE: we are online. */
	void (*awaited)(void *owner, struct message *out);
};

/* What is told of a session. Nothing of it calls the session within the call. */
struct session_events {
	/* Its line for the journal. */
	void (*over)(void *owner, const struct transfer *t);
	/* A device has refused it, for the reason: a word as for refuse. */
	void (*refused)(void *owner, const char *jid, const char *share, enum service service,
			const char *reason);
	/* A push has named its refs: should we be killed, the next broker asks about it. */
	void (*push_noted)(void *owner, const struct unsettled_push *push);
	/* It was cut before its report came. The witness is taken over. */
	void (*push_cut)(void *owner, const struct unsettled_push *push);
	/* What push_noted told of is over, and in the journal. */
	void (*push_settled)(void *owner, const char *id);
	/* The git of this entry of the queue fails. */
	void (*troubled)(void *owner, const char *task, const char *jid, enum message_id id);
};

struct sessions {
	struct context *context;		/* borrowed */
	struct peers *peers;			/* borrowed */
	struct inquirer *inquirer;		/* borrowed */
	const struct session_client_ops *client;
	const struct session_ops *ops;
	const struct session_events *events;
	void *owner;				/* of ops and events */
	struct session *first;			/* owned by their clients */
	uint64_t wakes;				/* how often they were told to look again */
	uint64_t started;			/* unix seconds */
};

/* What the sessions are given is borrowed. */
void sessions_init(struct sessions *all, struct context *context, struct peers *peers,
		   struct inquirer *inquirer, const struct session_client_ops *client,
		   const struct session_ops *ops, const struct session_events *events, void *owner);

/*
 * A session for the client, which says with session_open() what it wants: the fields
 * of OPEN. From there the session may end whenever it is called, by session_client_ops::close.
 */
struct session *session_create(struct sessions *all, struct session_client *client);
void session_open(struct session *s, struct fields open);

/* From the client: bytes, of which at most FRAME_WINDOW may wait for credit; and their end. */
void session_data(struct session *s, const void *data, size_t n);
void session_data_end(struct session *s);
/* All that was said to the client has left for it. */
void session_drained(struct session *s);
/* The client says what no client says at this place. */
void session_broken(struct session *s);
/* The client is gone, and hears nothing any more. */
void session_abandoned(struct session *s);

/* The account's state or somebody's presence has changed: those who wait look again. */
void sessions_wake(struct sessions *all);

/*
 * Nothing goes to jid any more, or, where device is not NULL, to that device of theirs: the
 * sessions that it concerns end, and say so. One that may still find another device goes on.
 */
void sessions_revoke(struct sessions *all, const char *jid, const char *device,
		     enum message_id told);

/* The peer's link lost its path: those who still wait for another one a moment later are told. */
void sessions_cut_off(struct sessions *all, const struct peer *p);

/* The peer's link is on another path: those who want to know are told. */
void sessions_moved(struct sessions *all, const struct peer *p);

/* The one after it in the list, or NULL. */
const struct session *session_next(const struct session *s);

/* A row for status; false when it does not move data. */
bool session_describe(const struct session *s, struct buf *row);

#endif
