/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TIMERS_H
#define CORE_TIMERS_H

/*
 * The deadlines of one broker. A decision that has to wait sets a timer. The event loop
 * asks for the next deadline and calls timers_run() when it has come. Times are
 * milliseconds of one monotonic clock.
 *
 * A timer is a member of the object that it belongs to. Timers that are due at the same
 * moment run in the order in which they were set.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timers;

struct timer {
	struct timers *timers;		/* borrowed */
	void (*due)(void *owner);
	void *owner;
	uint64_t at, order;
	size_t place;			/* in the heap, or among those that are due; from 1; 0: not
					   set */
	bool is_due;			/* a run will call it */
};

struct timers {
	struct timer **heap;		/* owned; the timers are borrowed */
	size_t n, room;
	struct timer **due;		/* owned; those of a run; NULL: called, or set anew */
	size_t due_n, due_room, due_next;
	uint64_t order;
};

void timers_init(struct timers *t);
/* No timer may be set any more. */
void timers_finish(struct timers *t);

/* When the next timer is due; UINT64_MAX if none is set. */
uint64_t timers_next(const struct timers *t);

/*
 * Calls the timers that are due at now, each once. One that is set by such a call waits
 * for the next run, even if it is due. So a timer set to 0 runs when nothing of its owner
 * is on the stack, and may free its owner.
 */
void timers_run(struct timers *t, uint64_t now);

void timer_init(struct timer *t, struct timers *timers, void (*due)(void *owner), void *owner);
/* Sets the deadline, in place of an earlier one. UINT64_MAX stops the timer. */
void timer_set(struct timer *t, uint64_t at);
void timer_stop(struct timer *t);
bool timer_is_set(const struct timer *t);

#endif
