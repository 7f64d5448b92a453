/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TWIN_H
#define CORE_TWIN_H

/*
 * Finds out whether this device is online elsewhere as well: a machine was copied with its
 * key. The sign is a presence of our own account with our own device id. Servers also show
 * sessions of ours that are long over, so such a resource is pinged (XEP-0199), and only
 * an answer counts. Both sides do this, and come to the same decision which of them stops.
 */

#include <stdbool.h>

enum { TWINS_MAX = 4, TWIN_JID_MAX = 2048 };

enum twin_state {
	TWIN_NONE,		/* the place is free */
	TWIN_ASKED,		/* a ping is unanswered */
	TWIN_GHOST,		/* no answer, or an error: a session that is over */
	TWIN_ALIVE,
};

struct twins {
	struct twin {
		enum twin_state state;
		char full[TWIN_JID_MAX];
	} list[TWINS_MAX];
};

/*
 * A full JID showed our device id. True if it is to be pinged; then twins_answered() must
 * follow.
 */
bool twins_seen(struct twins *t, const char *full);
/* The result of the ping. alive: it was answered. True if that is news. */
bool twins_answered(struct twins *t, const char *full, bool alive);
/* The resource went offline. */
void twins_gone(struct twins *t, const char *full);
/* Our own connection is over: forgets all twins. */
void twins_reset(struct twins *t);

/*
 * Whether our resource is the one that stays: the one with the device's own name
 * (git.<device>), else the first in the order of bytes. The other side computes the
 * opposite.
 */
bool twins_we_stay(const char *device, const char *ours, const char *theirs);

#endif
