/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A binary heap whose elements know their place, so that a timer is moved or taken out in
 * logarithmic time. A run calls only timers that were set before it began: their order
 * numbers are lower than the number that the run takes at its start.
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
	assert(!t->n);
	free(t->heap);
	t->heap = NULL;
	t->room = 0;
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

uint64_t timers_next(const struct timers *t)
{
	return t->n ? t->heap[0]->at : UINT64_MAX;
}

/* The first timer that is due and was set before this run. It need not be on top of the heap. */
static struct timer *first_due(const struct timers *t, uint64_t now, uint64_t order)
{
	struct timer *found = NULL;

	if (!t->n || t->heap[0]->at > now)
		return NULL;
	if (t->heap[0]->order < order)
		return t->heap[0];
	for (size_t i = 1; i < t->n; i++)
		if (t->heap[i]->at <= now && t->heap[i]->order < order &&
		    (!found || is_before(t->heap[i], found)))
			found = t->heap[i];
	return found;
}

void timers_run(struct timers *t, uint64_t now)
{
	uint64_t order = t->order++;
	struct timer *timer;

	while ((timer = first_due(t, now, order))) {
		timer_stop(timer);
		timer->due(timer->owner);
	}
}

void timer_init(struct timer *t, struct timers *timers, void (*due)(void *owner), void *owner)
{
	*t = (struct timer){ .timers = timers, .due = due, .owner = owner };
}

void timer_stop(struct timer *timer)
{
	struct timers *t = timer->timers;
	size_t place = timer->place;
	struct timer *last;

	if (!place)
		return;
	timer->place = 0;
	last = t->heap[--t->n];
	if (last != timer)
		settle(t, last, place);
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
