/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Punching, in the place of daemon/transport/puncher.c: the machine of punch.h, and wires where
 * the two networks let such connections through. Packets are in punching.c; here it is about
 * links that move onto such a path, and about records that are lost with theirs.
 */
#include "sim.h"

#include <stdio.h>
#include <string.h>

#include "hex.h"

enum { STEP = PUNCH_ADDRESSES_MAX };	/* the argument of an event that is no slot's */

static struct world *world_of(const struct puncher *p)
{
	return p->broker->world;
}

static void plan(struct puncher *p, uint64_t delay, unsigned arg)
{
	struct world *w = world_of(p);

	event_add(w, delay, EVENT_PUNCH, (uint32_t)(p - w->punchers), p->generation, arg);
}

static void set_timer(struct puncher *p)
{
	uint64_t now = world_of(p)->now, at = punch_deadline(&p->machine);

	if (at == UINT64_MAX || (p->planned > now && p->planned <= at))
		return;
	p->planned = at > now ? at : now + 1;
	plan(p, p->planned - now, STEP);
}

static void release(struct puncher *p)
{
	p->used = false;
	p->generation++;
	if (p->wire)
		p->wire->puncher = NULL;
	p->wire = NULL;
}

/* Two behind one NAT tell the same address, and the ports that it has given them. */
static void tell_device(struct puncher *p, struct punch_record *record, enum punch_step step)
{
	unsigned us = p->broker->index;
	bool one = networks_are_one(world_of(p), us, p->other->index);

	record->step = step;
	memcpy(record->pass.token, p->sid, sizeof(p->sid));
	record->n = step == PUNCH_FAILED ? 0 : 1;
	netaddr_parse("8.8.8.8:5000", &record->addresses[0]);
	record->addresses[0].ip[3] = (uint8_t)(1 + (one ? 0 : us));
	record->addresses[0].port += one ? us : 0;
	p->events->send(p->owner, record);
}

static void on_connect(void *owner, unsigned slot, const struct netaddr *to)
{
	struct puncher *p = owner;

	plan(p, between(world_of(p), 1, 2 * world_of(p)->swarm.delay_max), slot);
}

static void on_drop(void *owner, unsigned slot)
{
	struct puncher *p = owner;
	struct wire *wire = p->wire;

	if (!wire || p->slot != slot)
		return;
	p->wire = NULL;
	wire->puncher = NULL;
	path_close(&wire->end[0].path);
}

static void on_failed(void *owner, const char *why, bool tell)
{
	struct puncher *p = owner;
	struct punch_record record = { .reason = "timeout" };
	const struct puncher_events *events = p->events;
	void *above = p->owner;

	release(p);
	if (tell)
		tell_device(p, &record, PUNCH_FAILED);
	events->failed(above, why);
}

static void on_tell(void *owner)
{
	struct puncher *p = owner;
	struct punch_record record = { 0 };

	tell_device(p, &record, p->client ? PUNCH_OFFER : PUNCH_READY);
}

static const struct punch_events machine_events = {
	.tell = on_tell,
	.connect = on_connect,
	.drop = on_drop,
	.failed = on_failed,
};

/* The device's side of the same attempt; or NULL. */
static struct puncher *counterpart(const struct puncher *p)
{
	struct world *w = world_of(p);

	for (unsigned i = 0; i < w->punchers_used; i++) {
		struct puncher *o = &w->punchers[i];

		if (o->used && o->broker == p->other && o->other == p->broker &&
		    o->client != p->client && !strcmp(o->sid, p->sid))
			return o;
	}
	return NULL;
}

/* Side 1 has proven the pass, and then side 0. */

static void on_punched(void *owner, const unsigned char *fp)
{
	struct puncher *p = owner;
	struct path *path = &p->wire->end[0].path;
	const struct puncher_events *events = p->events;
	void *above = p->owner;

	punch_proven(&p->machine, p->slot);
	release(p);
	events->reached(above, path, fp, true);
}

static void refuse(struct puncher *p, unsigned slot)
{
	punch_refused(&p->machine, slot, draw(world_of(p)), world_of(p)->now);
	if (p->used)
		set_timer(p);
}

static void on_lost(void *owner, const char *why)
{
	struct puncher *p = owner, *o = counterpart(p);

	p->wire = NULL;
	if (o && o->machine.slots[o->slot].state == PUNCH_PROVING)
		refuse(o, o->slot);
	refuse(p, p->slot);
}

static void on_plain(void *owner, struct buf *plain)
{
	buf_reset(plain);
}

static const struct path_events punched_events = {
	.established = on_punched,
	.plain = on_plain,
	.closed = on_lost,
};

/* Whether what the two send crosses now. */
static bool passes(const struct world *w, unsigned us, unsigned them)
{
	return w->punches[us][them] && !w->parted[us][them];
}

bool punch_arrives(struct wire *wire)
{
	struct puncher *there = counterpart(wire->puncher);
	const struct puncher_events *events;
	struct broker *b;
	void *owner;

	/* Neither has moved into another network on the way. */
	if (!there || there->machine.state == PUNCH_OVER ||
	    there->machine.slots[there->slot].state != PUNCH_PROVING ||
	    !passes(world_of(there), there->broker->index, there->other->index))
		return false;
	b = there->broker;
	events = there->events;
	owner = there->owner;
	punch_proven(&there->machine, there->slot);
	release(there);
	end_begin(wire, 1, &raw_events, b)->up = true;
	events->reached(owner, &wire->end[1].path, wire->end[0].broker->fp, false);
	return true;
}

static bool is_connecting(const struct puncher *p, unsigned slot)
{
	return p->machine.state == PUNCH_DIALLING && slot < p->machine.n &&
	       p->machine.slots[slot].state == PUNCH_CONNECTING;
}

/* What this slot began has crossed what slot 0 of the other side began. */
static void cross(struct puncher *client, unsigned slot, struct puncher *server, unsigned there)
{
	struct world *w = world_of(client);
	struct wire *wire = wire_open(client->broker, server->broker, PATH_DIRECT, 0);

	if (!wire)
		return;
	w->stats->met[MET_HAIRPIN] +=
		networks_are_one(w, client->broker->index, server->broker->index);
	client->wire = wire;
	client->slot = slot;
	server->slot = there;
	wire->puncher = client;
	punch_connected(&client->machine, slot);
	punch_connected(&server->machine, there);
	end_begin(wire, 0, &punched_events, client);
	event_add(w, between(w, 1, w->swarm.delay_max) + between(w, 1, w->swarm.delay_max),
		  EVENT_ESTABLISHED, (uint32_t)(wire - w->wires), wire->generation, 0);
}

static void crosses(struct puncher *p, unsigned slot)
{
	struct world *w = world_of(p);
	unsigned us = p->broker->index, them = p->other->index;
	struct puncher *o = counterpart(p);

	if (!passes(w, us, them) || !o || !is_connecting(o, 0)) {
		if (chance(w, 500))
			refuse(p, slot);
		else
			plan(p, between(w, 50, 1000), slot);
	} else if (p->client) {
		cross(p, slot, o, 0);
	} else {
		cross(o, 0, p, slot);
	}
}

void punch_event(struct puncher *p, unsigned arg)
{
	if (arg != STEP) {
		if (is_connecting(p, arg))
			crosses(p, arg);
		return;
	}
	p->planned = 0;
	punch_step(&p->machine, world_of(p)->now);
	if (p->used)
		set_timer(p);
}

void punch_lost(struct wire *wire)
{
	if (wire->puncher)
		wire->puncher->wire = NULL;
	wire->puncher = NULL;
}

static struct puncher *add(struct broker *b, struct broker *other,
			   const struct puncher_events *events, void *owner)
{
	struct world *w = b->world;
	struct puncher *p = w->punchers;
	uint32_t generation;

	while (p < w->punchers + w->punchers_used && p->used)
		p++;
	if (p == w->punchers + PUNCHERS_MAX)
		violation(w, "%s: too many attempts to punch", b->name);
	w->punchers_used += p == w->punchers + w->punchers_used;
	generation = p->generation;
	*p = (struct puncher){
		.used = true,
		.generation = generation,
		.broker = b,
		.other = other,
		.events = events,
		.owner = owner,
	};
	return p;
}

struct puncher *punch_begin(struct broker *b, struct broker *other,
			    const struct punch_record *offer, const struct puncher_events *events,
			    void *owner)
{
	struct puncher *p = add(b, other, events, owner);
	uint8_t random[PASS_TOKEN_BYTES];

	p->client = !offer;
	if (p->client) {
		draw_id(b->world, random, sizeof(random));
		hex_encode(random, sizeof(random), p->sid);
		punch_offer(&p->machine, &machine_events, p, false, b->world->now);
	} else {
		memcpy(p->sid, offer->pass.token, sizeof(p->sid));
		if (!punch_answer(&p->machine, &machine_events, p, false, offer, b->world->now)) {
			release(p);
			return NULL;
		}
	}
	/* One in four asks somebody who does not answer how its port is seen. */
	if (chance(b->world, 250))
		punch_wait(&p->machine, b->world->now);
	else
		on_tell(p);
	set_timer(p);
	return p;
}

void punch_record_arrives(struct puncher *p, const struct punch_record *record)
{
	punch_hear(&p->machine, record, world_of(p)->now);
	if (p->used)
		set_timer(p);
}

void punch_given_up(struct puncher *p)
{
	punch_end(&p->machine);
	release(p);
}

const char *punch_sid_of(const struct peer *peer)
{
	const struct world *w = broker_of(peer)->world;

	for (unsigned i = 0; i < w->punchers_used; i++)
		if (w->punchers[i].used && w->punchers[i].broker == broker_of(peer) &&
		    w->punchers[i].other == other_of(peer))
			return w->punchers[i].sid;
	return NULL;
}
