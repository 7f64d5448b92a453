/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CONN_H
#define DAEMON_CONN_H

/*
 * A client of the Unix socket. It runs as our own user, and its bytes are frames
 * (frame.h). The client greets with HELLO, and says with one frame what it wants; then an
 * event of struct control_events hands it to an owner that does it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "fields.h"
#include "frame.h"
#include "list.h"
#include "message.h"

struct conn;

/*
 * What a client may want. open() and command() take the conn by conn_set_owner(), or answer
 * and close it.
 */
struct control_events {
	void (*open)(void *owner, struct conn *conn, struct fields open);
	void (*command)(void *owner, struct conn *conn, struct fields command);
	/*
	 * A program of another version could not do this task of the broker's, and has told its
	 * user so. NULL: the owner has no tasks.
	 */
	void (*other_version)(void *owner, const char *task);
};

struct conn_events {
	/* A frame has come. conn_close() may be called within. NULL: further frames are ignored. */
	void (*frame)(void *owner, const struct frame *frame);
	/* All that was sent was taken by the socket. NULL: nothing waits for that. */
	void (*drained)(void *owner);
	/*
	 * The client is gone, and the conn is freed after this call. Not called after
	 * conn_close().
	 */
	void (*closed)(void *owner);
};

/* The clients of one socket. */
struct conns {
	struct list ring;			/* of struct conn; owned */
	unsigned count;
	const struct control_events *events;	/* borrowed */
	void *owner;
};

void conns_init(struct conns *all, const struct control_events *events, void *owner);

/*
 * Accepts the client that waits at the listener. One of another user, or one more than
 * CLIENTS_MAX, is closed at once.
 */
void conns_accept(struct conns *all, uv_stream_t *listener);

/* How many clients still read what they were sent before conn_close(). */
unsigned conns_reading(const struct conns *all);

/* Closes every client. Their owners are told by closed(). */
void conns_end(struct conns *all);

/*
 * The owner has given the client to one of its parts, which may end before the others. Then
 * conns_dismiss() closes each client of that part. The client is told why, unless that is
 * NULL; the client's own owner is told by closed().
 */
void conn_give(struct conn *c, const void *party);
void conns_dismiss(struct conns *all, const void *party, const struct message *why);

void conn_set_owner(struct conn *c, const struct conn_events *events, void *owner);
bool conn_has_owner(const struct conn *c);
void conn_send(struct conn *c, enum frame_type type, const void *payload, size_t n);

/* Sends fields, and empties the buffer. */
void conn_send_fields(struct conn *c, enum frame_type type, struct buf *fields);
void conn_send_error(struct conn *c, const struct message *m);

/* Sends a line for the user; kind as of FRAME_NOTE. */
void conn_send_note(struct conn *c, const char *kind, const char *text);

/* Bytes that wait to be sent. */
size_t conn_queued(const struct conn *c);

/*
 * Closes the connection once everything was sent, however long the client takes to read it; only
 * after a day in which it takes nothing it gets no more. No event comes any more.
 */
void conn_close(struct conn *c);

#endif
