/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Following. The shipped follower decides when to compare and when to fetch. This file has
 * the comparison, the fetch, which is a helper like any other, and the repositories: one for
 * each share, whichever device it is followed from. Each device has refs of its own, so it
 * has a JID of its own for the follower.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "fields.h"

struct refcompare {
	struct refcompare *next;	/* broker::compares */
	unsigned device, share;
	uint64_t announced;
	uint32_t id;
	follower_compared_fn *done;
	void *owner;
};

struct git_run {
	struct git_run *next;		/* broker::fetches */
	unsigned device, share;
	uint32_t id;
	follower_fetched_fn *done;
	void *owner;
};

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

/*
 * Plans the event of a comparison or fetch, under a number. The event finds it by the
 * number, or finds that it was cancelled.
 */
static uint32_t plan(struct broker *b, uint64_t delay)
{
	uint32_t id = ++b->follow_steps;

	event_add(b->world, delay, EVENT_FOLLOW, b->index, b->life, id);
	return id;
}

static struct refcompare *on_compare(void *arg, const struct follow *f, struct fields tips,
				     const char *last_version, follower_compared_fn *done,
				     void *owner)
{
	struct broker *b = arg;
	struct refcompare *c = xcalloc(1, sizeof(*c));
	const char *tip = fields_get(tips, "tip");

	c->device = device_of(f);
	c->share = share_of(f);
	c->announced = tip ? strtoul(tip, NULL, 16) : UINT64_MAX;
	c->done = done;
	c->owner = owner;
	c->id = plan(b, between(b->world, 1, 100));
	c->next = b->compares;
	b->compares = c;
	return c;
}

static void on_cancel(void *arg, struct refcompare *compare)
{
	struct broker *b = arg;
	struct refcompare **at = &b->compares;

	while (*at != compare)
		at = &(*at)->next;
	*at = compare->next;
	free(compare);
}

static struct git_run *on_fetch(void *arg, const struct follow *f, const char *device,
				follower_fetched_fn *done, void *owner)
{
	struct broker *b = arg;
	struct world *w = b->world;
	struct git_run *git = xcalloc(1, sizeof(*git));
	struct helper *h;

	git->device = device_of(f);
	git->share = share_of(f);
	git->done = done;
	git->owner = owner;
	for (const struct helper *o = b->helpers; o; o = o->next)
		if (o->background && o->share == git->share && (unsigned)o->device == git->device)
			violation(w, "%s: two fetches at once from one buddy in one repository",
				  b->name);
	if (!device || strcmp(device, w->brokers[git->device].device))
		violation(w, "%s: a fetch that does not ask the device that announced", b->name);
	git->next = b->fetches;
	b->fetches = git;
	h = helper_start(b, SERVICE_UPLOAD_PACK, w->brokers[git->device].account, git->device,
			 git->share, NULL);
	if (!h) {
		git->id = plan(b, 0);
		return git;
	}
	h->background = true;
	h->final = false;
	return git;
}

static void on_release(void *arg, struct git_run *git)
{
	struct broker *b = arg;
	struct git_run **at = &b->fetches;

	while (*at != git)
		at = &(*at)->next;
	*at = git->next;
	free(git);
}

static void on_journal(void *arg, const struct follow *f, const char *result, const char *text,
		       unsigned left_out)
{
	const struct broker *b = arg;

	trace(b->world, "%s: follows '%s' of b%u: %s, %s", b->name, f->share, device_of(f), result,
	      text);
}

static void on_configured(void *arg, struct follows *follows)
{
	const struct broker *b = arg;
	char jid[16];

	for (unsigned i = 0; i < b->world->count; i++) {
		name_of(i, jid);
		for (unsigned s = 0; s < SHARES; s++)
			if (b->follow[i][s] && i != b->index)
				follows_add(follows, jid, share_name(s), share_path(s), jid);
	}
}

static const struct follower_ops follower_ops = {
	.compare = on_compare,
	.cancel = on_cancel,
	.fetch = on_fetch,
	.release = on_release,
	.journal = on_journal,
	.configured = on_configured,
};

void follower_start(struct broker *b)
{
	b->follower = follower_create(&b->context, &follower_ops, b, draw(b->world) | 1);
}

void follower_finish(struct broker *b)
{
	follower_destroy(b->follower);
	b->follower = NULL;
	if (b->compares || b->fetches)
		violation(b->world, "%s: its follower left something open", b->name);
}

void follower_add(struct broker *b, unsigned device, unsigned share)
{
	b->follow[device][share] = true;
	follower_finish(b);
	follower_start(b);
}

void follower_heard(struct broker *b, unsigned device, unsigned share, struct fields tips)
{
	char jid[16];

	name_of(device, jid);
	follower_announced(b->follower, jid, b->world->brokers[device].device, share_name(share),
			   tips);
}

void follower_online(struct broker *b, unsigned device)
{
	char jid[16];

	name_of(device, jid);
	follower_buddy_online(b->follower, jid);
}

static void compared(struct broker *b, struct refcompare *compare)
{
	struct refcompare c = *compare;
	uint64_t fetched = b->fetched[c.device][c.share];

	on_cancel(b, compare);
	c.done(c.owner, c.announced > fetched, fetched + 1);
}

static void fetched(struct broker *b, struct git_run *git, int status, const char *error)
{
	struct git_run g = *git;

	on_release(b, git);
	g.done(g.owner, status, "", error);
}

void follower_step(struct broker *b, uint64_t arg)
{
	for (struct refcompare *c = b->compares; c; c = c->next) {
		if (c->id != arg)
			continue;
		compared(b, c);
		return;
	}
	for (struct git_run *git = b->fetches; git; git = git->next) {
		if (git->id != arg)
			continue;
		fetched(b, git, -1, "nobody is there");
		return;
	}
}

void followed(struct broker *b, unsigned device, unsigned share, const struct outcome *outcome)
{
	struct git_run *git = b->fetches;

	if (outcome)
		b->fetched[device][share] = outcome->refs;
	while (git && (git->device != device || git->share != share))
		git = git->next;
	/* A crashed broker is told nothing. */
	if (git && b->running)
		fetched(b, git, outcome ? 0 : 1, outcome ? "" : "it failed");
}

bool follower_rests(const struct broker *b)
{
	/* A timer means that a follow waits for its turn or for the end of a pause. */
	if (b->follower && broker_deadline(b, b->follower) != UINT64_MAX)
		return false;
	for (const struct follow *f = follower_first(b->follower); f; f = f->next)
		if (f->state != FOLLOW_QUIET)
			return false;
	return true;
}
