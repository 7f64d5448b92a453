/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

/*
 * A session serves one client (the helper git-remote-xmpp, with git above it), from the
 * client's OPEN to its end. The session waits until the account is online and the buddy's
 * presence is known, sends a request to the buddy's devices, and then moves bytes between the
 * client and the channel. frame.h says which frames a client is sent, and in which order.
 *
 * The broker owns the list of sessions, and each client its session. A session ends when its
 * client ends, or tells the client why it ends. Pure: the tables below lead to the account,
 * the journal and the client.
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

/* The other end of a session, defined by its owner. */
struct session_client;

struct session_ready {
	const char *jid, *device;	/* the device that serves */
	const char *path;		/* the path's name, as peer_path_name() has it */
	const char *trust;		/* name of the trust state of the device's key */
};

/*
 * Functions that tell a client something. None of them calls the session. After ready():
 * data_end() at most once, and exited() or failed() as the last.
 */
struct session_client_ops {
	/* kind: "progress", "warning" or "verbose" */
	void (*note)(struct session_client *c, const char *kind, const char *text);
	/* So much of total, which git has written, has left; rate: bytes a second. */
	void (*moving)(struct session_client *c, uint64_t sent, uint64_t total, uint64_t rate);
	void (*ready)(struct session_client *c, const struct session_ready *ready);
	void (*data)(struct session_client *c, const void *data, size_t n);
	void (*stderr_data)(struct session_client *c, const void *data, size_t n);
	void (*data_end)(struct session_client *c);
	void (*exited)(struct session_client *c, uint32_t status);
	void (*failed)(struct session_client *c, const struct message *m);
	/* The client may send n bytes more. */
	void (*credit)(struct session_client *c, size_t n);
	/* The session has ended. The client still reads what it was sent. */
	void (*close)(struct session_client *c);
};

/* What a session asks the account. */
struct session_ops {
	/* Why there is no connection; NULL: there is one, or an attempt is under way. */
	const struct message *(*trouble)(void *owner);
	/*
	 * The time to wait is over: tells what failed last, or what is still missing.
	 * MSG_NONE: we are online.
	 */
	void (*awaited)(void *owner, struct message *out);
};

/* What the owner is told. None of these functions calls the session. */
struct session_events {
	/* The transfer is over: write its line of the journal. */
	void (*over)(void *owner, const struct transfer *t);
	/* A device has refused the request. reason: a word as for REFUSE. */
	void (*refused)(void *owner, const char *jid, const char *share, enum service service,
			const char *reason);
	/*
	 * A device was asked, and no stream has come of it. reason: the name of a message. Entries
	 * of the queue have lines of their own in the journal.
	 */
	void (*unanswered)(void *owner, const char *jid, const char *share, enum service service,
			   const char *reason);
	/*
	 * A push has named its refs. If this broker is killed, the next one asks for the
	 * outcome.
	 */
	void (*push_noted)(void *owner, const struct unsettled_push *push);
	/* A push was cut before its report came. The callee takes over the witness. */
	void (*push_cut)(void *owner, const struct unsettled_push *push);
	/* A push that push_noted() told of is over, and in the journal. */
	void (*push_settled)(void *owner, const char *id);
	/* The session of this entry of the queue (task) fails with this message. */
	void (*troubled)(void *owner, const char *task, const char *jid, enum message_id id);
};

struct sessions {
	struct context *context;		/* borrowed */
	struct peers *peers;			/* borrowed */
	struct inquirer *inquirer;		/* borrowed */
	const struct session_client_ops *client;
	const struct session_ops *ops;
	const struct session_events *events;
	void *owner;				/* of ops and of events */
	struct session *first;			/* each is owned by its client */
	uint64_t wakes;				/* calls of sessions_wake() */
	uint64_t started;			/* when sessions_init() was called, unix seconds */
};

/* All pointers are borrowed. */
void sessions_init(struct sessions *all, struct context *context, struct peers *peers,
		   struct inquirer *inquirer, const struct session_client_ops *client,
		   const struct session_ops *ops, const struct session_events *events, void *owner);

/*
 * Makes a session for the client, which says with session_open() what it wants; open: the
 * fields of OPEN. From then on any call of the session may end it, with
 * session_client_ops::close().
 */
struct session *session_create(struct sessions *all, struct session_client *client);
void session_open(struct session *s, struct fields open);

/* From the client: bytes, of which at most FRAME_WINDOW may wait for credit, and their end. */
void session_data(struct session *s, const void *data, size_t n);
void session_data_end(struct session *s);
/* All that the client was sent has left for it. */
void session_drained(struct session *s);
/* The client has broken the protocol of frames. */
void session_broken(struct session *s);
/* The client has gone; it is told nothing any more. */
void session_abandoned(struct session *s);

/* The account's state or a presence has changed: sessions that wait look again. */
void sessions_wake(struct sessions *all);

/*
 * jid, or, if device is not NULL, that device of theirs, has lost its rights: the sessions
 * that this concerns end with the message `told`. One that may still find another device goes
 * on. A push that was sent may have moved refs, so its user is told MSG_PUSH_UNKNOWN, with the
 * reason, a word as in BYE.
 */
void sessions_revoke(struct sessions *all, const char *jid, const char *device,
		     enum message_id told, const char *reason);

/*
 * The user ends the session that moves data under the id of this negotiation, and ended is
 * called first. Of a push that was sent whole nobody waits for the outcome any more: its git is
 * told MSG_PUSH_UNKNOWN, and the journal has the outcome later.
 */
void sessions_end(struct sessions *all, const char *id, transfer_ended *ended, void *arg);

/*
 * The peer's link has lost its path. Clients of sessions over it are told if it has none a
 * moment later.
 */
void sessions_cut_off(struct sessions *all, const struct peer *p);

/*
 * The peer's link is on another path: tells the clients that were told of the loss, or that
 * want to know the path.
 */
void sessions_moved(struct sessions *all, const struct peer *p);

/* The next session of the list, or NULL. */
const struct session *session_next(const struct session *s);

/* Appends a row of status. False if the session does not move data. */
bool session_describe(const struct session *s, struct buf *row);

#endif
