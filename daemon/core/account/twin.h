/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TWIN_H
#define CORE_TWIN_H

/*
 * Whether this device is online somewhere else as well: a machine was copied, key and all. The
 * sign is a presence of our own account that carries our own device id. Servers also show
 * sessions of ours that are long over, so whoever shows it is asked for a sign of life
 * (XEP-0199), and only an answer counts. Both sides do so, and decide alike which of them stops.
 */

#include <stdbool.h>

enum { TWINS_MAX = 4, TWIN_JID_MAX = 2048 };

enum twin_state {
	TWIN_NONE,		/* the place is free */
	TWIN_ASKED,		/* the answer is on its way */
	TWIN_GHOST,		/* there was none, or an error: a session that is over */
	TWIN_ALIVE,
};

struct twins {
	struct twin {
		enum twin_state state;
		char full[TWIN_JID_MAX];
	} list[TWINS_MAX];
};

/* A full JID showed our device id. True if it is to be asked; twins_answered() follows. */
bool twins_seen(struct twins *t, const char *full);
/* What came of that; alive: a result. True if it is news that it lives. */
bool twins_answered(struct twins *t, const char *full, bool alive);
/* It went offline. */
void twins_gone(struct twins *t, const char *full);
/* Our own connection is over: nothing is known of anybody. */
void twins_reset(struct twins *t);

/*
 * Whether it is we who stay, of two full JIDs: whoever has the place of the device
 * (git.<device>), else the one that comes first in the order of bytes. The other side says the
 * opposite.
 */
bool twins_we_stay(const char *device, const char *ours, const char *theirs);

#endif
