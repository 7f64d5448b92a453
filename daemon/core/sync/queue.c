/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries are in one list, oldest first. Whenever a buddy appears, a try has ended or a pause
 * is over, the list is walked, and all entries that may run are run.
 *
 * What can go wrong: the buddy is online but cannot be reached. Then the entry pauses, longer
 * each time, until the buddy appears again. Or the push was refused. Then it is kept for the
 * user to look at, and those queued after it go on.
 */
#include "queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "backoff.h"
#include "log.h"

enum { RUNS_PER_BUDDY = 4 };	/* each takes a process, here and there */

struct queue {
	const struct queue_events *events;
	void *owner;
	struct queue_entry *first, **tail;	/* owned */
	unsigned count;
	uint32_t random;
	uint64_t seen, unix_seen;	/* ms and unix seconds: the clocks when they were read
					   last */
};

struct queue *queue_create(const struct queue_events *events, void *owner, uint32_t seed)
{
	struct queue *q = xcalloc(1, sizeof(*q));

	q->events = events;
	q->owner = owner;
	q->random = seed;
	q->tail = &q->first;
	return q;
}

static void take_out(struct queue *q, struct queue_entry *e)
{
	struct queue_entry **at = &q->first;

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	if (q->tail == &e->next)
		q->tail = at;
	q->count--;
}

void queue_destroy(struct queue *q)
{
	if (!q)
		return;
	while (q->first) {
		struct queue_entry *e = q->first;

		take_out(q, e);
		queue_entry_destroy(e);
	}
	free(q);
}

/* The only function that changes the state. */
static void enter(struct queue_entry *e, enum queue_state state, const char *because)
{
	log_debug("queue %s for %s/%s: %s -> %s, %s", e->id, e->jid, e->share,
		  queue_state_name(e->state), queue_state_name(state), because);
	e->state = state;
}

struct queue_entry *queue_load(struct queue *q, const char *id, struct fields f)
{
	struct queue_entry *e;

	if (q->count == QUEUE_MAX || queue_find(q, id))
		return NULL;
	e = queue_entry_parse(id, f);
	if (!e)
		return NULL;
	*q->tail = e;
	q->tail = &e->next;
	q->count++;
	if (e->state == QUEUE_RUNNING)
		queue_interrupted(q, e);
	return e;
}

struct queue_entry *queue_find(const struct queue *q, const char *id)
{
	struct queue_entry *e = q->first;

	while (e && strcmp(e->id, id))
		e = e->next;
	return e;
}

struct queue_entry *queue_first(const struct queue *q)
{
	return q->first;
}

void queue_interrupted(struct queue *q, struct queue_entry *e)
{
	assert(e->state == QUEUE_RUNNING);
	enter(e, QUEUE_WAITING, "the broker ends");
	q->events->save(q->owner, e);
}

static bool same_way(const struct queue_entry *a, const struct queue_entry *b)
{
	return !strcmp(a->path, b->path) && !strcmp(a->jid, b->jid) && !strcmp(a->share, b->share);
}

/*
 * Whether another entry of the same buddy has to end or run before. Entries of other buddies
 * hold back nothing, because each buddy decides how long their own pushes last.
 */
static bool held_back(const struct queue *q, const struct queue_entry *e)
{
	bool earlier = true;
	unsigned runs = 0;

	for (const struct queue_entry *other = q->first; other; other = other->next) {
		if (other == e)
			earlier = false;
		else if (other->state == QUEUE_RUNNING && !strcmp(other->path, e->path) &&
			 !strcmp(other->jid, e->jid))
			return true;
		else if (other->state == QUEUE_WAITING && earlier && same_way(other, e))
			return true;
		runs += other->state == QUEUE_RUNNING && !strcmp(other->jid, e->jid);
	}
	return runs >= RUNS_PER_BUDDY;
}

/*
 * When the entry may run, which may be long ago; UINT64_MAX if something else has to happen
 * before.
 */
static uint64_t run_at(const struct queue *q, const struct queue_entry *e)
{
	/* Most wait because their buddy is away, so that is asked before others are looked at. */
	if (e->state != QUEUE_WAITING || !q->events->online(q->owner, e->jid) || held_back(q, e))
		return UINT64_MAX;
	return e->retry_at > e->held_until ? e->retry_at : e->held_until;
}

static void set_error(struct queue_entry *e, const char *error)
{
	char *copy = error ? xstrndup(error, QUEUE_ERROR_MAX) : NULL;

	free(e->error);
	e->error = copy;
}

static void fail(struct queue *q, struct queue_entry *e, const char *error)
{
	set_error(e, error);
	enter(e, QUEUE_FAILED, error);
	q->events->save(q->owner, e);
}

/*
 * How long the entry has left by the wall clock, in ms. That is no more than it had at first,
 * because the file may have been written when the clock was ahead.
 */
static uint64_t time_left(const struct queue_entry *e, uint64_t unix_now)
{
	uint64_t left = e->expires > unix_now ? e->expires - unix_now : 0,
		 whole = e->expires - e->queued;

	left = left < whole ? left : whole;
	return (left < QUEUE_EXPIRY ? left : QUEUE_EXPIRY) * UINT64_C(1000);
}

static void set_end(struct queue_entry *e, uint64_t now, uint64_t unix_now)
{
	e->end_at = now + time_left(e, unix_now);
}

/* The wall clock was set. That does not make an entry older, now or at the next start. */
static void move_expiry(struct queue *q, struct queue_entry *e, uint64_t now, uint64_t unix_now)
{
	if (e->state == QUEUE_FAILED || e->end_at <= now)
		return;
	e->expires = unix_now + (e->end_at - now) / 1000;
	if (e->queued > e->expires)
		e->queued = e->expires;
	q->events->save(q->owner, e);
}

static void look_at_clocks(struct queue *q, uint64_t now, uint64_t unix_now)
{
	int64_t jump = (int64_t)(unix_now - q->unix_seen) - (int64_t)(now - q->seen) / 1000;

	for (struct queue_entry *e = q->first; e; e = e->next) {
		if (!e->end_at)
			set_end(e, now, unix_now);
		else if (jump > QUEUE_JUMP || jump < -QUEUE_JUMP)
			move_expiry(q, e, now, unix_now);
	}
	q->seen = now;
	q->unix_seen = unix_now;
}

static void expire(struct queue *q, uint64_t now)
{
	for (struct queue_entry *e = q->first; e; e = e->next)
		if (e->state == QUEUE_WAITING && e->end_at <= now)
			fail(q, e, "expired");
}

static void run(struct queue *q, struct queue_entry *e)
{
	e->tries++;
	e->retry_at = 0;
	e->moved = false;
	enter(e, QUEUE_RUNNING, "the buddy is online");
	q->events->save(q->owner, e);
	q->events->run(q->owner, e);
}

void queue_tick(struct queue *q, uint64_t now, uint64_t unix_now)
{
	look_at_clocks(q, now, unix_now);
	expire(q, now);
	for (struct queue_entry *e = q->first; e; e = e->next)
		if (run_at(q, e) <= now)
			run(q, e);
}

static void end(struct queue *q, struct queue_entry *e, const char *outcome)
{
	log_debug("queue %s for %s/%s: %s", e->id, e->jid, e->share, outcome);
	take_out(q, e);
	q->events->gone(q->owner, e, outcome);
	queue_entry_destroy(e);
}

void queue_done(struct queue *q, struct queue_entry *e, enum queue_outcome outcome,
		const char *error, uint64_t now)
{
	assert(e->state == QUEUE_RUNNING);
	switch (outcome) {
	case QUEUE_DELIVERED:
		end(q, e, "delivered");
		break;
	case QUEUE_UNREACHABLE:
		set_error(e, error);
		e->retry_at = now + backoff_next(&e->pause, QUEUE_RETRY_FIRST, QUEUE_RETRY_MAX,
						 &q->random);
		enter(e, QUEUE_WAITING, error ? error : "could not be reached");
		q->events->save(q->owner, e);
		break;
	case QUEUE_REFUSED:
		fail(q, e, error ? error : "refused");
		break;
	}
}

static void end_pause(struct queue_entry *e)
{
	e->pause = 0;
	e->retry_at = 0;
}

bool queue_buddy_online(struct queue *q, const char *jid, uint64_t now, uint64_t unix_now)
{
	bool any = false;

	for (struct queue_entry *e = q->first; e; e = e->next) {
		if (strcmp(e->jid, jid))
			continue;
		end_pause(e);
		any = true;
	}
	if (any)
		queue_tick(q, now, unix_now);
	return any;
}

bool queue_retry(struct queue *q, struct queue_entry *e, uint64_t now, uint64_t unix_now)
{
	if (e->state == QUEUE_RUNNING)
		return false;
	end_pause(e);
	if (e->expires <= unix_now || e->end_at <= now) {
		e->expires = unix_now + QUEUE_EXPIRY;
		e->end_at = 0;
	}
	enter(e, QUEUE_WAITING, "retried by hand");
	q->events->save(q->owner, e);
	queue_tick(q, now, unix_now);
	return true;
}

bool queue_drop(struct queue *q, struct queue_entry *e)
{
	if (e->state == QUEUE_RUNNING)
		return false;
	end(q, e, "dropped");
	return true;
}

unsigned queue_move(struct queue *q, const char *from, const char *to, uint64_t now)
{
	unsigned n = 0;

	for (struct queue_entry *e = q->first; e; e = e->next) {
		if (!queue_entry_move(e, from, to))
			continue;
		e->held_until = now + QUEUE_RETRY_FIRST;
		q->events->save(q->owner, e);
		n++;
	}
	return n;
}

/*
 * When a waiting entry expires, ms; 0 for one that was just loaded, so that queue_tick() looks
 * at it.
 */
static uint64_t expires_at(const struct queue_entry *e)
{
	return e->state == QUEUE_WAITING ? e->end_at : UINT64_MAX;
}

uint64_t queue_deadline(const struct queue *q, uint64_t now)
{
	uint64_t deadline = UINT64_MAX;

	for (const struct queue_entry *e = q->first; e; e = e->next) {
		uint64_t at = run_at(q, e), expiry = expires_at(e);

		if (expiry < at)
			at = expiry;
		if (at < deadline)
			deadline = at;
	}
	return deadline > now ? deadline : now;
}
