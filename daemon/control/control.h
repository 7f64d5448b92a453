/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

/*
 * The Unix socket: listens, and accepts clients of the same user, each of them a conn (conn.h).
 * What they want is for the owner to do: it knows the verbs, and nothing here does.
 */

#include <stdbool.h>
#include <uv.h>

#include "conn.h"

struct control;

/*
 * Binds and listens; the lock that makes us the only broker is held already. events is borrowed for
 * as long as it lives. NULL, with *trouble, if that cannot be done.
 */
struct control *control_create(uv_loop_t *loop, const char *path,
			       const struct control_events *events, void *owner,
			       struct message *trouble);

/*
 * Listens there from now on, and not where it did; clients that are connected stay. 0, or -1 with
 * *trouble: then it listens nowhere.
 */
int control_serve(struct control *control, const char *path, struct message *trouble);

/* Whether the socket at its path is ours, and was not removed, or replaced. */
bool control_in_place(const struct control *control);

/* Stops listening, removes the socket, closes every client. */
void control_destroy(struct control *control);

#endif
