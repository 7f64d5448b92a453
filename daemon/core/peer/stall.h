/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_STALL_H
#define CORE_STALL_H

/*
 * Decides how long the data of a link waits where only some kinds of path are allowed. Data
 * waits while the link has no path, and while it is on one of another kind, which serves to
 * find a better path only. The wait is bounded in total. A path of a wanted kind that comes
 * and is soon lost does not begin it anew, unless something of a channel came by it. Pure.
 * Zero-initialise it. Times are in ms.
 */

#include <stdbool.h>
#include <stdint.h>

struct stall {
	uint64_t since;		/* the wait; 0: there is none */
	uint64_t carries_since;	/* data may go; 0: it may not */
};

/*
 * What holds now. waits: something is open, and not all kinds of path are allowed. carries: the
 * link is up, on a path that is allowed. Returns whether data may go that could not before: the
 * link has to be woken.
 */
bool stall_note(struct stall *s, bool waits, bool carries, uint64_t now);
/* The link lost its path, which had worked until then. To be called before stall_note(). */
void stall_lost(struct stall *s, uint64_t worked_until);
/* A record of a channel came. */
void stall_moved(struct stall *s);

/* When stall_over() may be true; UINT64_MAX: never. max: how long data may wait. */
uint64_t stall_deadline(const struct stall *s, uint64_t max);
/* Whether the link has to end now. */
bool stall_over(const struct stall *s, uint64_t max, uint64_t now);

#endif
