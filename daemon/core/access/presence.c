/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The resources of buddies, a short list each.
 *
 * What can go wrong: a connection that died leaves a ghost of its resource on the server
 * for minutes, and the device comes back under another resource. Then the newer resource
 * is the device, and the end of the ghost is not the end of the device.
 */
#include "presence-internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "jid.h"
#include "log.h"

enum { RESOURCE_MAX = 1023 };

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
		presence_remove_resource(at);
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
			presence_free_resources(&(*at)->next);
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

/* The buddy of a full JID and where its resource begins; NULL for strangers and bare JIDs. */
static struct buddy *buddy_of(const struct presence *p, const char *full, const char **resource)
{
	char jid[JID_MAX];
	struct buddy *b;

	*resource = jid_resource(full);
	if (!*resource || !**resource || strlen(*resource) > RESOURCE_MAX ||
	    !jid_bare_of(full, jid))
		return NULL;
	b = presence_find(p, jid);
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
	presence_remove_resource(oldest);
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
