/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PREMISES_H
#define DAEMON_PREMISES_H

/*
 * Where the broker is found, and that it is the only one. Two locks are held for life: one beside
 * the socket, and one with the user's state (broker.lock in $XDG_STATE_HOME/git-xmpp), which says
 * where the socket is. So there is one broker for each state, however many sockets clients would
 * look for, and all find it.
 *
 * What lies in a runtime directory goes at logout, and with cleaners of /tmp. Then the place is
 * taken again at once, or as soon as its directory is there again; if it is not within a few
 * seconds, the socket is served in /tmp. Whoever cannot reach the broker knocks (lockfile.h), and
 * it looks. Where it cannot be watched, or a lock not be had for want of a descriptor, it looks
 * again after a pause. Where another broker has the place, or none is to be had, ours ends: the
 * next command starts one.
 */

#include <stdbool.h>
#include <uv.h>

#include "backoff-timer.h"
#include "message.h"
#include "sockpath.h"

struct premises_events {
	/* Whether the socket at its path is the one that we serve. */
	bool (*served)(void *owner);
	/* Serves it at path, there or anew. 0, or -1 with *trouble. */
	int (*serve)(void *owner, const char *path, struct message *trouble);
	/* It cannot be: the broker is to end. */
	void (*lost)(void *owner);
};

struct premises {
	char path[SOCKPATH_MAX];	/* of the socket */
	char *state;			/* path of the lock with the state; owned */
	int state_lock, lock;		/* held for life; -1: not */
	const struct premises_events *events;
	void *owner;
	uv_fs_event_t socket_watch, state_watch;
	uv_timer_t patience;		/* runs while the place is not there */
	/* it is looked after as well as it goes: when it looks again */
	struct backoff_timer blind;
	bool watched;
	bool unsaid;			/* the lock with the state does not say where the socket
					   is */
};

/*
 * Takes the place with that socket. 0; -1 when it cannot be had, with MSG_NONE in *trouble where
 * another broker has it, which then was knocked at.
 */
int premises_take(struct premises *p, const char *socket_path, struct message *trouble);

/* From now on, with the socket served, it is looked after. None of it keeps the loop alive. */
void premises_watch(struct premises *p, uv_loop_t *loop, const struct premises_events *events,
		    void *owner);

/*
 * No event comes any more; the loop has to run once for the handles to close. The locks are held
 * until the process ends.
 */
void premises_leave(struct premises *p);

#endif
