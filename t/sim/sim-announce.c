/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Announcements: the ledger of each broker is the real one; here is what tells for it, and what
 * hears. Each telling and each hearing is written down, for nothing may be
 * told twice, nothing forgotten, and nothing old may come after something new.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "fields.h"

static const struct announce_events announce_events;

static void touch(struct broker *b)
{
	b->announce_at = announce_deadline(b->announcements);
}

static unsigned share_index(const char *name)
{
	unsigned i = 0;

	while (strcmp(share_name(i), name))
		i++;
	return i;
}

static void read_refs(struct broker *b, unsigned share)
{
	struct buf tips = { 0 };

	fields_addf(&tips, "tip", "%040lx refs/heads/main", (unsigned long)b->refs[share]);
	announce_tips(b->announcements, share_name(share), buf_data(&tips), buf_len(&tips), b->world->now);
	buf_finish(&tips);
}

void announcer_start(struct broker *b)
{
	b->announce_at = UINT64_MAX;
	if (!b->world->swarm.announcements)
		return;
	b->announcements = announce_create(&announce_events, b);
	for (unsigned i = 0; i < SHARES; i++)
		if (b->refs[i])
			read_refs(b, i);
	touch(b);
}

void announcer_finish(struct broker *b)
{
	struct world *w = b->world;

	announce_destroy(b->announcements);
	b->announcements = NULL;
	b->announce_at = UINT64_MAX;
	for (unsigned i = 0; i < TELLS_MAX; i++) {
		if (!w->tells[i].used || w->tells[i].broker != b)
			continue;
		w->tells[i].used = false;
		w->tells[i].generation++;
	}
}

void announcer_moved(struct broker *b, unsigned share)
{
	b->refs[share]++;
	trace(b->world, "%s: the refs of '%s' are %lu", b->name, share_name(share), (unsigned long)b->refs[share]);
	if (!b->announcements)
		return;
	announce_moved(b->announcements, share_name(share), b->world->now);
	touch(b);
}

void announcer_device(struct broker *b, const struct broker *other, bool online)
{
	if (!b->announcements || b == other)
		return;
	if (online)
		announce_device_online(b->announcements, other->jid, other->device, b->world->now);
	else
		announce_device_offline(b->announcements, other->jid, other->device);
	touch(b);
}

/* The life in an instance of broker_instance(). */
static uint32_t life_of(const uint8_t instance[INSTANCE_BYTES])
{
	return get_be32(instance + 4);
}

void announcer_met(struct broker *b, const struct broker *other, const uint8_t instance[INSTANCE_BYTES])
{
	if (!b->announcements)
		return;
	b->met[other->index] = life_of(instance);
	/* A hostile one may say that it is another one, and then itself again. */
	for (unsigned s = 0; s < SHARES; s++)
		if (b->told[other->index][s].to_life != b->met[other->index])
			b->told[other->index][s].to_life = 0;
	announce_met(b->announcements, other->jid, other->device, instance, b->world->now);
	touch(b);
}

void announcer_lost(struct broker *b, const struct broker *other)
{
	if (b->announcements && b->running)
		event_add(b->world, 0, EVENT_LOOK, b->index, b->life, other->index);
}

void announcer_looks(struct broker *b, struct broker *other)
{
	const struct peer *p = peer_with(b, other);

	if (!b->announcements)
		return;
	if (p && p->link.state == LINK_UP) {
		announcer_met(b, other, p->link.peer_instance);
		return;
	}
	announce_lost(b->announcements, other->jid, other->device, b->world->now);
	touch(b);
}

void announcer_review(struct broker *b)
{
	if (!b->announcements)
		return;
	announce_review(b->announcements, b->world->now);
	touch(b);
}

void announcer_tick(struct broker *b)
{
	announce_tick(b->announcements, b->world->now);
	touch(b);
}

static bool permitted(const struct broker *b, const struct broker *to, unsigned share)
{
	return b->trusts[to->index] && (b->account == to->account || b->may_push[share][to->index] ||
					b->may_fetch[share][to->index]);
}

static bool on_permitted(void *owner, const char *jid, const char *device, const char *share)
{
	struct broker *b = owner;

	return permitted(b, device_find(b->world, device), share_index(share));
}

static void on_read(void *owner, const char *share)
{
	read_refs(owner, share_index(share));
}

static void forget(struct world *w, struct tell *t)
{
	t->used = false;
	t->generation++;
}

static void on_seen(void *owner)
{
	struct tell *t = owner;
	struct broker *b = t->broker;
	struct telling_count *c = &b->told[t->to->index][t->share];

	if (!t->used)
		violation(b->world, "%s: an announcement ends twice", b->name);
	if (c->version == t->version)
		c->to_life = life_of(t->peer->link.peer_instance);
	b->world->stats->announcements++;
	forget(b->world, t);
	announce_told(b->announcements, t->to->jid, t->to->device, share_name(t->share), t->version,
		      t->peer->link.peer_instance, b->world->now);
	touch(b);
}

/*
 * Said in an event of its own: not within tell(), and not while a peer ends because its device
 * restarted, for then the ledger does not know that yet, and would tell the new process twice.
 */
static void fail_soon(struct tell *t)
{
	struct world *w = t->broker->world;

	event_add(w, 0, EVENT_TELL_FAILED, (uint32_t)(t - w->tells), t->generation, 0);
}

void tell_failed(struct world *w, struct tell *t)
{
	struct broker *b = t->broker;

	forget(w, t);
	announce_failed(b->announcements, t->to->jid, t->to->device, share_name(t->share), t->version, w->now);
	touch(b);
}

static void on_refused(void *owner, struct negotiation *neg, const char *reason)
{
	struct tell *t = owner;

	if (!t->used)
		violation(t->broker->world, "%s: an announcement ends twice", t->broker->name);
	trace(t->broker->world, "%s: could not tell %s: %s", t->broker->name, t->to->name, reason);
	fail_soon(t);
}

static void on_wanted(void *owner, struct negotiation *neg)
{
	struct tell *t = owner;

	violation(t->broker->world, "%s: an announcement is wanted", t->broker->name);
}

static void on_waiting(void *owner, struct negotiation *neg, const char *state)
{
}

static void on_open(void *owner, struct negotiation *neg, struct channel *channel)
{
	on_wanted(owner, neg);
}

static const struct request_events request_events = {
	.wanted = on_wanted,
	.waiting = on_waiting,
	.open = on_open,
	.seen = on_seen,
	.refused = on_refused,
};

static struct tell *add(struct broker *b, struct broker *to, unsigned share, uint64_t version)
{
	struct world *w = b->world;

	for (unsigned i = 0; i < TELLS_MAX; i++) {
		struct tell *t = &w->tells[i];

		if (t->used) {
			if (t->broker == b && t->to == to)
				violation(w, "%s: tells %s two things at once", b->name, to->name);
			continue;
		}
		*t = (struct tell){
			.used = true, .generation = t->generation, .broker = b, .to = to,
			.share = share, .version = version,
		};
		return t;
	}
	violation(w, "%s: too many tellings under way", b->name);
}

static void count_telling(struct broker *b, struct broker *to, unsigned share, uint64_t version)
{
	struct telling_count *c = &b->told[to->index][share];

	if (!presence_device(b->presence, to->jid, to->device))
		violation(b->world, "%s: tells %s, which is not online", b->name, to->name);
	if (version < c->version && c->by_life == b->life)
		violation(b->world, "%s: tells %s something older", b->name, to->name);
	if (c->version != version || c->by_life != b->life)
		*c = (struct telling_count){ .version = version, .by_life = b->life, .heard = c->heard,
			.heard_life = c->heard_life, .heard_by = c->heard_by, .hearings = c->hearings, .refs = c->refs };
	else if (c->to_life && c->to_life == b->met[to->index])
		violation(b->world, "%s: tells %s the same twice", b->name, to->name);
	c->tells++;
}

static void on_tell(void *owner, const char *jid, const char *device, const char *share,
		    uint64_t version, const void *tips, size_t len)
{
	struct broker *b = owner;
	struct broker *to = device_find(b->world, device);
	struct tell *t = add(b, to, share_index(share), version);
	struct buf fields = { 0 };
	struct negotiation *neg = NULL;
	uint8_t id[NEG_ID_BYTES];
	struct peer *p;

	count_telling(b, to, t->share, version);
	fields_add_u64(&fields, "version", version);
	buf_append(&fields, tips, len);
	p = peer_wanted(b, to);
	t->peer = p;
	draw_id(b->world, id, sizeof(id));
	if (p)
		neg = neg_announce(&p->negotiations, id, share, buf_data(&fields), buf_len(&fields),
				   &request_events, t, b->world->now);
	if (neg)
		peer_touch(p);
	else
		fail_soon(t);
	buf_finish(&fields);
}

static void on_meet(void *owner, const char *jid, const char *device)
{
	struct broker *b = owner, *other = device_find(b->world, device);
	const struct peer *p = peer_wanted(b, other);

	if (!p || p->link.state == LINK_UP)
		announcer_lost(b, other);
}

static const struct announce_events announce_events = {
	.permitted = on_permitted,
	.meet = on_meet,
	.tell = on_tell,
	.read = on_read,
};

/* Hearing */

void announcement_heard(struct peer *p, const char *name, struct fields f)
{
	struct broker *b = broker_of(p), *by = other_of(p);
	uint64_t version = fields_get_u64(f, "version", 0);
	const char *tip = fields_get(f, "tip");
	struct telling_count *c;
	unsigned share;

	if (by->hostile || !version || !tip)
		return;
	share = share_index(name);
	c = &by->told[b->index][share];
	if (c->heard_life != b->life || c->heard_by != by->life) {
		c->heard_life = b->life;
		c->heard_by = by->life;
		c->heard = 0;
		c->hearings = 0;
	}
	if (!permitted(by, b, share))
		violation(b->world, "%s: hears of '%s' and may not", b->name, name);
	if (version < c->heard)
		violation(b->world, "%s: hears something old from %s", b->name, by->name);
	c->hearings = version == c->heard ? c->hearings + 1 : 1;
	c->heard = version;
	c->refs = strtoul(tip, NULL, 16);
	if (version == c->version && c->hearings > c->tells)
		violation(b->world, "%s: hears of '%s' once too often", b->name, name);
	trace(b->world, "%s: hears that '%s' of %s is %lu", b->name, name, by->name, (unsigned long)c->refs);
	follower_heard(b, by->index, share, f);
}
