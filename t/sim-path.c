/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Paths: bytes in blocks, in order, each with its own delay, a bounded number of them in flight, as in-band
 * bytestreams are. One that is lost takes what is in flight with it, and its ends learn of it
 * each in its own time, or only by silence. A close comes behind what was said before it.
 */
#include "sim.h"

#include <assert.h>
#include <string.h>

enum {
	PATHS_PER_DEVICE = IBB_PER_DEVICE,
	FAR = 30 * 1000,		/* silence of a path that is noticed below the link */
	HANDSHAKE = 10 * 1000,
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
		wire->up = wire->dead = wire->raw = false;
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
	if (wire->end[0].role == END_CLOSED && wire->end[1].role == END_CLOSED)
		release(wire);
}

static struct wire *open_wire(struct broker *b, struct broker *to, uint32_t resource)
{
	struct world *w = b->world;
	struct wire *wire = add(w);
	uint64_t delay = between(w, 1, w->swarm.delay_max) + between(w, 1, w->swarm.delay_max);

	if (!wire)
		return NULL;
	wire->end[0].broker = b;
	wire->end[0].target = resource;
	wire->end[1].broker = to;
	if (w->phase == PHASE_TROUBLE && chance(w, w->swarm.open_silent))
		event_add(w, HANDSHAKE, EVENT_CUT, slot_of(w, wire), wire->generation, 0);
	else if (w->phase == PHASE_TROUBLE && chance(w, w->swarm.open_fails))
		event_add(w, delay, EVENT_CUT, slot_of(w, wire), wire->generation, 0);
	else
		event_add(w, delay, EVENT_ESTABLISHED, slot_of(w, wire), wire->generation, 0);
	return wire;
}

struct wire_end *path_open(struct peer *p, uint32_t resource)
{
	struct wire *wire = open_wire(p->broker, p->other, resource);

	if (!wire)
		return NULL;
	wire->end[0].role = END_ATTEMPT;
	wire->end[0].peer = p;
	return &wire->end[0];
}

void path_open_raw(struct broker *b, struct broker *to)
{
	struct wire *wire = open_wire(b, to, to->shown_resource);

	if (!wire)
		return;
	wire->raw = true;
	wire->end[0].role = END_GREETING;
}

static void enqueue(struct world *w, struct wire_end *end, uint32_t size)
{
	struct wire *wire = wire_of(w, end);
	uint64_t at = w->now + between(w, 1, w->swarm.delay_max);

	assert(end->count < FLOW_MAX);
	end->blocks[(end->first + end->count++) % FLOW_MAX] = size;
	if (wire->dead)
		return;
	end->last_at = at > end->last_at ? at : end->last_at;
	event_add(w, end->last_at - w->now, EVENT_ARRIVES, slot_of(w, wire), wire->generation,
		  side_of(wire, end));
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

void path_lose(struct world *w, struct wire *wire, bool silent)
{
	if (!wire->up || wire->dead)
		return;
	wire->dead = true;
	w->stats->lost_paths++;
	trace(w, "the path %s-%s is lost%s", wire->end[0].broker->name, wire->end[1].broker->name,
	      silent ? ", silently" : "");
	for (unsigned i = 0; i < 2; i++)
		event_add(w, silent ? FAR : between(w, 0, 2 * w->swarm.delay_max), EVENT_CUT,
			  slot_of(w, wire), wire->generation, i);
}

/* One end is told that it is over. */
static void closed(struct world *w, struct wire *wire, unsigned side)
{
	struct wire_end *end = &wire->end[side];
	enum end_role role = end->role;
	struct peer *p = end->peer;

	if (role == END_CLOSED)
		return;
	trace(w, "%s: the path with %s is closed", end->broker->name, wire->end[!side].broker->name);
	let_go(wire, end);
	if (role == END_ATTEMPT)
		peer_attempt_closed(p);
	else if (role == END_PEER)
		peer_path_closed(p);
}

void path_cut(struct world *w, struct wire *wire, unsigned side)
{
	closed(w, wire, side);
}

void paths_lost(struct broker *b, const struct broker *other)
{
	struct world *w = b->world;

	for (unsigned i = 0; i < WIRES_MAX; i++) {
		struct wire *wire = &w->wires[i];

		for (unsigned side = 0; side < 2 && wire->used; side++) {
			if (wire->end[side].broker != b || wire->end[side].role == END_CLOSED ||
			    (other && wire->end[!side].broker != other))
				continue;
			if (wire->up)
				path_lose(w, wire, chance(w, w->swarm.path_silent));
			closed(w, wire, side);
		}
	}
}

/* How many paths one end keeps from the other's device. */
static unsigned from_device(const struct world *w, const struct broker *at, const struct broker *from)
{
	unsigned count = 0;

	for (unsigned i = 0; i < WIRES_MAX; i++) {
		const struct wire *wire = &w->wires[i];

		for (unsigned side = 0; side < 2 && wire->used; side++)
			count += wire->end[side].role != END_CLOSED && wire->end[side].broker == at &&
				 wire->end[!side].broker == from;
	}
	return count;
}

void path_established(struct world *w, struct wire *wire)
{
	struct wire_end *near = &wire->end[0], *far = &wire->end[1];
	struct broker *to = far->broker;

	if (near->role == END_CLOSED)
		return;
	trace(w, "the path %s-%s is up", near->broker->name, to->name);
	if (!to->online || to->resource != near->target ||
	    from_device(w, to, near->broker) >= PATHS_PER_DEVICE) {
		closed(w, wire, 0);
		return;
	}
	wire->up = true;
	far->role = END_GREETING;
	event_add(w, 2 * LINK_HELLO_TIMEOUT, EVENT_GREETING_OVER, slot_of(w, wire), wire->generation, 0);
	if (near->role == END_ATTEMPT)
		peer_established(near->peer);
	else
		hostile_greets(w, near);
}

void greeting_over(struct world *w, struct wire *wire)
{
	if (wire->end[1].role == END_GREETING)
		path_close(w, &wire->end[1]);
}

static void refuse(struct world *w, struct wire_end *end, const char *state)
{
	struct buf refusal = { 0 };

	if (state) {
		link_hello_refusal(state, end->broker->instance, &refusal);
		path_write(w, end, buf_data(&refusal), buf_len(&refusal));
		buf_finish(&refusal);
	}
	path_close(w, end);
}

/* daemon/greeting.c */
static void greet(struct world *w, struct wire *wire)
{
	struct wire_end *end = &wire->end[1];
	struct link_hello hello;
	struct record record;
	long size = record_parse(buf_data(&end->plain), buf_len(&end->plain), &record);

	if (size == 0)
		return;
	if (size < 0 || link_hello_parse(&record, &hello) < 0) {
		refuse(w, end, NULL);
		return;
	}
	if (!end->broker->trusts[wire->end[0].broker->index]) {
		refuse(w, end, "untrusted");
		return;
	}
	buf_consume(&end->plain, size);
	peer_take(end->broker, wire->end[0].broker, end, &hello);
}

void path_arrives(struct world *w, struct wire *wire, unsigned from)
{
	struct wire_end *near = &wire->end[from], *far = &wire->end[!from];
	uint32_t size;

	if (wire->dead)
		return;
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
