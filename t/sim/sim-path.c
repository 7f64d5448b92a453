/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Paths of all kinds. Like in-band bytestreams they carry bytes in blocks, in order, each
 * block with its own delay, and a bounded number of them in flight. A path that is lost
 * takes what is in flight with it. Each end learns of the loss in its own time, or only by
 * silence. A close arrives after what was sent before it.
 */
#include "sim.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "acceptor.h"

enum {
	FAR = 30 * 1000,		/* ms of silence until a dead in-band path is noticed
					   below the link */
	HANDSHAKE = 10 * 1000,
	CONNECT = 5 * 1000,
};

static const struct path_ops ops;

struct wire *wire_of(const struct world *w, const struct path *path)
{
	size_t at = (const char *)path - (const char *)w->wires;

	return (struct wire *)&w->wires[at / sizeof(struct wire)];
}

struct wire_end *end_of(struct path *path)
{
	return (struct wire_end *)path;
}

static unsigned side_of(const struct wire *wire, const struct wire_end *end)
{
	return end == &wire->end[1];
}

static uint32_t slot_of(const struct world *w, const struct wire *wire)
{
	return (uint32_t)(wire - w->wires);
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
		/* The path's name and JID stay, for those who report its end. */
		e->kicked = e->held = e->stuck = false;
		e->first = e->count = 0;
		e->last_at = 0;
	}
}

/* Takes an end from its owner; frees the wire after the second. */
static void let_go(struct wire *wire, struct wire_end *end)
{
	end->used = false;
	quota_leave(&end->place);
	if (!wire->end[0].used && !wire->end[1].used)
		release(wire);
}

/* The broker that an end takes for the other end. */
static struct broker *far_of(const struct wire *wire, unsigned side)
{
	return wire->relay ? wire->relay : wire->end[!side].broker;
}

struct wire *wire_open(struct broker *b, struct broker *to, enum path_kind kind, uint32_t target)
{
	struct world *w = b->world;
	struct wire *wire = w->wires;

	while (wire < w->wires + w->wires_used && wire->used)
		wire++;
	if (wire == w->wires + WIRES_MAX)
		return NULL;
	w->wires_used += wire == w->wires + w->wires_used;
	wire->used = true;
	wire->up = wire->dead = wire->raw = wire->silent = false;
	wire->relay = NULL;
	*wire->sid = '\0';
	wire->dialer = NULL;
	wire->stream = NULL;
	wire->puncher = NULL;
	wire->hole = -1;
	wire->narrow = false;
	wire->kind = kind;
	wire->target = target;
	wire->end[0].broker = b;
	wire->end[1].broker = to;
	return wire;
}

struct path *end_begin(struct wire *wire, unsigned side, const struct path_events *events,
		       void *owner)
{
	struct wire_end *end = &wire->end[side];

	end->used = true;
	end->dry = false;
	path_init(&end->path, &ops, wire->kind, path_kind_name(wire->kind), events, owner);
	return &end->path;
}

static bool any_unfinished(const struct broker *b, const struct broker *other)
{
	for (unsigned i = 0; i < b->world->wires_used; i++) {
		const struct wire *wire = &b->world->wires[i];

		if (wire->used && wire->end[1].place.quota == &b->ibb_paths &&
		    wire->end[1].place.unfinished && far_of(wire, 1) == other)
			return true;
	}
	return false;
}

static void make_room(struct world *w, struct quota_place *victim)
{
	struct wire_end *end =
		(struct wire_end *)((char *)victim - offsetof(struct wire_end, place));
	struct wire *wire = wire_of(w, &end->path);

	wire_cut(w, wire, side_of(wire, end), "makes room");
}

/*
 * Takes a place at this end, by the rules of daemon/transport/ibb-path.c. False if there is
 * none.
 */
static bool take_place(struct wire *wire, unsigned side, enum ibb_path_standing standing)
{
	struct wire_end *end = &wire->end[side];
	struct broker *b = end->broker, *other = far_of(wire, side);
	struct quota_place *victim;
	enum quota_verdict verdict =
		quota_ask(&b->ibb_paths, other->jid, standing != IBB_PATH_STRANGER, &victim);

	if (verdict == QUOTA_NO && standing == IBB_PATH_AWAITED &&
	    (side == 0 || !any_unfinished(b, other)))
		verdict = quota_insist(&b->ibb_paths, &victim);
	if (verdict == QUOTA_NO)
		return false;
	if (verdict == QUOTA_ROOM)
		make_room(b->world, victim);
	quota_take(&b->ibb_paths, &end->place, other->jid, standing != IBB_PATH_STRANGER);
	if (side == 0 && standing == IBB_PATH_AWAITED)
		end->place.unfinished = false;
	return true;
}

static uint64_t round_trip(struct world *w)
{
	return between(w, 1, w->swarm.delay_max) + between(w, 1, w->swarm.delay_max);
}

static void plan_opening(struct world *w, struct wire *wire, enum event_kind kind, uint64_t delay)
{
	event_add(w, delay, kind, slot_of(w, wire), wire->generation, 0);
}

/*
 * A hostile broker relays the path to a third broker. Each end takes the relay for the other
 * end.
 */
static void pass_on(struct world *w, struct wire *wire, struct broker *relay)
{
	struct broker *third = &w->brokers[below(w, w->count)];

	if (third == wire->end[0].broker || third->hostile || third->account == relay->account ||
	    !third->online)
		return;
	trace(w, "%s: passes a path of %s on to %s", relay->name, wire->end[0].broker->name,
	      third->name);
	wire->relay = relay;
	wire->end[1].broker = third;
	wire->target = third->resource;
}

static void plan_inband(struct world *w, struct wire *wire)
{
	const struct broker *b = wire->end[0].broker, *to = wire->end[1].broker;
	bool trouble = w->phase == PHASE_TROUBLE;
	bool silent =
		(trouble && chance(w, w->swarm.open_silent)) || w->parted[b->index][to->index];
	bool fails = trouble && chance(w, w->swarm.open_fails);

	if (silent || fails)
		harm(wire->end[0].broker, to);
	if (silent)
		plan_opening(w, wire, EVENT_CUT, HANDSHAKE);
	else
		plan_opening(w, wire, fails ? EVENT_CUT : EVENT_ESTABLISHED, round_trip(w));
}

/* The broker whose full JID this is, or was; or NULL. */
static struct broker *resident(struct world *w, const char *full, uint32_t *resource)
{
	char other[64];

	*resource = strtoul(strrchr(full, '.') + 1, NULL, 10);
	for (unsigned i = 0; i < w->count; i++) {
		full_jid(&w->brokers[i], *resource, other);
		if (!strcmp(other, full))
			return &w->brokers[i];
	}
	return NULL;
}

struct path *ibb_path_open(struct broker *b, const char *full, enum ibb_path_standing standing,
			   const struct path_events *events, void *owner)
{
	struct world *w = b->world;
	uint32_t resource;
	struct broker *to = resident(w, full, &resource);
	struct wire *wire = b->online && to ? wire_open(b, to, PATH_INBAND, resource) : NULL;

	if (!wire)
		return NULL;
	if (!b->hostile && !take_place(wire, 0, standing)) {
		release(wire);
		return NULL;
	}
	if (to->hostile && chance(w, w->swarm.relays))
		pass_on(w, wire, to);
	strcpy(wire->end[0].full, full);
	plan_inband(w, wire);
	return end_begin(wire, 0, events, owner);
}

/* The broker of this device, whatever follows in the full JID. */
static struct broker *device_at(struct world *w, const char *full)
{
	char other[64];

	for (unsigned i = 0; i < w->count; i++) {
		full_jid(&w->brokers[i], 0, other);
		if (!strncmp(other, full, strlen(other) - 2))
			return &w->brokers[i];
	}
	return NULL;
}

struct path *ibb_path_open_as(struct broker *b, const char *full, const char *sid,
			      const struct path_events *events, void *owner)
{
	struct world *w = b->world;
	struct broker *to = device_at(w, full);
	struct wire *wire = b->online && to ? wire_open(b, to, PATH_INBAND, to->resource) : NULL;

	if (!wire)
		return NULL;
	if (!take_place(wire, 0, IBB_PATH_STRANGER)) {
		release(wire);
		return NULL;
	}
	strcpy(wire->sid, sid);
	full_jid(to, to->resource, wire->end[0].full);
	join_opened(w, wire);
	plan_inband(w, wire);
	return end_begin(wire, 0, events, owner);
}

struct path *ibb_path_accept(struct wire *wire, enum ibb_path_standing standing,
			     const struct path_events *events, void *owner)
{
	if (!take_place(wire, 1, standing))
		return NULL;
	full_jid(far_of(wire, 1), far_of(wire, 1)->resource, wire->end[1].full);
	return end_begin(wire, 1, events, owner);
}

void path_open_raw(struct broker *b, struct broker *to, bool silent)
{
	struct wire *wire = wire_open(b, to, PATH_INBAND, to->shown_resource);

	if (!wire)
		return;
	wire->raw = true;
	wire->silent = silent;
	full_jid(to, to->shown_resource, wire->end[0].full);
	plan_inband(b->world, wire);
	end_begin(wire, 0, &raw_events, b);
}

static void deliver_at(struct world *w, struct wire *wire, unsigned side, uint64_t at)
{
	struct wire_end *end = &wire->end[side];

	end->last_at = at > end->last_at ? at : end->last_at;
	event_add(w, end->last_at - w->now, EVENT_ARRIVES, slot_of(w, wire), wire->generation,
		  side);
}

static void enqueue(struct world *w, struct wire_end *end, uint32_t size)
{
	struct wire *wire = wire_of(w, &end->path);
	unsigned side = side_of(wire, end);
	uint64_t at = w->now + between(w, 1, w->swarm.delay_max);
	bool burst;

	assert(end->count < FLOW_MAX);
	end->blocks[(end->first + end->count++) % FLOW_MAX] = size;
	if (wire->dead)
		return;
	/* The proxy passes on the rest of a burst only when more comes after it. */
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

/* As in-band has one: a place beyond the window, for control records. */
static bool urgent_open(const struct world *w, const struct wire_end *end)
{
	return path_kind(&end->path) == PATH_INBAND && !end->beyond && !buf_len(&end->out) &&
	       end->count < IBB_STANZAS_MAX && !window_open(w, end);
}

static void pump_urgent(struct world *w, struct wire_end *end)
{
	uint32_t generation = wire_of(w, &end->path)->generation;

	buf_reset(&w->scratch);
	if (!path_urgent(&end->path, &w->scratch, IBB_URGENT) ||
	    wire_of(w, &end->path)->generation != generation || !end->used || end->path.over)
		return;
	end->beyond = true;
	if (end->broker->hostile && w->swarm.mute)
		hostile_withholds(&w->scratch);
	buf_append(&end->out, buf_data(&w->scratch), buf_len(&w->scratch));
	if (buf_len(&end->out))
		send_block(w, end, buf_len(&end->out));
}

static void pump(struct world *w, struct wire_end *end)
{
	uint32_t generation = wire_of(w, &end->path)->generation;

	end->kicked = false;
	end->broker->touched = true;
	end->beyond &= !window_open(w, end);
	while (end->used && !end->path.over && window_open(w, end)) {
		size_t n;

		if (!buf_len(&end->out)) {
			/* Not into end->out, because path_fill() may close the end. */
			buf_reset(&w->scratch);
			n = path_fill(&end->path, &w->scratch, w->swarm.block);
			if (wire_of(w, &end->path)->generation != generation || !end->used ||
			    end->path.over)
				return;
			end->dry = !n;
			if (end->broker->hostile && w->swarm.mute)
				hostile_withholds(&w->scratch);
			buf_append(&end->out, buf_data(&w->scratch), buf_len(&w->scratch));
		}
		n = buf_len(&end->out);
		if (!n)
			return;
		send_block(w, end, n < w->swarm.block ? n : w->swarm.block);
	}
	if (end->used && !end->path.over && urgent_open(w, end))
		pump_urgent(w, end);
}

void paths_flush(struct world *w)
{
	while (w->kicked) {
		unsigned i = next_bit(w->kicked_wires, WIRE_WORDS, 0);

		w->kicked = 0;
		for (; i < WIRES_MAX; i = next_bit(w->kicked_wires, WIRE_WORDS, i + 1)) {
			w->kicked_wires[i / 64] &= ~(UINT64_C(1) << i % 64);
			for (unsigned side = 0; side < 2 && w->wires[i].used; side++)
				if (w->wires[i].end[side].kicked)
					pump(w, &w->wires[i].end[side]);
		}
	}
}

void path_say(struct world *w, struct path *path, const void *data, size_t n)
{
	struct wire_end *end = end_of(path);

	buf_append(&end->out, data, n);
	if (end->count < IBB_STANZAS_MAX)
		send_block(w, end, buf_len(&end->out));
}

static void on_kick(struct path *path)
{
	struct wire_end *end = end_of(path);
	struct world *w = end->broker->world;
	uint32_t slot = slot_of(w, wire_of(w, path));

	if (!end->kicked)
		w->kicked++;
	end->kicked = true;
	end->dry = false;
	w->kicked_wires[slot / 64] |= UINT64_C(1) << slot % 64;
}

static void on_keep(struct path *path)
{
	struct wire_end *end = end_of(path);
	struct wire *wire = wire_of(end->broker->world, path);

	if (!end->place.quota)
		return;
	end->place.unfinished = false;
	quota_trust(&end->place, far_of(wire, side_of(wire, end))->jid);
}

static void on_write(struct path *path, const void *data, size_t n)
{
	buf_append(&end_of(path)->out, data, n);
}

/* The close is sent after what was written before it. */
static void on_close(struct path *path)
{
	struct wire_end *end = end_of(path);
	struct world *w = end->broker->world;
	struct wire *wire = wire_of(w, path);

	if (!wire->up)
		attempt_lost(wire);
	if (wire->up && !wire->dead && wire->end[!side_of(wire, end)].used) {
		if (buf_len(&end->out))
			send_block(w, end, buf_len(&end->out));
		enqueue(w, end, 0);
	}
	let_go(wire, end);
}

static void on_cut(struct path *path)
{
	buf_reset(&end_of(path)->out);
	on_close(path);
}

static bool on_unsent(const struct path *path)
{
	return buf_len(&((const struct wire_end *)path)->out);
}

static const char *on_jid(const struct path *path)
{
	return path->kind == PATH_INBAND ? ((const struct wire_end *)path)->full : NULL;
}

/* Each connection has a secret of its own, that both ends know. */
static bool on_exporter(const struct path *path, const char *label, unsigned char *out, size_t n)
{
	const struct wire_end *end = (const struct wire_end *)path;
	const struct wire *wire = wire_of(end->broker->world, path);

	memset(out, 0, n);
	memcpy(out, &wire->generation, sizeof(wire->generation));
	out[sizeof(wire->generation)] = (unsigned char)slot_of(end->broker->world, wire);
	return true;
}

static bool on_ends(const struct path *path, struct netaddr *ours, struct netaddr *theirs)
{
	struct wire_end *end = end_of((struct path *)path);
	struct wire *wire = wire_of(end->broker->world, path);

	if (path->kind != PATH_DIRECT || wire->relay)
		return false;
	*ours = address_of(end->broker);
	*theirs = address_of(wire->end[!side_of(wire, end)].broker);
	return true;
}

static const struct path_ops ops = {
	.ends = on_ends,
	.exporter = on_exporter,
	.kick = on_kick,
	.keep = on_keep,
	.write = on_write,
	.close = on_close,
	.cut = on_cut,
	.unsent = on_unsent,
	.jid = on_jid,
};

/*
 * A path dies and its ends are not told. Only an in-band path notices, after FAR; TCP would
 * take longer than matters here.
 */
static void fall_silent(struct world *w, struct wire *wire)
{
	wire->dead = true;
	w->stats->lost_paths++;
	trace(w, "the %s path %s-%s is lost, silently", path_kind_name(wire->kind),
	      wire->end[0].broker->name, wire->end[1].broker->name);
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
		event_add(w, between(w, 0, 2 * w->swarm.delay_max), EVENT_CUT, slot_of(w, wire),
			  wire->generation, i);
}

void wire_cut(struct world *w, struct wire *wire, unsigned side, const char *why)
{
	struct wire_end *end = &wire->end[side];

	if (!end->used)
		return;
	trace(w, "%s: the %s path with %s is closed: %s", end->broker->name,
	      path_kind_name(wire->kind), wire->end[!side].broker->name, why);
	if (!wire->up)
		attempt_lost(wire);
	let_go(wire, end);
	path_over(&end->path, why);
}

static void lose_ends(struct broker *b, bool all)
{
	struct world *w = b->world;

	for (unsigned i = 0; i < w->wires_used; i++) {
		struct wire *wire = &w->wires[i];

		for (unsigned side = 0; side < 2 && wire->used; side++) {
			if (wire->end[side].broker != b || !wire->end[side].used ||
			    (!all && wire->kind != PATH_INBAND))
				continue;
			if (wire->up)
				path_lose(w, wire, chance(w, w->swarm.path_silent));
			wire_cut(w, wire, side, IBB_PATH_SERVER_LOST);
		}
	}
}

void paths_end(struct broker *b)
{
	lose_ends(b, true);
}

void ibb_paths_lost(struct broker *b)
{
	lose_ends(b, false);
}

/* Whether the far end has a bytestream of the same peer with this sid still. */
static bool is_repeated(const struct world *w, const struct wire *wire)
{
	for (unsigned i = 0; *wire->sid && i < w->wires_used; i++) {
		const struct wire *other = &w->wires[i];

		if (other != wire && other->end[1].used && !strcmp(other->sid, wire->sid) &&
		    other->end[0].broker == wire->end[0].broker &&
		    other->end[1].broker == wire->end[1].broker)
			return true;
	}
	return false;
}

/* Offers an in-band path to its far end. True if that end takes it. */
static bool is_taken(struct world *w, struct wire *wire)
{
	struct broker *to = wire->end[1].broker, *from = far_of(wire, 1);
	char full[64];

	if (!to->online || to->resource != wire->target || is_repeated(w, wire))
		return false;
	full_jid(from, from->resource, full);
	return acceptor_offered(&to->peers, full, wire->sid, wire) == GREETING_TAKEN &&
	       wire->end[1].used;
}

static void tell_established(struct world *w, struct wire *wire)
{
	uint32_t generation = wire->generation;
	struct wire_end *near = &wire->end[0], *far = &wire->end[1];

	if (far->used && !far->path.up)
		path_established(&far->path, near->broker->fp);
	if (wire->generation == generation && near->used && !near->path.up)
		path_established(&near->path, far->broker->fp);
	if (wire->generation == generation && near->used && wire->raw && !wire->silent)
		hostile_greets(w, &near->path);
}

static bool arrives(struct world *w, struct wire *wire)
{
	struct broker *to = wire->end[1].broker;

	if (w->parted[wire->end[0].broker->index][to->index])
		return false;
	switch (wire->kind) {
	case PATH_DIRECT:
		return dial_arrives(w, wire);
	case PATH_PROXY:
		return stream_arrives(w, wire);
	default:
		if (is_taken(w, wire))
			return true;
		harm(wire->end[0].broker, to);
		return false;
	}
}

void wire_established(struct world *w, struct wire *wire)
{
	struct wire_end *near = &wire->end[0];
	const struct broker *to = wire->end[1].broker;
	uint32_t generation = wire->generation;

	if (!near->used)
		return;
	wire->up = true;
	if (!arrives(w, wire)) {
		wire->up = false;
		/* The path was refused, or the server answered that nobody is there. */
		wire_cut(w, wire, 0,
			 to->online && to->resource == wire->target ? "refused"
								    : "service-unavailable");
		return;
	}
	if (wire->generation != generation)
		return;
	trace(w, "the %s path %s-%s is up", path_kind_name(wire->kind), near->broker->name,
	      to->name);
	if (wire->hole == 0)
		fall_silent(w, wire);
	tell_established(w, wire);
}

void path_arrives(struct world *w, struct wire *wire, unsigned from)
{
	struct wire_end *near = &wire->end[from], *far = &wire->end[!from];
	uint32_t size, generation = wire->generation;

	if (wire->dead)
		return;
	if (wire->hole > 0 && --wire->hole == 0) {
		fall_silent(w, wire);
		return;
	}
	assert(near->count > 0);
	size = near->blocks[near->first];
	/* A path that is closed lingers first, so the other end hears of it late. */
	near->stuck |= wire->narrow && (size > PACKET || size == 0);
	if (near->stuck)
		return;
	near->first = (near->first + 1) % FLOW_MAX;
	near->count--;
	if (size == 0) {
		wire_cut(w, wire, !from, "closed by the other side");
		return;
	}
	if (far->used)
		buf_append(&far->plain, buf_data(&near->flight), size);
	buf_consume(&near->flight, size);
	/* There is room for more. Whoever had nothing more promised to kick. */
	if (near->used && !near->dry)
		path_kick(&near->path);
	if (far->used && !far->path.over) {
		/* path_plain() may close the path, and free its buffer. */
		struct buf bytes = far->plain;

		far->plain = (struct buf){ 0 };
		path_plain(&far->path, &bytes);
		if (wire->generation == generation && far->used && !far->path.over)
			far->plain = bytes;
		else
			buf_finish(&bytes);
	}
}
