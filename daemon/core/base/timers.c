/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A binary heap whose elements know their place, so that a timer is moved or taken out in
 * logarithmic time. A run calls only timers that were set before it began: first it takes all
 * that are due out of the heap, into a row of their own. One that is stopped or set by a call
 * before its turn leaves the row.
 */
#include "timers.h"

#include <assert.h>
#include <stdlib.h>

#include "alloc.h"

void timers_init(struct timers *t)
{
	*t = (struct timers){ .order = 1 };
}

void timers_finish(struct timers *t)
{
	assert(!t->n && !t->due_n);
	free(t->heap);
	free(t->due);
	t->heap = t->due = NULL;
	t->room = t->due_room = 0;
}

static bool is_before(const struct timer *a, const struct timer *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void put(struct timers *t, size_t place, struct timer *timer)
{
	t->heap[place - 1] = timer;
	timer->place = place;
}

/* Moves the timer to its place in the heap, from this one upwards, then downwards. */
static void settle(struct timers *t, struct timer *timer, size_t place)
{
	size_t child;

	while (place > 1 && is_before(timer, t->heap[place / 2 - 1])) {
		put(t, place, t->heap[place / 2 - 1]);
		place /= 2;
	}
	while ((child = 2 * place) <= t->n) {
		if (child < t->n && is_before(t->heap[child], t->heap[child - 1]))
			child++;
		if (!is_before(t->heap[child - 1], timer))
			break;
		put(t, place, t->heap[child - 1]);
		place = child;
	}
	put(t, place, timer);
}

/* Takes a timer out of the heap. */
static void take_out(struct timers *t, const struct timer *timer)
{
	struct timer *last = t->heap[--t->n];

	if (last != timer)
		settle(t, last, timer->place);
}

uint64_t timers_next(const struct timers *t)
{
	/* Within a run: what is left of it was due first. */
	for (size_t i = t->due_next; i < t->due_n; i++)
		if (t->due[i])
			return t->due[i]->at;
	return t->n ? t->heap[0]->at : UINT64_MAX;
}

static void make_due(struct timers *t, struct timer *timer)
{
	take_out(t, timer);
	if (t->due_n == t->due_room) {
		t->due_room = t->due_room ? 2 * t->due_room : 16;
		t->due = xrealloc(t->due, t->due_room * sizeof(*t->due));
	}
	t->due[t->due_n++] = timer;
	timer->place = t->due_n;
	timer->is_due = true;
}

void timers_run(struct timers *t, uint64_t now)
{
	assert(!t->due_n);
	while (t->n && t->heap[0]->at <= now)
		make_due(t, t->heap[0]);
	for (t->due_next = 0; t->due_next < t->due_n; t->due_next++) {
		struct timer *timer = t->due[t->due_next];

		if (!timer)
			continue;
		timer_stop(timer);
		timer->due(timer->owner);
	}
	t->due_n = 0;
}

void timer_init(struct timer *t, struct timers *timers, void (*due)(void *owner), void *owner)
{
	*t = (struct timer){ .timers = timers, .due = due, .owner = owner };
}

void timer_stop(struct timer *timer)
{
	if (!timer->place)
		return;
	if (timer->is_due)
		timer->timers->due[timer->place - 1] = NULL;
	else
		take_out(timer->timers, timer);
	timer->place = 0;
	timer->is_due = false;
}

void timer_set(struct timer *timer, uint64_t at)
{
	struct timers *t = timer->timers;

	/* A timer that is set to the same deadline again keeps its turn. */
	if (timer->place && timer->at == at)
		return;
	timer_stop(timer);
	if (at == UINT64_MAX)
		return;
	timer->at = at;
	timer->order = t->order++;
	if (t->n == t->room) {
		t->room = t->room ? 2 * t->room : 16;
		t->heap = xrealloc(t->heap, t->room * sizeof(*t->heap));
	}
	t->n++;
	settle(t, timer, t->n);
}

bool timer_is_set(const struct timer *timer)
{
	return timer->place != 0;
}
