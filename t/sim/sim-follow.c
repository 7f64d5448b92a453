/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Following: the real core decides when to compare and when to fetch; here is what
 * compares, the fetch, which is a helper like any other, and the repositories: one
 * for each share, whichever device it is followed from. To the core each device is
 * a buddy of its own, for its refs are its own.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"

/* What EVENT_FOLLOW is about; follow's core wants its answers in calls of their own. */
enum { COMPARED, FAILED };


static void touch(struct broker *b)
{
	b->follow_at = follow_deadline(b->follows);
}

static void name_of(unsigned device, char out[16])
{
	snprintf(out, 16, "b%u@sim", device % BROKERS_MAX);
}

static unsigned device_of(const struct follow *f)
{
	return f->jid[1] - '0';
}

static unsigned share_of(const struct follow *f)
{
	return strcmp(f->share, share_name(0)) ? 1 : 0;
}

static void plan(struct broker *b, const struct follow *f, uint64_t delay, unsigned what)
{
	event_add(b->world, delay, EVENT_FOLLOW, b->index, b->life, device_of(f) << 16 | share_of(f) << 8 | what);
}

static void on_compare(void *owner, struct follow *f, const void *tips, size_t len)
{
	struct broker *b = owner;
	const char *tip = fields_get((struct fields){ tips, len }, "tip");

	b->announced[device_of(f)][share_of(f)] = tip ? strtoul(tip, NULL, 16) : UINT64_MAX;
	plan(b, f, between(b->world, 1, 100), COMPARED);
}

static void on_fetch(void *owner, struct follow *f)
{
	struct broker *b = owner;
	struct world *w = b->world;
	unsigned device = device_of(f), share = share_of(f);
	struct helper *h;

	for (const struct helper *o = b->helpers; o; o = o->next)
		if (o->background && o->share == share && (unsigned)o->device == device)
			violation(w, "%s: two fetches at once from one buddy in one repository", b->name);
	h = helper_start(b, SERVICE_UPLOAD_PACK, w->brokers[device].account, device, share, NULL);
	if (!h) {
		plan(b, f, 0, FAILED);
		return;
	}
	h->background = true;
	h->final = false;
}

static const struct follow_events follow_events = {
	.compare = on_compare,
	.fetch = on_fetch,
};

static struct follow *find(const struct broker *b, unsigned device, unsigned share)
{
	struct follow *f = follow_first(b->follows);

	while (f && (device_of(f) != device || share_of(f) != share))
		f = f->next;
	return f;
}

void follower_add(struct broker *b, unsigned device, unsigned share)
{
	char jid[16];

	name_of(device, jid);
	b->follow[device][share] = true;
	follow_add(b->follows, jid, share_name(share), share ? "/notes" : "/project", jid);
}

void follower_start(struct broker *b)
{
	b->follows = follow_create(&follow_events, b, draw(b->world) | 1);
	for (unsigned i = 0; i < b->world->count; i++)
		for (unsigned s = 0; s < SHARES; s++)
			if (b->follow[i][s] && i != b->index)
				follower_add(b, i, s);
	touch(b);
}

void follower_finish(struct broker *b)
{
	follow_destroy(b->follows);
	b->follows = NULL;
	b->follow_at = UINT64_MAX;
}

void follower_heard(struct broker *b, unsigned device, unsigned share, struct fields tips)
{
	char jid[16];

	if (!b->follows)
		return;
	name_of(device, jid);
	follow_announced(b->follows, jid, share_name(share), tips.data, tips.len, b->world->now);
	touch(b);
}

void follower_online(struct broker *b, unsigned device)
{
	char jid[16];

	if (!b->follows)
		return;
	name_of(device, jid);
	follow_buddy_online(b->follows, jid, b->world->now);
	touch(b);
}

void follower_tick(struct broker *b)
{
	follow_tick(b->follows, b->world->now);
	touch(b);
}

void follower_step(struct broker *b, uint64_t arg)
{
	unsigned device = arg >> 16, share = arg >> 8 & 0xff;
	struct follow *f = find(b, device, share);

	if ((arg & 0xff) == COMPARED)
		follow_compared(b->follows, f, b->announced[device][share] > b->fetched[device][share], b->world->now);
	else
		follow_fetched(b->follows, f, FOLLOW_FAILED, "nobody is there", b->world->now, b->world->now / 1000);
	touch(b);
}

void followed(struct broker *b, unsigned device, unsigned share, const struct outcome *outcome)
{
	enum follow_outcome what = !outcome ? FOLLOW_FAILED :
				   outcome->refs > b->fetched[device][share] ? FOLLOW_NEWS : FOLLOW_NOTHING;

	if (outcome)
		b->fetched[device][share] = outcome->refs;
	if (!b->running || !b->follows)
		return;
	follow_fetched(b->follows, find(b, device, share), what, outcome ? NULL : "it failed", b->world->now,
		       b->world->now / 1000);
	touch(b);
}

bool follower_rests(const struct broker *b)
{
	/* Nobody waits for a turn, nor for a pause to end. */
	if (b->follow_at != UINT64_MAX)
		return false;
	for (const struct follow *f = b->follows ? follow_first(b->follows) : NULL; f; f = f->next)
		if (f->state != FOLLOW_QUIET)
			return false;
	return true;
}
