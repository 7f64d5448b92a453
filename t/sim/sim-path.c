/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Paths of all kinds: bytes in blocks, in order, each with its own delay, a bounded number of them in flight, as in-band
 * bytestreams are. One that is lost takes what is in flight with it, and its ends learn of it
 * each in its own time, or only by silence. A close comes behind what was said before it.
 */
#include "sim.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

enum {
	FAR = 30 * 1000,		/* silence of a path that is noticed below the link */
	HANDSHAKE = 10 * 1000,
	CONNECT = 5 * 1000,
};

struct wire *wire_of(const struct world *w, const struct wire_end *end)
{
	size_t at = (const char *)end - (const char *)w->wires;

	return (struct wire *)&w->wires[at / sizeof(struct wire)];
}

static unsigned side_of(const struct wire *wire, const struct wire_end *end)
{
	return end == &wire->end[1];
}

static uint32_t slot_of(const struct world *w, const struct wire *wire)
{
	return (uint32_t)(wire - w->wires);
}

static struct wire *add(struct world *w)
{
	for (unsigned i = 0; i < WIRES_MAX; i++) {
		struct wire *wire = &w->wires[i];

		if (wire->used)
			continue;
		wire->used = true;
		wire->up = wire->dead = wire->raw = wire->silent = false;
		wire->relay = NULL;
		wire->hole = -1;
		return wire;
	}
	return NULL;
}

static void release(struct wire *wire)
{
	wire->used = false;
	wire->generation++;
	for (unsigned i = 0; i < 2; i++) {
		struct wire_end *e = &wire->end[i];

		buf_finish(&e->plain);
		buf_finish(&e->out);
		buf_finish(&e->flight);
		*e = (struct wire_end){ .role = END_CLOSED };
	}
}

/* The end is its owner's no more. */
static void let_go(struct wire *wire, struct wire_end *end)
{
	end->role = END_CLOSED;
	end->peer = NULL;
	quota_leave(&end->place);
	if (wire->end[0].role == END_CLOSED && wire->end[1].role == END_CLOSED)
		release(wire);
}

/* Whom an end takes for the other one. */
static struct broker *other_of(const struct wire *wire, unsigned side)
{
	return wire->relay ? wire->relay : wire->end[!side].broker;
}

void path_keep(struct wire_end *end)
{
	struct wire *wire = wire_of(end->broker->world, end);

	if (!end->place.quota)
		return;
	end->place.unfinished = false;
	quota_trust(&end->place, other_of(wire, side_of(wire, end))->jid);
}

static bool trusts_any(const struct broker *b, const struct broker *other)
{
	for (unsigned i = 0; i < b->world->count; i++)
		if (b->trusts[i] && !strcmp(b->world->brokers[i].jid, other->jid))
			return true;
	return false;
}

static bool any_unfinished(const struct broker *b, const struct broker *other)
{
	for (unsigned i = 0; i < WIRES_MAX; i++) {
		const struct wire *wire = &b->world->wires[i];

		if (wire->used && wire->end[1].place.quota == &b->inbands && wire->end[1].place.unfinished &&
		    other_of(wire, 1) == other)
			return true;
	}
	return false;
}

/* daemon/inband.c: a place at this end for a path with the device at the other one; false if there is none. */
static bool take_place(struct wire *wire, unsigned side)
{
	struct wire_end *end = &wire->end[side];
	struct broker *b = end->broker, *other = other_of(wire, side);
	bool trusted = trusts_any(b, other);
	bool awaited = b->trusts[other->index] && (side == 0 || (peer_find(b, other) && !any_unfinished(b, other)));
	struct quota_place *victim;
	enum quota_verdict verdict = quota_ask(&b->inbands, other->jid, trusted, &victim);

	if (verdict == QUOTA_NO && awaited)
		verdict = quota_insist(&b->inbands, &victim);
	if (verdict == QUOTA_NO)
		return false;
	if (verdict == QUOTA_ROOM)
		path_close(b->world, (struct wire_end *)((char *)victim - offsetof(struct wire_end, place)));
	quota_take(&b->inbands, &end->place, other->jid, trusted);
	if (side == 0)
		end->place.unfinished = false;
	return true;
}

static struct wire *new_wire(struct broker *b, struct broker *to, enum path_kind kind, uint32_t target)
{
	struct wire *wire = add(b->world);

	if (!wire)
		return NULL;
	wire->kind = kind;
	wire->end[0].broker = b;
	wire->end[0].target = target;
	wire->end[1].broker = to;
	return wire;
}

static uint64_t round_trip(struct world *w)
{
	return between(w, 1, w->swarm.delay_max) + between(w, 1, w->swarm.delay_max);
}

static void plan_opening(struct world *w, struct wire *wire, enum event_kind kind, uint64_t delay)
{
	event_add(w, delay, kind, slot_of(w, wire), wire->generation, 0);
}

/* Who opened it to a hostile broker gets the device of a third person, who takes them for the hostile one. */
static void pass_on(struct world *w, struct wire *wire, struct broker *relay)
{
	struct broker *third = &w->brokers[below(w, w->count)];

	if (third == wire->end[0].broker || third->hostile || third->account == relay->account || !third->online)
		return;
	trace(w, "%s: passes a path of %s on to %s", relay->name, wire->end[0].broker->name, third->name);
	wire->relay = relay;
	wire->end[1].broker = third;
	wire->end[0].target = third->resource;
}

static struct wire *open_inband(struct broker *b, struct broker *to, uint32_t resource)
{
	struct world *w = b->world;
	struct wire *wire = new_wire(b, to, PATH_INBAND, resource);
	bool trouble = w->phase == PHASE_TROUBLE, silent, fails;

	if (!wire)
		return NULL;
	if (!b->hostile && !take_place(wire, 0)) {
		release(wire);
		return NULL;
	}
	if (to->hostile && chance(w, w->swarm.relays))
		pass_on(w, wire, to);
	silent = (trouble && chance(w, w->swarm.open_silent)) || w->parted[b->index][to->index];
	fails = trouble && chance(w, w->swarm.open_fails);
	if (silent || fails)
		harm(b, to);
	if (silent)
		plan_opening(w, wire, EVENT_CUT, HANDSHAKE);
	else
		plan_opening(w, wire, fails ? EVENT_CUT : EVENT_ESTABLISHED, round_trip(w));
	return wire;
}

static struct wire *open_direct(struct broker *b, struct broker *to, uint32_t port)
{
	struct world *w = b->world;
	struct wire *wire = new_wire(b, to, PATH_DIRECT, port);

	if (!wire)
		return NULL;
	switch (w->parted[b->index][to->index] ? DIAL_SILENT : w->dialling[b->index][to->index]) {
	case DIAL_HOLE:
		wire->hole = below(w, 8);
		/* fall through */
	case DIAL_WORKS:
		plan_opening(w, wire, EVENT_ESTABLISHED, round_trip(w));
		break;
	case DIAL_REFUSED:
		plan_opening(w, wire, EVENT_CUT, round_trip(w));
		break;
	case DIAL_SILENT:
		plan_opening(w, wire, EVENT_CUT, CONNECT);
		break;
	}
	return wire;
}

static struct wire_end *attempt(struct peer *p, struct wire *wire)
{
	if (!wire)
		return NULL;
	wire->end[0].role = END_ATTEMPT;
	wire->end[0].peer = p;
	return &wire->end[0];
}

struct wire_end *path_open(struct peer *p, enum path_kind kind, uint32_t target)
{
	return attempt(p, kind == PATH_DIRECT ? open_direct(p->broker, p->other, target) :
		       open_inband(p->broker, p->other, target));
}

struct wire_end *path_join(struct peer *p, struct broker *to)
{
	struct world *w = p->broker->world;
	struct wire *wire = new_wire(p->broker, to, PATH_PROXY, 0);

	if (wire && chance(w, w->swarm.holes))
		wire->hole = below(w, 8);
	if (wire)
		plan_opening(w, wire, EVENT_ESTABLISHED, round_trip(w));
	return attempt(p, wire);
}

void path_open_raw(struct broker *b, struct broker *to, bool silent)
{
	struct wire *wire = open_inband(b, to, to->shown_resource);

	if (!wire)
		return;
	wire->raw = true;
	wire->silent = silent;
	wire->end[0].role = END_GREETING;
}

static void deliver_at(struct world *w, struct wire *wire, unsigned side, uint64_t at)
{
	struct wire_end *end = &wire->end[side];

	end->last_at = at > end->last_at ? at : end->last_at;
	event_add(w, end->last_at - w->now, EVENT_ARRIVES, slot_of(w, wire), wire->generation, side);
}

static void enqueue(struct world *w, struct wire_end *end, uint32_t size)
{
	struct wire *wire = wire_of(w, end);
	unsigned side = side_of(wire, end);
	uint64_t at = w->now + between(w, 1, w->swarm.delay_max);
	bool burst;

	assert(end->count < FLOW_MAX);
	end->blocks[(end->first + end->count++) % FLOW_MAX] = size;
	if (wire->dead)
		return;
	/* The proxy passes on the rest of a burst when something comes after it. */
	burst = end->count > (end->held ? 2 : 1);
	if (end->held)
		deliver_at(w, wire, side, at);
	end->held = size && burst && wire->kind == PATH_PROXY && w->swarm.withholds;
	if (!end->held)
		deliver_at(w, wire, side, at);
}

static void send_block(struct world *w, struct wire_end *end, size_t n)
{
	buf_append(&end->flight, buf_data(&end->out), n);
	buf_consume(&end->out, n);
	enqueue(w, end, n);
}

static bool window_open(const struct world *w, const struct wire_end *end)
{
	return end->count < IBB_STANZAS_MAX && buf_len(&end->flight) < w->swarm.window;
}

static void pump(struct world *w, struct wire_end *end)
{
	end->kicked = false;
	while (end->role == END_PEER && window_open(w, end)) {
		uint32_t generation = wire_of(w, end)->generation;
		size_t n;

		if (!buf_len(&end->out)) {
			/* Not into the end itself, which may be closed inside. */
			buf_reset(&w->scratch);
			peer_path_fill(end->peer, &w->scratch, w->swarm.block);
			if (wire_of(w, end)->generation != generation || end->role != END_PEER)
				return;
			if (end->broker->hostile && w->swarm.mute)
				hostile_withholds(&w->scratch);
			buf_append(&end->out, buf_data(&w->scratch), buf_len(&w->scratch));
		}
		n = buf_len(&end->out);
		if (!n)
			return;
		send_block(w, end, n < w->swarm.block ? n : w->swarm.block);
	}
}

void path_kick(struct world *w, struct wire_end *end)
{
	if (!end->kicked)
		w->kicked++;
	end->kicked = true;
}

void paths_flush(struct world *w)
{
	while (w->kicked) {
		w->kicked = 0;
		for (unsigned i = 0; i < WIRES_MAX; i++) {
			for (unsigned side = 0; side < 2 && w->wires[i].used; side++)
				if (w->wires[i].end[side].kicked)
					pump(w, &w->wires[i].end[side]);
		}
	}
}

void path_write(struct world *w, struct wire_end *end, const void *data, size_t n)
{
	buf_append(&end->out, data, n);
}

void path_say(struct world *w, struct wire_end *end, const void *data, size_t n)
{
	buf_append(&end->out, data, n);
	if (end->count < IBB_STANZAS_MAX)
		send_block(w, end, buf_len(&end->out));
}

void path_close(struct world *w, struct wire_end *end)
{
	struct wire *wire = wire_of(w, end);
	struct wire_end *other = &wire->end[!side_of(wire, end)];

	if (wire->up && !wire->dead && other->role != END_CLOSED) {
		if (buf_len(&end->out))
			send_block(w, end, buf_len(&end->out));
		enqueue(w, end, 0);
	}
	let_go(wire, end);
}

/* TCP does not notice by itself within the time that matters. */
static void fall_silent(struct world *w, struct wire *wire)
{
	wire->dead = true;
	w->stats->lost_paths++;
	trace(w, "the %s path %s-%s is lost, silently", path_kind_name(wire->kind), wire->end[0].broker->name,
	      wire->end[1].broker->name);
	for (unsigned i = 0; i < 2 && wire->kind == PATH_INBAND; i++)
		event_add(w, FAR, EVENT_CUT, slot_of(w, wire), wire->generation, i);
}

void path_lose(struct world *w, struct wire *wire, bool silent)
{
	if (!wire->up || wire->dead)
		return;
	harm(wire->end[0].broker, wire->end[1].broker);
	if (silent) {
		fall_silent(w, wire);
		return;
	}
	wire->dead = true;
	w->stats->lost_paths++;
	trace(w, "the %s path %s-%s is lost", path_kind_name(wire->kind), wire->end[0].broker->name,
	      wire->end[1].broker->name);
	for (unsigned i = 0; i < 2; i++)
		event_add(w, between(w, 0, 2 * w->swarm.delay_max), EVENT_CUT, slot_of(w, wire), wire->generation, i);
}

/* One end is told that it is over. */
static void closed(struct world *w, struct wire *wire, unsigned side)
{
	struct wire_end *end = &wire->end[side];
	enum end_role role = end->role;
	enum path_kind kind = wire->kind;
	struct peer *p = end->peer;

	if (role == END_CLOSED)
		return;
	trace(w, "%s: the %s path with %s is closed", end->broker->name, path_kind_name(kind),
	      wire->end[!side].broker->name);
	let_go(wire, end);
	if (role == END_ATTEMPT)
		ways_closed(p, end, kind);
	else if (role == END_PEER)
		peer_path_closed(p);
	else if (role == END_LEFT)
		peer_left_closed(p);
}

void path_cut(struct world *w, struct wire *wire, unsigned side)
{
	closed(w, wire, side);
}

static void lose_ends(struct broker *b, bool all)
{
	struct world *w = b->world;

	for (unsigned i = 0; i < WIRES_MAX; i++) {
		struct wire *wire = &w->wires[i];

		for (unsigned side = 0; side < 2 && wire->used; side++) {
			if (wire->end[side].broker != b || wire->end[side].role == END_CLOSED ||
			    (!all && wire->kind != PATH_INBAND))
				continue;
			if (wire->up)
				path_lose(w, wire, chance(w, w->swarm.path_silent));
			closed(w, wire, side);
		}
	}
}

void paths_end(struct broker *b)
{
	lose_ends(b, true);
}

void inbands_lost(struct broker *b)
{
	lose_ends(b, false);
}

static bool would_take(struct world *w, struct wire *wire)
{
	struct wire_end *near = &wire->end[0];
	struct broker *to = wire->end[1].broker;

	if (w->parted[near->broker->index][to->index])
		return false;
	if (wire->kind != PATH_INBAND)
		return ways_let_in(w, wire);
	if (to->online && to->resource == near->target && take_place(wire, 1))
		return true;
	harm(near->broker, to);
	return false;
}

void path_established(struct world *w, struct wire *wire)
{
	struct wire_end *near = &wire->end[0], *far = &wire->end[1];
	struct broker *to = far->broker;

	if (near->role == END_CLOSED)
		return;
	if (!would_take(w, wire)) {
		/* The server says that nobody is there. */
		if (wire->kind == PATH_INBAND && near->role == END_ATTEMPT && !w->parted[near->broker->index][to->index] &&
		    (!to->online || to->resource != near->target))
			inquirer_doubt(near->broker, to, near->target);
		closed(w, wire, 0);
		return;
	}
	trace(w, "the %s path %s-%s is up", path_kind_name(wire->kind), near->broker->name, to->name);
	wire->up = true;
	far->role = END_GREETING;
	event_add(w, wire->kind == PATH_INBAND ? 2 * LINK_HELLO_TIMEOUT : LINK_HELLO_TIMEOUT, EVENT_GREETING_OVER,
		  slot_of(w, wire), wire->generation, 0);
	if (wire->hole == 0)
		fall_silent(w, wire);
	if (near->role == END_ATTEMPT)
		ways_established(near->peer, near);
	else if (!wire->silent)
		hostile_greets(w, near);
}

void greetings_end(struct broker *b)
{
	struct world *w = b->world;

	for (unsigned i = 0; i < WIRES_MAX; i++)
		for (unsigned side = 0; side < 2 && w->wires[i].used; side++)
			if (w->wires[i].end[side].broker == b && w->wires[i].end[side].role == END_GREETING)
				path_close(w, &w->wires[i].end[side]);
}

void greeting_over(struct world *w, struct wire *wire)
{
	if (wire->end[1].role == END_GREETING)
		path_close(w, &wire->end[1]);
}

bool path_admits(struct world *w, const struct wire_end *end, const struct broker *from)
{
	const struct wire *wire = wire_of(w, end);
	const struct broker *key = wire->end[!side_of(wire, end)].broker;

	if (key->account != from->account)
		violation(w, "%s: takes the key of %s for one of %s", end->broker->name, key->name, from->name);
	return end->broker->trusts[from->index];
}

static void refuse(struct world *w, struct wire_end *end, const char *state, const struct link_ends *ends)
{
	struct buf refusal = { 0 };

	if (state) {
		link_hello_refusal(state, ends, end->broker->instance, &refusal);
		path_write(w, end, buf_data(&refusal), buf_len(&refusal));
		buf_finish(&refusal);
	}
	path_close(w, end);
}

/* daemon/greeting.c */
static void greet(struct world *w, struct wire *wire)
{
	struct wire_end *end = &wire->end[1];
	struct broker *from = wire->relay ? wire->relay : wire->end[0].broker;
	struct link_ends ends = { end->broker->jid, from->jid };
	enum hello_fault fault = HELLO_MALFORMED;
	struct link_hello hello;
	struct record record;
	long size = record_parse(buf_data(&end->plain), buf_len(&end->plain), &record);

	if (size == 0)
		return;
	if (size > 0)
		fault = link_hello_parse(&record, &ends, &hello);
	if (fault != HELLO_GOOD) {
		refuse(w, end, fault == HELLO_OTHER_PROTOCOL ? "version" : fault == HELLO_OTHER_NAMES ? "not-you" : NULL,
		       NULL);
		return;
	}
	if (!path_admits(w, end, from)) {
		refuse(w, end, "untrusted", &ends);
		return;
	}
	buf_consume(&end->plain, size);
	peer_take(end->broker, from, end, &hello);
}

void path_arrives(struct world *w, struct wire *wire, unsigned from)
{
	struct wire_end *near = &wire->end[from], *far = &wire->end[!from];
	uint32_t size;

	if (wire->dead)
		return;
	if (wire->hole > 0 && --wire->hole == 0) {
		fall_silent(w, wire);
		return;
	}
	assert(near->count > 0);
	size = near->blocks[near->first];
	near->first = (near->first + 1) % FLOW_MAX;
	near->count--;
	if (size == 0) {
		closed(w, wire, !from);
		return;
	}
	if (far->role != END_CLOSED)
		buf_append(&far->plain, buf_data(&near->flight), size);
	buf_consume(&near->flight, size);
	if (near->role == END_PEER)
		path_kick(w, near);
	if (far->role == END_GREETING && !from)
		greet(w, wire);
	else if (far->role == END_PEER)
		peer_path_plain(far->peer, &far->plain);
	else
		buf_reset(&far->plain);
}
