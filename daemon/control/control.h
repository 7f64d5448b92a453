/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

/*
 * The Unix socket: listens, and accepts clients of the same user as struct conn (conn.h).
 * The owner does what the clients ask for: it knows the verbs, and nothing here does.
 */

#include <stdbool.h>
#include <uv.h>

#include "conn.h"

struct control;

/*
 * Binds and listens at path. The caller holds the lock that makes it the only broker.
 * inherited: a socket that listens at path already, owned from here on; -1: there is none.
 * Its file belongs to whoever made it, and stays when the control ends. events is borrowed
 * for the life of the control. NULL, with *trouble, on failure.
 */
struct control *control_create(uv_loop_t *loop, const char *path, int inherited,
			       const struct control_events *events, void *owner,
			       struct message *trouble);

/*
 * Listens at path from now on, and no more at the old path; connected clients stay.
 * Returns 0, or -1 with *trouble: then it listens nowhere.
 */
int control_serve(struct control *control, const char *path, struct message *trouble);

/* Whether the socket at the path is still ours: neither removed nor replaced. */
bool control_in_place(const struct control *control);

/* conns_dismiss() for its clients. control may be NULL. */
void control_dismiss(struct control *control, const void *party, const struct message *why);

/* conns_reading() of its clients. control may be NULL. */
unsigned control_reading(const struct control *control);

/* Stops listening, removes the socket if the control made it, closes every client. */
void control_destroy(struct control *control);

#endif
