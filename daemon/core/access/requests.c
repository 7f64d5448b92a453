/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "requests.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bounds.h"

/*
 * A list in the order in which the requests were made, which is about the order in which
 * they are due. It is short, because an answered request leaves it. One that rests stays in it,
 * for when it was made anew.
 */

static const uint64_t pauses[] = { REQUESTS_REST, 5 * 60 * 1000, 30 * 60 * 1000,
				   24 * 3600 * 1000ULL };

enum { PAUSES = sizeof(pauses) / sizeof(*pauses) };

struct request {
	struct request *next;
	unsigned tries;			/* how often it was repeated */
	uint64_t asked_at;		/* when the user asked; 0: not in this run */
	uint64_t anew_at;		/* when it was made anew; 0: it never was */
	uint64_t due_at;		/* UINT64_MAX: it rests */
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

void requests_rest(struct requests *r)
{
	for (struct request *q = r->first; q; q = q->next) {
		q->tries = 0;
		q->asked_at = 0;
		q->due_at = UINT64_MAX;
	}
	r->sent_at = 0;
}

void requests_destroy(struct requests *r)
{
	if (!r)
		return;
	while (r->first)
		forget(&r->first);
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

/* The request to jid, which is made if there is none. It rests then. */
static struct request *have(struct requests *r, const char *jid)
{
	struct request **at = find(r, jid);
	size_t size = strlen(jid) + 1;

	if (*at)
		return *at;
	*at = xcalloc(1, sizeof(**at) + size);
	memcpy((*at)->jid, jid, size);
	(*at)->due_at = UINT64_MAX;
	return *at;
}

void requests_note(struct requests *r, const char *jid, uint64_t now)
{
	struct request *q = have(r, jid);

	if (q->due_at == UINT64_MAX)
		plan(r, q, now);
}

void requests_owe(struct requests *r, const char *jid, uint64_t now)
{
	struct request *q = have(r, jid);

	if (q->due_at == UINT64_MAX)
		q->due_at = now;
}

void requests_asked(struct requests *r, const char *jid, bool open, uint64_t now)
{
	struct request *q = have(r, jid);

	q->tries = 0;
	q->asked_at = now;
	plan(r, q, now);
	q->tries = open;
}

void requests_anew(struct requests *r, const char *jid, uint64_t now)
{
	have(r, jid)->anew_at = now;
}

bool requests_is_anew(const struct requests *r, const char *jid, uint64_t now)
{
	const struct request *q = *find((struct requests *)r, jid);

	return q && q->anew_at && now < q->anew_at + REQUESTS_ANEW;
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

	return q && q->due_at != UINT64_MAX ? q->due_at : 0;
}

uint64_t requests_deadline(const struct requests *r)
{
	uint64_t least = UINT64_MAX, quiet = r->sent_at ? r->sent_at + REQUESTS_REST : 0;

	for (const struct request *q = r->first; q; q = q->next)
		if (q->due_at < least)
			least = q->due_at;
	return least < quiet ? quiet : least;
}

static bool may_be_anew(const struct request *q, uint64_t now)
{
	return !q->anew_at || now >= q->anew_at + REQUESTS_CALM;
}

void requests_tick(struct requests *r, uint64_t now)
{
	unsigned left = REQUESTS_AT_ONCE;
	bool anew;

	if (now < requests_deadline(r))
		return;
	for (struct request *q = r->first; q && left; q = q->next) {
		/*
		 * One that is due in a moment is repeated now: otherwise it would wait for
		 * REQUESTS_REST.
		 */
		if (q->due_at > now + REQUESTS_REST / 4)
			continue;
		anew = q->tries > 0 && may_be_anew(q, now);
		q->tries++;
		plan(r, q, now);
		left--;
		r->events->ask(r->owner, q->jid, anew);
	}
}
