/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PRESENCE_HOLD_H
#define DAEMON_PRESENCE_HOLD_H

/*
 * Presences that came before the roster and the blocklist were known, in their order. What they
 * mean depends on both. A server that answers in order (RFC 6120 10.1) sends none: our presence,
 * which makes it send them, is behind the two questions.
 *
 * Zero-initialise it. It holds nothing and keeps nothing until presence_hold_begin().
 */

#include <stdbool.h>
#include <stddef.h>

#include "stanza.h"

/* Bytes; about 5,000 presences. Further ones are dropped. */
enum { PRESENCE_HOLD_MAX = 1024 * 1024 };

struct held_presence;

struct presence_hold {
	bool holds;
	bool dropped;			    /* some did not fit */
	struct held_presence *first, *last; /* owned */
	size_t bytes;
};

/* From now on presences are kept. What an earlier login left is dropped. */
void presence_hold_begin(struct presence_hold *h);

/* Keeps a copy of a presence, or drops it. False if nothing is held: the caller acts on it. */
bool presence_hold_keep(struct presence_hold *h, const struct stanza *s);

/*
 * Ends the hold, and takes the presences out. take() gets each one, valid during the call, and may
 * begin another hold.
 */
void presence_hold_end(struct presence_hold *h, void (*take)(void *arg, const struct stanza *s),
		       void *arg);

/* Drops all. */
void presence_hold_finish(struct presence_hold *h);

#endif
