/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PREMISES_H
#define DAEMON_PREMISES_H

/*
 * Makes sure that clients find the broker and that it is the only one. The broker holds two
 * locks for life: one beside the socket, and one with the user's state (broker.lock in
 * $XDG_STATE_HOME/git-xmpp), which says where the socket is. So each state directory has one
 * broker, and clients find it wherever they look for the socket first.
 *
 * Files in a runtime directory disappear at logout, or by a cleaner of /tmp. Then the broker
 * takes its place again after a moment, or as soon as the directory is back. If the directory is
 * not back within a few seconds, the socket is served in /tmp. A client that cannot reach
 * the broker touches the lock (lockfile_knock()), which makes the broker check. If a path
 * cannot be watched, or a lock cannot be taken for want of a descriptor, the broker checks
 * again after a pause. If another broker has taken the place, or a service manager listens
 * there, or there is no place, this broker ends; the next command starts a new one.
 */

#include <stdbool.h>
#include <uv.h>

#include "backoff-timer.h"
#include "message.h"
#include "sockpath.h"

struct premises_events {
	/* Whether the socket at its path is the one that we serve. */
	bool (*served)(void *owner);
	/*
	 * Serves the socket at path, which may be the present one. Returns 0, or -1 with
	 * *trouble.
	 */
	int (*serve)(void *owner, const char *path, struct message *trouble);
	/* The broker has no place any more, and must end. */
	void (*lost)(void *owner);
};

struct premises {
	char path[SOCKPATH_MAX];	/* of the socket */
	char *state;			/* path of the lock with the state; owned */
	int state_lock, lock;		/* descriptors, held for life; -1: not held */
	const struct premises_events *events;
	void *owner;
	uv_fs_event_t socket_watch, state_watch;
	uv_timer_t settling;		/* runs from a change until it is looked at */
	uv_timer_t patience;		/* runs while the place cannot be taken again */
	/* runs while something cannot be watched or written: when to check again */
	struct backoff_timer blind;
	bool watched;
	bool unsaid;			/* broker.lock does not say where the socket is,
					   because it could not be written */
};

/*
 * Takes both locks for that socket. Returns 0, or -1 with *trouble. If another broker has
 * the place, that broker was knocked at, and *trouble is MSG_NONE.
 */
int premises_take(struct premises *p, const char *socket_path, struct message *trouble);

/*
 * The same for a socket that a service manager has handed to us: clients reach only us at it.
 * A broker that has the locks is sent SIGTERM, and waited for as long as it may wait for
 * transfers. Returns 0, or -1 with *trouble, which is never MSG_NONE.
 */
int premises_take_over(struct premises *p, const char *socket_path, struct message *trouble);

/*
 * Begins to watch the socket and the locks. The socket must be served by now. No handle of
 * this keeps the loop alive.
 */
void premises_watch(struct premises *p, uv_loop_t *loop, const struct premises_events *events,
		    void *owner);

/*
 * Stops watching; no event follows. The loop has to run once more for the handles to close.
 * The locks are held until the process ends.
 */
void premises_leave(struct premises *p);

#endif
