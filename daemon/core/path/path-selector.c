/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "path-selector.h"

#include <stddef.h>

/*
 * Each kind of path has a time before which it is not tried. An event that gives a kind a
 * new chance (it became possible, the link came up or lost its path, the network changed)
 * sets that time to now, and a little later for the side that follows and for a proxy
 * beside a direct path. A failure sets it further off. path_selector_next() then takes
 * the best kind that is due.
 */

const char *path_kind_name(enum path_kind kind)
{
	static const char *const names[] = {
		[PATH_INBAND] = "in-band",
		[PATH_PROXY] = "proxy",
		[PATH_PUNCH] = "punched",
		[PATH_DIRECT] = "direct",
	};

	return names[kind];
}

enum path_kind path_kind_made(enum path_kind attempt)
{
	return attempt == PATH_PUNCH ? PATH_DIRECT : attempt;
}

void path_selector_init(struct path_selector *r, uint64_t now)
{
	*r = (struct path_selector){ .allowed = PATH_MASK_ALL, .current = -1, .since = now };
}

static bool is_allowed(const struct path_selector *r, enum path_kind kind)
{
	return r->allowed & PATH_MASK(path_kind_made(kind));
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * The wait after so many times: first, doubled for each time after the first, at most
 * max.
 */
static uint64_t doubled(unsigned times, uint64_t first, uint64_t max)
{
	uint64_t wait = first;

	while (--times > 0 && wait < max)
		wait *= 2;
	return earlier(wait, max);
}

/* Whether a direct path may come of an attempt of this kind, as far as is known. */
static bool has_hope(const struct path_selector *r, enum path_kind kind)
{
	return r->kinds[kind].possible && is_allowed(r, kind) && !r->kinds[kind].failures;
}

/* When to try a kind that gets a new chance now. */
static uint64_t chance(const struct path_selector *r, enum path_kind kind, uint64_t now)
{
	if (!r->leads && (r->was_up || kind != PATH_INBAND))
		now += PATH_SELECTOR_FOLLOW;
	if (kind == PATH_PROXY && (has_hope(r, PATH_DIRECT) || has_hope(r, PATH_PUNCH)))
		now += PATH_SELECTOR_PROXY_AFTER;
	if (kind == PATH_PUNCH && has_hope(r, PATH_DIRECT))
		now += PATH_SELECTOR_PUNCH_AFTER;
	return now;
}

/* Forgets the failures of a kind. */
static void forgive(struct path_selector *r, enum path_kind kind, uint64_t now)
{
	struct path_selector_kind *k = &r->kinds[kind];

	k->failures = k->offs = 0;
	k->done = false;
	k->not_before = chance(r, kind, now);
}

/* Lets a kind be tried once more, after the wait for its failures. */
static void renew(struct path_selector *r, enum path_kind kind, uint64_t now)
{
	struct path_selector_kind *k = &r->kinds[kind];

	k->not_before = later(k->not_before, chance(r, kind, now));
	k->done = false;
}

/*
 * A kind is possible or allowed again, perhaps because the peer says so. That is no
 * reason to try early what has just failed.
 */
static void begin_anew(struct path_selector *r, enum path_kind kind, uint64_t now)
{
	const struct path_selector_kind *k = &r->kinds[kind];

	if ((k->failures || k->offs) && now - k->tried_at < PATH_SELECTOR_ANEW)
		renew(r, kind, now);
	else
		forgive(r, kind, now);
}

void path_selector_allow(struct path_selector *r, unsigned allowed, uint64_t now)
{
	unsigned added = allowed & ~r->allowed;

	if (allowed == r->allowed)
		return;
	r->allowed = allowed;
	for (int kind = 0; kind < PATH_KINDS; kind++)
		if (added & PATH_MASK(path_kind_made(kind)))
			begin_anew(r, kind, now);
	/* The present kind is not allowed any more: even a worse kind is wanted now. */
	if (r->current >= 0 && !is_allowed(r, r->current))
		path_selector_renew(r, now);
}

void path_selector_lead(struct path_selector *r, bool leads)
{
	r->leads = leads;
}

void path_selector_possible(struct path_selector *r, enum path_kind kind, bool possible,
			    uint64_t now)
{
	if (r->kinds[kind].possible == possible)
		return;
	r->kinds[kind].possible = possible;
	if (possible)
		begin_anew(r, kind, now);
}

void path_selector_elsewhere(struct path_selector *r, enum path_kind kind, uint64_t now)
{
	struct path_selector_kind *k = &r->kinds[kind];

	if (now - k->tried_at >= PATH_SELECTOR_ANEW)
		k->calm_at = 0;
}

void path_selector_hold(struct path_selector *r, enum path_kind kind, bool held)
{
	r->kinds[kind].held = held;
}

void path_selector_renew(struct path_selector *r, uint64_t now)
{
	for (int kind = 0; kind < PATH_KINDS; kind++)
		renew(r, kind, now);
}

void path_selector_network_changed(struct path_selector *r, uint64_t now)
{
	r->changed = now;
	for (int kind = PATH_KINDS - 1; kind >= 0; kind--) {
		r->kinds[kind].flaps = r->kinds[kind].holes = 0;
		r->kinds[kind].calm_at = 0;
		forgive(r, kind, now);
	}
}

void path_selector_attached(struct path_selector *r, enum path_kind kind, uint64_t now)
{
	int left = r->current;

	r->current = kind;
	r->since = now;
	r->used_at = 0;
	r->was_up = true;
	r->kinds[kind].failures = r->kinds[kind].offs = 0;
	if (left >= 0) {
		if (path_selector_wants(r, left))
			renew(r, left, now);
		return;
	}
	for (int better = PATH_KINDS - 1; better > (int)kind; better--) {
		struct path_selector_kind *k = &r->kinds[better];

		k->not_before = later(k->not_before, chance(r, better, now));
	}
}

/* Counts how the path ended that the link was on, and sets the wait that follows. */
static void note_life(struct path_selector *r, enum path_kind kind, uint64_t heard_at, uint64_t now)
{
	struct path_selector_kind *k = &r->kinds[kind];
	/* Every cut looks like a moment of silence. */
	bool is_silent = now >= heard_at + PATH_SELECTOR_STALL,
	     was_steady = (is_silent ? heard_at : now) >=
			  later(r->since, r->used_at) + PATH_SELECTOR_STEADY;

	if (is_silent && (kind == PATH_INBAND || r->changed > r->since)) {
		/* No wait: there is no other kind to fall back to, or the network is at fault. */
		k->flaps = 0;
	} else if (is_silent && (k->holes || !was_steady)) {
		k->calm_at =
			now + doubled(++k->holes, PATH_SELECTOR_HOLE_FIRST, PATH_SELECTOR_WAIT_MAX);
	} else if (was_steady) {
		k->flaps = k->holes = 0;
		if (is_silent)
			k->calm_at = now + PATH_SELECTOR_ASIDE;
	} else if (++k->flaps > 1) {
		k->calm_at = chance(r, kind, now) + doubled(k->flaps - 1, PATH_SELECTOR_WAIT_FIRST,
							    PATH_SELECTOR_FLAP_MAX);
	}
}

void path_selector_replaced(struct path_selector *r, enum path_kind by, uint64_t heard_at,
			    uint64_t now)
{
	uint64_t life = now - r->since;

	if ((int)by >= r->current)
		return;
	if (is_allowed(r, r->current) && life >= PATH_SELECTOR_LED_BACK &&
	    life < PATH_SELECTOR_STEADY)
		heard_at = r->since;
	note_life(r, r->current, heard_at, now);
	path_selector_renew(r, now);
}

void path_selector_detached(struct path_selector *r, uint64_t heard_at, uint64_t now)
{
	int lost = r->current;

	if (lost < 0)
		return;
	note_life(r, lost, heard_at, now);
	r->current = -1;
	r->since = now;
	r->kinds[lost].not_before = 0;
	r->kinds[PATH_INBAND].not_before = 0;
	for (int kind = 0; kind < PATH_KINDS; kind++) {
		struct path_selector_kind *k = &r->kinds[kind];

		k->not_before = earlier(k->not_before, now + PATH_SELECTOR_INBAND_MAX);
		renew(r, kind, now);
	}
}

void path_selector_failed(struct path_selector *r, enum path_kind kind, uint64_t now)
{
	struct path_selector_kind *k = &r->kinds[kind];

	k->trying = false;
	k->offs = 0;
	k->failures++;
	k->not_before =
		now + doubled(k->failures, PATH_SELECTOR_WAIT_FIRST,
			      r->current < 0 ? PATH_SELECTOR_INBAND_MAX : PATH_SELECTOR_WAIT_MAX);
}

void path_selector_put_off(struct path_selector *r, enum path_kind kind, uint64_t now)
{
	struct path_selector_kind *k = &r->kinds[kind];

	k->trying = false;
	k->done = ++k->offs >= PATH_SELECTOR_OFFS_MAX;
	k->not_before = now + doubled(k->offs, PATH_SELECTOR_OFF_FIRST, PATH_SELECTOR_WAIT_MAX);
}

void path_selector_arrived(struct path_selector *r, enum path_kind kind)
{
	r->kinds[kind].trying = false;
}

void path_selector_answers(struct path_selector *r, enum path_kind kind)
{
	struct path_selector_kind *k = &r->kinds[kind];

	if (k->trying)
		k->done = false;
	k->trying = true;
}

bool path_selector_wants(const struct path_selector *r, enum path_kind kind)
{
	kind = path_kind_made(kind);
	if (r->current < 0)
		return kind == PATH_INBAND || is_allowed(r, kind);
	if (!is_allowed(r, kind))
		return false;
	return (int)kind > r->current || ((int)kind != r->current && !is_allowed(r, r->current));
}

/* When a kind is to be tried next; UINT64_MAX: not at present. */
static inline uint64_t due_at(const struct path_selector *r, enum path_kind kind, bool busy)
{
	const struct path_selector_kind *k = &r->kinds[kind];
	uint64_t calm_at = r->kinds[path_kind_made(kind)].calm_at;
	bool by_records = kind == PATH_PROXY || kind == PATH_PUNCH,
	     has_swallowed = r->kinds[path_kind_made(kind)].holes;

	if (!k->possible || k->trying || k->held || !path_selector_wants(r, kind))
		return UINT64_MAX;
	if (r->current < 0 ? by_records : (k->done || has_swallowed) && !busy)
		return UINT64_MAX;
	if (r->current < 0)
		return later(k->not_before, earlier(calm_at, r->since + PATH_SELECTOR_INBAND_MAX));
	return later(k->not_before, calm_at);
}

int path_selector_next(struct path_selector *r, bool busy, uint64_t now)
{
	if (busy && r->current >= 0 && !r->used_at)
		r->used_at = now;
	for (int kind = PATH_KINDS - 1; kind >= 0; kind--) {
		if (due_at(r, kind, busy) > now)
			continue;
		r->kinds[kind].trying = true;
		r->kinds[kind].tried_at = now;
		r->kinds[kind].done = true;
		return kind;
	}
	return -1;
}

uint64_t path_selector_deadline(const struct path_selector *r, bool busy)
{
	uint64_t at = UINT64_MAX;

	for (int kind = 0; kind < PATH_KINDS; kind++)
		at = earlier(at, due_at(r, kind, busy));
	return at;
}
