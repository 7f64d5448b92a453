/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

/*
 * The Unix socket: accepts clients of the same user, frames what they say,
 * and hands each over to a session (OPEN) or a command (COMMAND).
 */

#include "broker.h"
#include "frame.h"

struct conn;

struct conn_events {
	/* A frame; conn_close() is allowed. */
	void (*frame)(void *owner, const struct frame *frame);
	/* All that was sent has left for the socket. */
	void (*drained)(void *owner);
	/* The client is gone; the conn is freed after this. Not after conn_close(). */
	void (*closed)(void *owner);
};

/* Binds and listens; the lock that makes us the only broker is held already. */
struct control *control_create(struct broker *broker, const char *path, struct message *trouble);

/*
 * Listens there from now on, and not where it did; clients that are connected stay. 0, or -1 with
 * *trouble: then it listens nowhere.
 */
int control_serve(struct control *control, const char *path, struct message *trouble);

/* Whether the socket at its path is ours, and was not removed, or replaced. */
bool control_in_place(const struct control *control);

/* Stops listening, removes the socket, closes every client. */
void control_destroy(struct control *control);

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

struct broker *conn_broker(const struct conn *c);

#endif
