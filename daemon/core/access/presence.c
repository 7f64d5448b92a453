/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "presence.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "jid.h"
#include "log.h"
#include "quota.h"

/*
 * Buddies are in a table by bare JID, and in a list in the order in which they were added.
 * Each has a short list of resources. A buddy who is offline costs one entry and nothing
 * else.
 *
 * What can go wrong: a connection that died leaves a ghost of its resource on the server
 * for minutes, and the device comes back under another resource. Then the newer resource
 * is the device, and the end of the ghost is not the end of the device.
 */

enum { RESOURCE_MAX = 1023, CONDITION_MAX = 64 };

struct presence_entry {
	struct hashtable_node node;	/* first: hashtable_find() leads back to the entry */
	struct buddy buddy;
};

struct presence {
	struct hashtable by_jid, by_domain;
	struct buddy *first, **tail;	/* owned, each in its entry */
	unsigned strangers;		/* buddies that are not in the roster: they ask to be one */
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

static void free_list(struct resource **first)
{
	while (*first) {
		struct resource *r = *first;

		*first = r->next;
		free(r->full);
		free(r);
	}
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
	free_list(&b->resources);
	free_list(&b->away);
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

/* Forgets the places of this device, and of this full JID; either may be NULL. */
static void forget_away(struct buddy *b, const char *device, const char *full)
{
	struct resource **at = &b->away;

	while (*at) {
		struct resource *r = *at;

		if ((!device || strcmp(r->device, device)) && (!full || strcmp(r->full, full))) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		free(r->full);
		free(r);
	}
}

/* Keeps the place of a broker that is online no more. Takes ownership of r. */
static void put_away(struct buddy *b, struct resource *r)
{
	unsigned count = 0;

	forget_away(b, r->device, r->full);
	r->next = b->away;
	b->away = r;
	for (struct resource **at = &b->away; *at; at = &(*at)->next)
		if (++count == AWAY_PER_BUDDY)
			free_list(&(*at)->next);
}

static struct resource *device_of(const struct buddy *b, const char *device)
{
	for (struct resource *r = b->resources; r; r = r->next)
		if (r->broker && !strcmp(r->device, device))
			return r;
	return NULL;
}

static void take_out(struct buddy *b, struct resource **at)
{
	struct resource *r = *at;

	*at = r->next;
	/* The device goes on with its newer resource, if there is one. */
	if (r->broker && !device_of(b, r->device)) {
		put_away(b, r);
		return;
	}
	free(r->full);
	free(r);
}

void presence_reset(struct presence *p, uint64_t now)
{
	for (struct buddy *b = p->first; b; b = b->next) {
		if (b->resources)
			b->last_seen = now;
		while (b->resources)
			take_out(b, &b->resources);
		b->asking = (struct asking){ 0 };
		for (struct resource *r = b->away; r; r = r->next)
			r->asked = false;
	}
}

/* jid is normalised already. */
static struct buddy *find(const struct presence *p, const char *jid)
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
	b = find(p, jid);
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
	b = find(p, jid);
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

/* The buddy of a full JID and where its resource begins; NULL for strangers and bare JIDs. */
static struct buddy *buddy_of(const struct presence *p, const char *full, const char **resource)
{
	char jid[JID_MAX];
	struct buddy *b;

	*resource = jid_resource(full);
	if (!*resource || !**resource || strlen(*resource) > RESOURCE_MAX ||
	    !jid_bare_of(full, jid))
		return NULL;
	b = find(p, jid);
	return b && b->in_roster ? b : NULL;
}

/* Where the resource is in the buddy's list, or would be appended. */
static struct resource **resource_at(struct buddy *b, const char *resource)
{
	struct resource **at = &b->resources;

	while (*at && strcmp(jid_resource((*at)->full), resource))
		at = &(*at)->next;
	return at;
}

static void remove_at(struct resource **at)
{
	struct resource *r = *at;

	*at = r->next;
	free(r->full);
	free(r);
}

/*
 * Makes room for one more resource: the oldest one without a broker goes. False if there
 * is none.
 */
static bool make_room(struct buddy *b)
{
	struct resource **oldest = NULL;
	unsigned count = 0;

	for (struct resource **at = &b->resources; *at; at = &(*at)->next) {
		count++;
		if (!(*at)->broker)
			oldest = at;
	}
	if (count < DEVICES_PER_BUDDY)
		return true;
	if (!oldest)
		return false;
	remove_at(oldest);
	return true;
}

static struct resource *add_resource(struct buddy *b, const char *resource, uint64_t now)
{
	struct resource *r;

	if (!make_room(b))
		return NULL;
	r = xcalloc(1, sizeof(*r));
	r->full = xasprintf("%s/%s", b->jid, resource);
	r->since = now;
	r->next = b->resources;
	b->resources = r;
	return r;
}

static void set_broker(struct buddy *b, struct resource *r, const char *device, uint64_t now)
{
	forget_away(b, device, r->full);
	b->appeared++;
	r->broker = true;
	memcpy(r->device, device, sizeof(r->device));
	r->since = now;
}

enum presence_change presence_available(struct presence *p, const char *full, const char *device,
					uint64_t now, struct resource **resource)
{
	bool broker = device && device_id_valid(device);
	struct resource *r;
	struct buddy *b;
	const char *name;

	*resource = NULL;
	b = buddy_of(p, full, &name);
	if (!b)
		return PRESENCE_SAME;
	r = *resource_at(b, name);
	if (!r) {
		r = add_resource(b, name, now);
		if (!r)
			return PRESENCE_SAME;
		*resource = r;
		if (!broker) {
			/* Another program is there now: who looks for the broker finds none. */
			forget_away(b, NULL, r->full);
			return PRESENCE_OTHER;
		}
	}
	*resource = r;
	if (!broker) {
		if (!r->broker)
			return PRESENCE_SAME;
		r->broker = false;
		/* The device goes on with its newer resource, if there is one. */
		return device_of(b, r->device) ? PRESENCE_OTHER : PRESENCE_GONE;
	}
	/*
	 * The presence answers an earlier ping; and the broker may be another process that
	 * speaks another protocol.
	 */
	r->asked = false;
	r->protocol = 0;
	if (r->broker && !strcmp(r->device, device))
		return PRESENCE_AGAIN;
	set_broker(b, r, device, now);
	return PRESENCE_APPEARED;
}

static struct resource *find_away(const struct presence *p, const char *full)
{
	const char *name;
	struct buddy *b = buddy_of(p, full, &name);
	struct resource *r = b ? b->away : NULL;

	while (r && strcmp(jid_resource(r->full), name))
		r = r->next;
	return r;
}

enum presence_change presence_denied(struct presence *p, const char *full, char *gone_device)
{
	const struct resource *seen = presence_full(p, full);
	enum presence_change change = PRESENCE_SAME;
	struct resource *r;
	const char *name;

	if (seen && seen->broker && seen->asked) {
		change = presence_unavailable(p, full, seen->since, gone_device);
		/* The resource was a ghost, and hid the other one of the device. */
		if (change == PRESENCE_OTHER)
			buddy_of(p, full, &name)->appeared++;
	}
	r = find_away(p, full);
	if (r)
		r->denied = true;
	return change;
}

void presence_expect(struct presence *p, const char *bare, const char *device)
{
	struct buddy *b = presence_buddy(p, bare);
	struct resource **at, *r;
	unsigned count = 0;

	if (!b || !b->in_roster || !device_id_valid(device) || presence_where(p, bare, device))
		return;
	for (at = &b->away; *at; at = &(*at)->next)
		count++;
	if (count == AWAY_PER_BUDDY)
		return;
	r = xcalloc(1, sizeof(*r));
	r->full = xasprintf("%s/git.%s", b->jid, device);
	r->broker = r->denied = true;
	memcpy(r->device, device, sizeof(r->device));
	*at = r;
}

enum presence_change presence_answered(struct presence *p, const char *full, uint64_t now,
				       struct resource **resource)
{
	char device[DEVICE_ID_LEN + 1];
	struct resource *r = find_away(p, full);

	*resource = NULL;
	if (!r)
		return PRESENCE_SAME;
	memcpy(device, r->device, sizeof(device));
	return presence_available(p, full, device, now, resource);
}

enum presence_change presence_unavailable(struct presence *p, const char *full, uint64_t now,
					  char *gone_device)
{
	const char *name;
	char device[DEVICE_ID_LEN + 1];
	struct resource **at;
	struct buddy *b = buddy_of(p, full, &name);
	bool broker;

	if (!b)
		return PRESENCE_SAME;
	at = resource_at(b, name);
	if (!*at)
		return PRESENCE_SAME;
	broker = (*at)->broker;
	memcpy(device, (*at)->device, sizeof(device));
	take_out(b, at);
	if (!b->resources)
		b->last_seen = now;
	if (!broker || device_of(b, device))
		return PRESENCE_OTHER;
	memcpy(gone_device, device, sizeof(device));
	return PRESENCE_GONE;
}

/* A key is a normalised JID, so a JID that is a key already is not normalised again. */
struct buddy *presence_buddy(const struct presence *p, const char *bare)
{
	struct buddy *b = find(p, bare);
	char jid[JID_MAX];

	if (!b && jid_bare(bare, jid))
		b = find(p, jid);
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

struct resource *presence_device(const struct presence *p, const char *bare, const char *device)
{
	struct buddy *b = presence_buddy(p, bare);

	return b ? device_of(b, device) : NULL;
}

struct resource *presence_full(const struct presence *p, const char *full)
{
	const char *name;
	struct buddy *b = buddy_of(p, full, &name);

	return b ? *resource_at(b, name) : NULL;
}

struct resource *presence_known(const struct presence *p, const char *full)
{
	struct resource *r = presence_full(p, full);

	return r ? r : find_away(p, full);
}

const char *presence_where(const struct presence *p, const char *bare, const char *device)
{
	const struct buddy *b = presence_buddy(p, bare);
	const struct resource *r = b ? device_of(b, device) : NULL;

	for (const struct resource *a = b ? b->away : NULL; a && !r; a = a->next)
		if (!strcmp(a->device, device))
			r = a;
	return r ? r->full : NULL;
}

void presence_other_protocol(struct presence *p, const char *bare, const char *device,
			     uint64_t protocol, uint64_t now)
{
	struct resource *r = presence_device(p, bare, device);

	log_about(bare, LOG_WARNING, "%s/%s: speaks protocol %" PRIu64 ", this side protocol %d",
		  bare, device, protocol, LINK_PROTOCOL);
	if (!r)
		return;
	r->protocol = protocol;
	r->protocol_at = now;
}

void presence_our_protocol(struct presence *p, const char *bare, const char *device)
{
	struct resource *r = presence_device(p, bare, device);

	if (r)
		r->protocol = 0;
}

uint64_t resource_protocol(const struct resource *r, uint64_t now)
{
	return now < r->protocol_at + LINK_VERSION_KEPT ? r->protocol : 0;
}

uint64_t buddy_protocol(const struct buddy *b, uint64_t now)
{
	uint64_t protocol = 0;

	for (const struct resource *r = b->resources; r && !protocol; r = r->next)
		protocol = r->broker ? resource_protocol(r, now) : 0;
	return protocol;
}
