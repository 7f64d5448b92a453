/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "requests.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bounds.h"

/*
 * A list in the order in which the requests were made, which is about the order in which
 * they are due. It is short, because an answered request leaves it.
 */

static const uint64_t pauses[] = { REQUESTS_REST, 5 * 60 * 1000, 30 * 60 * 1000,
				   24 * 3600 * 1000ULL };

enum { PAUSES = sizeof(pauses) / sizeof(*pauses) };

struct request {
	struct request *next;
	unsigned tries;			/* how often it was repeated */
	uint64_t asked_at;		/* when the user asked; 0: not in this run */
	uint64_t due_at;
	char jid[];
};

struct requests {
	const struct requests_events *events;
	void *owner;
	uint32_t random;
	uint64_t sent_at;		/* when the last subscription stanza was sent; 0: none
					   was */
	struct request *first;		/* owned */
};

struct requests *requests_create(const struct requests_events *events, void *owner, uint32_t random)
{
	struct requests *r = xcalloc(1, sizeof(*r));

	r->events = events;
	r->owner = owner;
	r->random = random;
	return r;
}

static void forget(struct request **at)
{
	struct request *gone = *at;

	*at = gone->next;
	free(gone);
}

void requests_clear(struct requests *r)
{
	while (r->first)
		forget(&r->first);
	r->sent_at = 0;
}

void requests_destroy(struct requests *r)
{
	if (!r)
		return;
	requests_clear(r);
	free(r);
}

static struct request **find(struct requests *r, const char *jid)
{
	struct request **at = &r->first;

	while (*at && strcmp((*at)->jid, jid))
		at = &(*at)->next;
	return at;
}

/* Chance adds up to a quarter, so that two who asked each other do not collide again. */
static void plan(struct requests *r, struct request *q, uint64_t now)
{
	uint64_t pause = pauses[q->tries < PAUSES ? q->tries : PAUSES - 1];

	r->random = r->random * 1664525u + 1013904223u;
	q->due_at = now + pause + (pause / 4) * (r->random >> 16) / 0xffff;
}

void requests_note(struct requests *r, const char *jid, uint64_t now)
{
	struct request **at = find(r, jid);
	size_t size = strlen(jid) + 1;

	if (*at)
		return;
	*at = xcalloc(1, sizeof(**at) + size);
	memcpy((*at)->jid, jid, size);
	plan(r, *at, now);
}

void requests_owe(struct requests *r, const char *jid, uint64_t now)
{
	if (*find(r, jid))
		return;
	requests_note(r, jid, now);
	(*find(r, jid))->due_at = now;
}

void requests_asked(struct requests *r, const char *jid, uint64_t now)
{
	struct request **at = find(r, jid);

	if (*at)
		forget(at);
	requests_note(r, jid, now);
	(*find(r, jid))->asked_at = now;
}

void requests_drop(struct requests *r, const char *jid)
{
	struct request **at = find(r, jid);

	if (*at)
		forget(at);
}

void requests_sent(struct requests *r, uint64_t now)
{
	r->sent_at = now;
}

bool requests_fresh(const struct requests *r, const char *jid, uint64_t now)
{
	const struct request *q = *find((struct requests *)r, jid);

	return q && q->asked_at && now < q->asked_at + REQUESTS_FRESH;
}

uint64_t requests_due(const struct requests *r, const char *jid)
{
	const struct request *q = *find((struct requests *)r, jid);

	return q ? q->due_at : 0;
}

uint64_t requests_deadline(const struct requests *r)
{
	uint64_t least = UINT64_MAX, quiet = r->sent_at ? r->sent_at + REQUESTS_REST : 0;

	for (const struct request *q = r->first; q; q = q->next)
		if (q->due_at < least)
			least = q->due_at;
	return least < quiet ? quiet : least;
}

void requests_tick(struct requests *r, uint64_t now)
{
	unsigned left = REQUESTS_AT_ONCE;

	if (now < requests_deadline(r))
		return;
	for (struct request *q = r->first; q && left; q = q->next) {
		/*
		 * One that is due in a moment is repeated now: otherwise it would wait for
		 * REQUESTS_REST.
		 */
		if (q->due_at > now + REQUESTS_REST / 4)
			continue;
		q->tries++;
		plan(r, q, now);
		left--;
		r->events->ask(r->owner, q->jid);
	}
}
