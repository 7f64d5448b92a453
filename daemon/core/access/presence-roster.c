/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The buddies of the roster, and strangers who ask to be one. They are in a table by bare JID, and
 * in a list in the order in which they were added; those of one domain are in a ring. A buddy who
 * is offline costs one entry and nothing else.
 */
#include "presence-internal.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "jid.h"
#include "quota.h"

enum { CONDITION_MAX = 64 };

struct presence_entry {
	struct hashtable_node node; /* first: hashtable_find() leads back to the entry */
	struct buddy buddy;
};

static struct presence_entry *entry_of(struct buddy *b)
{
	return (struct presence_entry *)((char *)b - offsetof(struct presence_entry, buddy));
}

struct presence *presence_create(void)
{
	struct presence *p = xcalloc(1, sizeof(*p));

	p->tail = &p->first;
	return p;
}

void presence_remove_resource(struct resource **at)
{
	struct resource *r = *at;

	*at = r->next;
	free(r->full);
	free(r);
}

void presence_free_resources(struct resource **first)
{
	while (*first)
		presence_remove_resource(first);
}

static void join_neighbours(struct presence *p, struct buddy *b)
{
	const char *domain = jid_domain(b->jid);
	struct neighbours *n = presence_neighbours(p, domain);

	if (!n) {
		n = xcalloc(1, sizeof(*n) + strlen(domain) + 1);
		strcpy(n->domain, domain);
		list_init(&n->ring);
		hashtable_add(&p->by_domain, &n->node, n->domain);
	}
	list_init(&b->neighbour);
	list_append(&n->ring, &b->neighbour);
	n->count++;
	b->neighbours = n;
}

static void leave_neighbours(struct presence *p, struct buddy *b)
{
	struct neighbours *n = b->neighbours;

	list_remove(&b->neighbour);
	if (--n->count)
		return;
	hashtable_remove(&p->by_domain, &n->node);
	free(n);
}

static void free_buddy(struct presence *p, struct buddy *b)
{
	leave_neighbours(p, b);
	presence_free_resources(&b->resources);
	presence_free_resources(&b->away);
	free(b->refused);
	free(b->groups);
	free(b->jid);
	free(entry_of(b));
}

void presence_destroy(struct presence *p)
{
	if (!p)
		return;
	while (p->first) {
		struct buddy *b = p->first;

		p->first = b->next;
		free_buddy(p, b);
	}
	hashtable_finish(&p->by_domain);
	hashtable_finish(&p->by_jid);
	free(p);
}

struct buddy *presence_find(const struct presence *p, const char *jid)
{
	struct hashtable_node *node = hashtable_find(&p->by_jid, jid);

	return node ? &((struct presence_entry *)node)->buddy : NULL;
}

static struct buddy *add(struct presence *p, const char *jid)
{
	struct presence_entry *e;

	if (p->by_jid.count >= BUDDIES_MAX)
		return NULL;
	e = xcalloc(1, sizeof(*e));
	e->buddy.jid = xstrdup(jid);
	hashtable_add(&p->by_jid, &e->node, e->buddy.jid);
	join_neighbours(p, &e->buddy);
	e->buddy.link = p->tail;
	*p->tail = &e->buddy;
	p->tail = &e->buddy.next;
	return &e->buddy;
}

static void forget(struct presence *p, struct buddy *b)
{
	*b->link = b->next;
	if (b->next)
		b->next->link = b->link;
	else
		p->tail = b->link;
	if (!b->in_roster)
		p->strangers--;
	hashtable_remove(&p->by_jid, &entry_of(b)->node);
	free_buddy(p, b);
}

static void set_refused(struct buddy *b, const char *condition)
{
	free(b->refused);
	b->refused = condition ? xstrndup(condition, CONDITION_MAX) : NULL;
}

struct buddy *presence_roster_item(struct presence *p, const char *bare,
				   enum subscription subscription, bool asked, bool removed)
{
	char jid[JID_MAX];
	struct buddy *b;

	if (!jid_bare(bare, jid))
		return NULL;
	b = presence_find(p, jid);
	if (removed) {
		if (b)
			forget(p, b);
		return NULL;
	}
	if (b && !b->in_roster)
		p->strangers--;
	if (!b)
		b = add(p, jid);
	if (!b)
		return NULL;
	b->in_roster = b->listed = true;
	b->subscription = subscription;
	b->pending_out = asked;
	if (subscription == SUBSCRIPTION_FROM || subscription == SUBSCRIPTION_BOTH)
		b->pending_in = false;
	if (subscription == SUBSCRIPTION_TO || subscription == SUBSCRIPTION_BOTH)
		set_refused(b, NULL);
	return b;
}

void presence_roster_begin(struct presence *p)
{
	for (struct buddy *b = p->first; b; b = b->next)
		b->listed = false;
}

void presence_roster_end(struct presence *p)
{
	struct buddy *b = p->first, *next;

	for (; b; b = next) {
		next = b->next;
		if (b->in_roster && !b->listed)
			forget(p, b);
	}
}

/* The bytes of a list of groups, with the NUL at its end. */
static size_t groups_len(const char *groups)
{
	const char *at = groups;

	while (*at)
		at += strlen(at) + 1;
	return at - groups + 1;
}

/* The bytes of the first of them, as many as may be kept, without the NUL at the end. */
static size_t groups_kept(const char *groups)
{
	size_t n = 0;

	while (groups[n] && n + strlen(groups + n) + 1 < BUDDY_GROUPS_MAX)
		n += strlen(groups + n) + 1;
	return n;
}

bool presence_roster_groups(struct presence *p, const char *bare, const char *groups)
{
	struct buddy *b = presence_buddy(p, bare);
	size_t n = groups ? groups_kept(groups) : 0;

	if (!b)
		return false;
	if (!n && !b->groups)
		return false;
	if (n && b->groups && groups_len(b->groups) == n + 1 && !memcmp(b->groups, groups, n))
		return false;
	free(b->groups);
	b->groups = NULL;
	if (n) {
		b->groups = xcalloc(1, n + 1);
		memcpy(b->groups, groups, n);
	}
	return true;
}

bool buddy_in_group(const struct buddy *buddy, const char *group)
{
	const char *at = buddy && buddy->in_roster && buddy->groups ? buddy->groups : "";

	while (*at && strcmp(at, group))
		at += strlen(at) + 1;
	return *at;
}

void presence_refused(struct presence *p, const char *bare, const char *condition)
{
	struct buddy *b = presence_buddy(p, bare);

	if (b && b->in_roster)
		set_refused(b, condition);
}

/*
 * Makes room for one more stranger; the oldest of a domain that holds most goes. False if
 * there is none to go.
 */
static bool make_room_for_stranger(struct presence *p, const char *jid)
{
	struct quota_place places[STRANGERS_MAX] = { 0 }, *victim;
	struct buddy *strangers[STRANGERS_MAX] = { NULL };
	enum quota_verdict verdict;
	struct quota quota;
	unsigned n = 0;

	quota_init(&quota, STRANGERS_MAX, true);
	for (struct buddy *b = p->first; b && n < p->strangers; b = b->next) {
		if (b->in_roster)
			continue;
		strangers[n] = b;
		quota_take(&quota, &places[n++], b->jid, false);
	}
	verdict = quota_ask(&quota, jid, false, &victim);
	if (verdict == QUOTA_ROOM)
		forget(p, strangers[victim - places]);
	while (n)
		quota_leave(&places[--n]);
	quota_finish(&quota);
	return verdict != QUOTA_NO;
}

struct buddy *presence_pending_in(struct presence *p, const char *bare)
{
	char jid[JID_MAX];
	struct buddy *b;

	if (!jid_bare(bare, jid))
		return NULL;
	b = presence_find(p, jid);
	if (!b) {
		if (!make_room_for_stranger(p, jid))
			return NULL;
		b = add(p, jid);
		if (!b)
			return NULL;
		p->strangers++;
	}
	/*
	 * The contact is already subscribed to us; the server answers this request (RFC
	 * 6121 3.1.3).
	 */
	b->pending_in =
		b->subscription != SUBSCRIPTION_FROM && b->subscription != SUBSCRIPTION_BOTH;
	return b;
}

bool presence_pending_in_over(struct presence *p, const char *bare)
{
	struct buddy *b = presence_buddy(p, bare);

	if (!b || !b->pending_in)
		return false;
	b->pending_in = false;
	if (!b->in_roster)
		forget(p, b);
	return true;
}

/* A key is a normalised JID, so a JID that is a key already is not normalised again. */
struct buddy *presence_buddy(const struct presence *p, const char *bare)
{
	struct buddy *b = presence_find(p, bare);
	char jid[JID_MAX];

	if (!b && jid_bare(bare, jid))
		b = presence_find(p, jid);
	return b;
}

struct buddy *presence_buddies(const struct presence *p)
{
	return p->first;
}

struct neighbours *presence_neighbours(const struct presence *p, const char *domain)
{
	/* NULL stays NULL: the node is the first member. */
	return (struct neighbours *)hashtable_find(&p->by_domain, domain);
}

struct buddy *neighbours_first(const struct neighbours *n)
{
	return (struct buddy *)((char *)n->ring.next - offsetof(struct buddy, neighbour));
}
