/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "quota.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "jid.h"

/*
 * Shares are a tree, three levels deep at most:
 *
 *   all places
 *   +- a trusted JID
 *   +- all who are not trusted
 *      +- a domain
 *         +- a JID of it
 *
 * A place counts for its innermost share and for all above it. quota_ask() goes down from
 * the top. At each share the rule says how many places it could hold now; the shares below
 * it have these to share. A share that does not exist yet holds nothing on its level nor
 * below, so that one free place is enough.
 *
 * A share that may not grow hands down what it holds: below it nothing is free, and places
 * change hands among its own members.
 */

enum { LEVELS = 3 };

struct quota_share {
	struct hashtable_node node;	/* first: hashtable_find() leads back to the share */
	struct quota_share *above;	/* NULL: all places */
	unsigned used;
	char key[];
};

/* The keys of the shares from the top down. */
struct way {
	char *keys[LEVELS];		/* owned */
	unsigned depth;
};

/* A key: what kind of share it is, and whose. */
static char *key_of(const char *kind, const char *of)
{
	size_t n = strlen(kind), len = strlen(of);
	char *key = xmalloc(n + len + 1);

	memcpy(key, kind, n);
	memcpy(key + n, of, len + 1);
	return key;
}

static struct way way_to(const struct quota *q, const char *jid, bool trusted)
{
	struct way way = { .depth = 0 };

	if (trusted) {
		way.keys[way.depth++] = key_of("trusted ", jid);
		return way;
	}
	if (!q->strangers_only)
		way.keys[way.depth++] = xstrdup("not trusted");
	way.keys[way.depth++] = key_of("domain ", jid_domain(jid));
	way.keys[way.depth++] = key_of("stranger ", jid);
	return way;
}

static void way_finish(struct way *way)
{
	while (way->depth)
		free(way->keys[--way->depth]);
}

static struct quota_share *find(const struct quota *q, const char *key)
{
	return (struct quota_share *)hashtable_find(&q->shares, key);
}

void quota_init(struct quota *q, unsigned places, bool strangers_only)
{
	*q = (struct quota){ .places = places, .strangers_only = strangers_only };
	list_init(&q->taken);
}

void quota_finish(struct quota *q)
{
	assert(list_alone(&q->taken) && !q->shares.count);
	hashtable_finish(&q->shares);
}

/* The share right below group that the place counts for; NULL if it is not in the group. */
static struct quota_share *branch(const struct quota_place *place, const struct quota_share *group)
{
	struct quota_share *s = place->share;

	while (s && s->above != group)
		s = s->above;
	return s;
}

/*
 * The share that holds most in the group, among those with an unfinished place. Of two
 * that hold as many, the one with the oldest place.
 */
static struct quota_share *largest(const struct quota *q, const struct quota_share *group)
{
	struct quota_share *most = NULL;

	for (const struct list *r = q->taken.next; r != &q->taken; r = r->next) {
		const struct quota_place *place = (const struct quota_place *)r;
		struct quota_share *s = branch(place, group);

		if (s && place->unfinished && (!most || s->used > most->used))
			most = s;
	}
	return most;
}

static struct quota_place *oldest_unfinished(const struct quota *q, const struct quota_share *share)
{
	for (const struct list *r = q->taken.next; r != &q->taken; r = r->next) {
		struct quota_place *place = (struct quota_place *)r;

		if (place->unfinished && place->share == share)
			return place;
	}
	return NULL;
}

/*
 * Finds the place that makes room in a group for one who holds nothing there. The share
 * with most must hold at least `least` places. NULL if there is none.
 */
static struct quota_place *who_makes_room(const struct quota *q, const struct quota_share *group,
					  unsigned least)
{
	struct quota_share *s = largest(q, group), *inner;

	if (!s || s->used < least)
		return NULL;
	while ((inner = largest(q, s)))
		s = inner;
	return oldest_unfinished(q, s);
}

enum quota_verdict quota_ask(const struct quota *q, const char *jid, bool trusted,
			     struct quota_place **victim)
{
	struct way way = way_to(q, jid, trusted);
	const struct quota_share *group = NULL;
	unsigned allowed = q->places, used = q->used;
	enum quota_verdict verdict = QUOTA_NO;

	*victim = NULL;
	for (unsigned i = 0; i < way.depth; i++) {
		const struct quota_share *s = find(q, way.keys[i]);
		unsigned free_now = allowed - used;

		if (!s && free_now) {
			verdict = QUOTA_YES;
			break;
		}
		if (!s) {
			/*
			 * JIDs cost a domain nothing, so a new JID has no claim by being
			 * another one: even the only place of a JID may go.
			 */
			*victim = who_makes_room(q, group, !trusted && i == way.depth - 1 ? 1 : 2);
			verdict = *victim ? QUOTA_ROOM : QUOTA_NO;
			break;
		}
		allowed = (free_now + s->used) / 2;
		if (i == way.depth - 1 && s->used < allowed)
			verdict = QUOTA_YES;
		if (allowed < s->used)
			allowed = s->used;
		used = s->used;
		group = s;
	}
	way_finish(&way);
	return verdict;
}

enum quota_verdict quota_insist(const struct quota *q, struct quota_place **victim)
{
	*victim = NULL;
	if (q->used < q->places)
		return QUOTA_YES;
	*victim = who_makes_room(q, NULL, 1);
	return *victim ? QUOTA_ROOM : QUOTA_NO;
}

static struct quota_share *find_or_make(struct quota *q, const char *key, struct quota_share *above)
{
	struct quota_share *s = find(q, key);

	if (s)
		return s;
	s = xcalloc(1, sizeof(*s) + strlen(key) + 1);
	strcpy(s->key, key);
	s->above = above;
	hashtable_add(&q->shares, &s->node, s->key);
	return s;
}

static void count_in(struct quota *q, struct quota_place *place, const char *jid, bool trusted)
{
	struct way way = way_to(q, jid, trusted);

	place->share = NULL;
	for (unsigned i = 0; i < way.depth; i++) {
		place->share = find_or_make(q, way.keys[i], place->share);
		place->share->used++;
	}
	way_finish(&way);
}

static void count_out(struct quota_place *place)
{
	struct quota_share *s = place->share;

	while (s) {
		struct quota_share *above = s->above;

		if (--s->used == 0) {
			hashtable_remove(&place->quota->shares, &s->node);
			free(s);
		}
		s = above;
	}
	place->share = NULL;
}

void quota_take(struct quota *q, struct quota_place *place, const char *jid, bool trusted)
{
	assert(!place->quota && q->used < q->places);
	place->quota = q;
	place->unfinished = true;
	list_init(&place->link);
	list_append(&q->taken, &place->link);
	q->used++;
	count_in(q, place, jid, trusted);
}

void quota_leave(struct quota_place *place)
{
	if (!place->quota)
		return;
	count_out(place);
	list_remove(&place->link);
	place->quota->used--;
	place->quota = NULL;
}

void quota_trust(struct quota_place *place, const char *jid)
{
	count_out(place);
	count_in(place->quota, place, jid, true);
}

unsigned quota_held(const struct quota *q, const char *jid, bool trusted)
{
	struct way way = way_to(q, jid, trusted);
	const struct quota_share *s = find(q, way.keys[way.depth - 1]);

	way_finish(&way);
	return s ? s->used : 0;
}
