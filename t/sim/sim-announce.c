/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Announcements. Each broker has the shipped announcer. This file has the refs that move,
 * how they are read, and observers of each announcement sent and received: none may be made
 * twice or forgotten, and none may be older than one before it.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "fields.h"

enum { READING = 50 };			/* ms at most to read the refs */

struct refwatch {
	struct refwatch *next;		/* broker::watches */
	uint32_t id;
	unsigned share;
	announcer_moved_fn *moved;
	void *owner;
};

struct refs_read {
	struct refs_read *next;		/* broker::reads */
	uint32_t id;
	unsigned share;
	announcer_tips_fn *done;
	void *owner;
};

static unsigned share_index(const char *name)
{
	unsigned i = 0;

	while (strcmp(share_name(i), name))
		i++;
	return i;
}

const char share_names[SHARES][SHARE_NAME_ROOM] = { "project", "notes" };

const char *share_name(unsigned share)
{
	return share_names[share];
}

const char *share_path(unsigned share)
{
	return share ? "/notes" : "/project";
}

static unsigned share_at(const char *path)
{
	return strcmp(path, share_path(0)) ? 1 : 0;
}

/*
 * Plans the event of a watch or a read, under a number. The event finds it by the number, or
 * finds that it was cancelled.
 */
static uint32_t plan(struct broker *b, uint64_t delay)
{
	uint32_t id = ++b->refs_steps;

	event_add(b->world, delay, EVENT_REFS, b->index, b->life, id);
	return id;
}

static struct refwatch *on_watch(void *arg, const char *path, announcer_moved_fn *moved,
				 void *owner)
{
	struct broker *b = arg;
	struct refwatch *watch = xcalloc(1, sizeof(*watch));

	watch->share = share_at(path);
	watch->moved = moved;
	watch->owner = owner;
	/* An empty repository has no refs to announce. */
	if (b->refs[watch->share])
		watch->id = plan(b, 0);
	watch->next = b->watches;
	b->watches = watch;
	return watch;
}

static void on_unwatch(void *arg, struct refwatch *watch)
{
	struct broker *b = arg;
	struct refwatch **at = &b->watches;

	while (*at != watch)
		at = &(*at)->next;
	*at = watch->next;
	free(watch);
}

static struct refs_read *on_read(void *arg, const char *path, announcer_tips_fn *done,
				 void *owner)
{
	struct broker *b = arg;
	struct refs_read *read = xcalloc(1, sizeof(*read));

	read->share = share_at(path);
	read->done = done;
	read->owner = owner;
	read->id = plan(b, between(b->world, 1, READING));
	read->next = b->reads;
	b->reads = read;
	return read;
}

static void on_cancel(void *arg, struct refs_read *read)
{
	struct broker *b = arg;
	struct refs_read **at = &b->reads;

	while (*at != read)
		at = &(*at)->next;
	*at = read->next;
	free(read);
}

static const struct announcer_ops announcer_ops = {
	.watch = on_watch,
	.unwatch = on_unwatch,
	.read = on_read,
	.cancel = on_cancel,
};

/* Reports the refs. Their version is how often they have moved. */
static void read_refs(struct broker *b, struct refs_read *read)
{
	struct refs_read r = *read;
	struct buf tips = { 0 };

	on_cancel(b, read);
	fields_add_u64(&tips, "version", b->refs[r.share]);
	fields_addf(&tips, "tip", "%040lx refs/heads/main", (unsigned long)b->refs[r.share]);
	r.done(r.owner, buf_data(&tips), buf_len(&tips), NULL);
	buf_finish(&tips);
}

void refs_step(struct broker *b, uint64_t arg)
{
	for (const struct refwatch *watch = b->watches; watch; watch = watch->next) {
		if (watch->id != arg)
			continue;
		watch->moved(watch->owner);
		return;
	}
	for (struct refs_read *read = b->reads; read; read = read->next) {
		if (read->id != arg)
			continue;
		read_refs(b, read);
		return;
	}
}

void announcer_moved(struct broker *b, unsigned share)
{
	b->refs[share]++;
	trace(b->world, "%s: the refs of '%s' are %lu", b->name, share_name(share),
	      (unsigned long)b->refs[share]);
	for (const struct refwatch *watch = b->watches; watch; watch = watch->next) {
		if (watch->share != share)
			continue;
		watch->moved(watch->owner);
		return;
	}
}

void announcer_start(struct broker *b)
{
	if (b->world->swarm.announcements)
		b->announcer = announcer_create(&b->context, &b->peers, &announcer_ops, b);
}

static void forget(struct tell *t)
{
	t->used = false;
}

void announcer_finish(struct broker *b)
{
	struct world *w = b->world;

	announcer_destroy(b->announcer);
	b->announcer = NULL;
	if (b->watches || b->reads)
		violation(w, "%s: its announcer left something open", b->name);
	for (unsigned i = 0; i < w->tells_used; i++)
		if (w->tells[i].used && w->tells[i].broker == b)
			forget(&w->tells[i]);
}

bool announcer_rests(const struct broker *b)
{
	return !b->announcer ||
	       (!b->reads && !announcer_waiting(b->announcer) &&
		broker_deadline(b, b->announcer) > b->world->now + ANNOUNCE_DEBOUNCE_MAX);
}

void announcer_device(struct broker *b, const struct broker *other, bool online)
{
	if (b == other)
		return;
	if (online)
		announcer_device_online(b->announcer, other->jid, other->device);
	else
		announcer_device_offline(b->announcer, other->jid, other->device);
}

/* The life in an instance that broker_instance() made. */
static uint32_t life_of(const uint8_t instance[INSTANCE_BYTES])
{
	return get_be32(instance + 4);
}

void announcement_met(struct broker *b, const struct broker *other,
		      const uint8_t instance[INSTANCE_BYTES])
{
	if (!b->announcer)
		return;
	b->met[other->index] = life_of(instance);
	/* A hostile device may present another instance, and later its own again. */
	for (unsigned s = 0; s < SHARES; s++)
		if (b->told[other->index][s].to_life != b->met[other->index])
			b->told[other->index][s].to_life = 0;
}

static bool permitted(const struct broker *b, const struct broker *to, unsigned share)
{
	return b->trusts[to->index] &&
	       (b->account == to->account || b->may_push[share][to->index] ||
		b->may_fetch[share][to->index]);
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
	forget(t);
	t->events->seen(t->owner);
}

static void on_refused(void *owner, struct negotiation *neg, const char *reason)
{
	struct tell *t = owner;

	if (!t->used)
		violation(t->broker->world, "%s: an announcement ends twice", t->broker->name);
	trace(t->broker->world, "%s: could not tell %s: %s", t->broker->name, t->to->name, reason);
	forget(t);
	t->events->refused(t->owner, neg, reason);
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

static const struct initiator_events initiator_events = {
	.wanted = on_wanted,
	.waiting = on_waiting,
	.open = on_open,
	.seen = on_seen,
	.refused = on_refused,
};

static struct tell *add(struct broker *b, struct broker *to, unsigned share, uint64_t version)
{
	struct world *w = b->world;
	struct tell *place = NULL;

	for (unsigned i = 0; i < w->tells_used; i++) {
		struct tell *t = &w->tells[i];

		if (t->used && t->broker == b && t->to == to)
			violation(w, "%s: tells %s two things at once", b->name, to->name);
		if (!t->used && !place)
			place = t;
	}
	if (!place && w->tells_used < TELLS_MAX)
		place = &w->tells[w->tells_used++];
	if (!place)
		violation(w, "%s: too many tellings under way", b->name);
	*place = (struct tell){
		.used = true, .broker = b, .to = to, .share = share, .version = version,
	};
	return place;
}

static void count_telling(struct broker *b, struct broker *to, unsigned share, uint64_t version)
{
	struct telling_count *c = &b->told[to->index][share];

	if (!permitted(b, to, share))
		violation(b->world, "%s: tells %s of '%s', who may not know", b->name, to->name,
			  share_name(share));
	if (!presence_device(b->presence, to->jid, to->device))
		violation(b->world, "%s: tells %s, which is not online", b->name, to->name);
	if (version < c->version && c->by_life == b->life)
		violation(b->world, "%s: tells %s something older", b->name, to->name);
	if (c->version != version || c->by_life != b->life)
		*c = (struct telling_count){
			.version = version,
			.by_life = b->life,
			.heard = c->heard,
			.heard_life = c->heard_life,
			.heard_by = c->heard_by,
			.hearings = c->hearings,
			.refs = c->refs,
		};
	else if (c->to_life && c->to_life == b->met[to->index])
		violation(b->world, "%s: tells %s the same twice", b->name, to->name);
	c->tells++;
}

/* An observer between announcers and their peers. */
static struct negotiation *on_announce(struct peer *p, const uint8_t id[NEG_ID_BYTES],
				       const char *share, const void *tips, size_t len,
				       const struct initiator_events *events, void *owner)
{
	struct broker *b = broker_of(p), *to = other_of(p);
	uint64_t version = fields_get_u64((struct fields){ tips, len }, "version", 0);
	struct tell *t = add(b, to, share_index(share), version);
	struct negotiation *neg;

	count_telling(b, to, t->share, version);
	t->peer = p;
	t->events = events;
	t->owner = owner;
	neg = peers_ops.announce(p, id, share, tips, len, &initiator_events, t);
	if (!neg)
		forget(t);
	return neg;
}

void announcer_look_on(struct peers *peers)
{
	static struct peers_ops looked_at;

	looked_at = peers_ops;
	looked_at.announce = on_announce;
	peers->ops = &looked_at;
}

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
	/* It may have been said before a user took the right away; check_trust() looks there. */
	if (!permitted(by, b, share) && !b->world->swarm.trust_events)
		violation(b->world, "%s: hears of '%s' and may not", b->name, name);
	if (version < c->heard)
		violation(b->world, "%s: hears something old from %s", b->name, by->name);
	/*
	 * It may end its link unknown to the other side, which then says anew what was ahead of its
	 * own link: that is one telling, heard on two links.
	 */
	if (version != c->heard)
		c->hearings = 1;
	else if (note_of(p)->first_up <= c->heard_at)
		c->hearings++;
	c->heard = version;
	c->heard_at = b->world->now;
	c->refs = strtoul(tip, NULL, 16);
	if (version == c->version && c->hearings > c->tells)
		violation(b->world, "%s: hears of '%s' once too often", b->name, name);
	trace(b->world, "%s: hears that '%s' of %s is %lu", b->name, name, by->name,
	      (unsigned long)c->refs);
	follower_heard(b, by->index, share, f);
}
