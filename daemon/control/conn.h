/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CONN_H
#define DAEMON_CONN_H

/*
 * A client of the Unix socket: one of our own user, whose bytes are frames (frame.h). It
 * greets, and says with one frame what it wants; an event hands it over to the one who does
 * that.
 */

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "fields.h"
#include "frame.h"
#include "list.h"
#include "message.h"

struct conn;

/* What a client may want. Each takes it over with conn_set_owner(), or answers and closes it. */
struct control_events {
	void (*open)(void *owner, struct conn *conn, struct fields open);
	void (*command)(void *owner, struct conn *conn, struct fields command);
};

struct conn_events {
	/* A frame; conn_close() is allowed. */
	void (*frame)(void *owner, const struct frame *frame);
	/* All that was sent has left for the socket. */
	void (*drained)(void *owner);
	/* The client is gone; the conn is freed after this. Not after conn_close(). */
	void (*closed)(void *owner);
};

/* The clients of one socket. */
struct conns {
	struct list ring;			/* of struct conn, which it owns */
	unsigned count;
	const struct control_events *events;	/* borrowed */
	void *owner;
};

void conns_init(struct conns *all, const struct control_events *events, void *owner);

/*
 * Accepts who waits at the listener; another user, or one more than
 * CLIENTS_MAX, is closed at once.
 */
void conns_accept(struct conns *all, uv_stream_t *listener);

/* Closes every client; their owners are told. */
void conns_end(struct conns *all);

void conn_set_owner(struct conn *c, const struct conn_events *events, void *owner);
bool conn_has_owner(const struct conn *c);
void conn_send(struct conn *c, enum frame_type type, const void *payload, size_t n);

/* Empties fields. */
void conn_send_fields(struct conn *c, enum frame_type type, struct buf *fields);
void conn_send_error(struct conn *c, const struct message *m);

/* Bytes that wait to leave. */
size_t conn_queued(const struct conn *c);

/* Closes it when everything has left; no event comes any more. */
void conn_close(struct conn *c);

#endif
