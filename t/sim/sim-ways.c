/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How devices get at each other, as in daemon/wayfinder.c, bytestream.c and listener.c. What to
 * try, and when, the real search decides (daemon/core/search.c); WAYS and BYTESTREAM travel as
 * records. An address is good for one network: its port is the network's number.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum {
	STREAM_TIMEOUT = 15 * 1000,
	PORTS = 10000,
};

enum step { STEP_JOINED, STEP_UNREACHABLE, STEP_ACTIVATED, STEP_TIMEOUT };

static const struct search_events search_events;

static struct world *world_of(const struct peer *p)
{
	return p->broker->world;
}

static const char *their_jid(const struct peer *p)
{
	struct resource *r = presence_device(p->broker->presence, p->other->jid, p->other->device);

	return r ? r->full : NULL;
}

static bool our_jid(const struct peer *p, char out[64])
{
	full_jid(p->broker, p->broker->resource, out);
	return p->broker->online;
}

void ways_init(struct peer *p)
{
	uint8_t random[PASS_TOKEN_BYTES];

	for (unsigned i = 0; i < sizeof(random); i++)
		random[i] = draw(world_of(p));
	hex_encode(random, sizeof(random), p->token);
	search_init(&p->search, &search_events, p, world_of(p)->now);
	ways_refresh(p);
}

void ways_refresh(struct peer *p)
{
	const struct broker *b = p->broker;
	struct search_facts facts = {
		.transport = b->transport,
		.online = b->online && their_jid(p),
		.may_dial = true,
		.proxy = b->online && b->has_proxy,
	};

	search_know(&p->search, &facts, b->world->now);
}

static void fail(struct peer *p, enum path_kind kind)
{
	trace(world_of(p), "%s: no %s path to %s", p->broker->name, path_kind_name(kind), p->other->name);
	search_failed(&p->search, kind, world_of(p)->now);
	peer_failed(p);
}

void ways_established(struct peer *p, struct wire_end *path)
{
	enum path_kind kind = wire_of(world_of(p), path)->kind;

	if (kind == PATH_PROXY) {
		p->stream->used = false;
		p->stream->generation++;
		p->stream = NULL;
	} else {
		p->attempts[kind] = NULL;
	}
	search_arrived(&p->search, kind);
	peer_found(p, path);
}

/* In-band and direct */

static void open_path(struct peer *p, enum path_kind kind, uint32_t target)
{
	struct wire_end *end = path_open(p, kind, target);

	if (p->attempts[kind])
		violation(world_of(p), "%s: two %s attempts for %s", p->broker->name, path_kind_name(kind), p->other->name);
	p->attempts[kind] = end;
	if (!end)
		fail(p, kind);
}

static void open_inband(struct peer *p)
{
	const char *to = their_jid(p);

	if (to)
		open_path(p, PATH_INBAND, strtoul(strrchr(to, '.') + 1, NULL, 10));
	else
		fail(p, PATH_INBAND);
}

static void dial(struct peer *p)
{
	struct netaddr to[WAYS_ADDRESSES];

	if (search_dialable(&p->search, to))
		open_path(p, PATH_DIRECT, to[0].port);
	else
		fail(p, PATH_DIRECT);
}

/* Through a proxy */

static void say_stream(struct peer *p, const struct bytestream_record *record)
{
	struct buf fields = { 0 };

	bytestream_put(record, &fields);
	peer_send_ways(p, RECORD_BYTESTREAM, &fields);
	buf_finish(&fields);
}

static void say_step(struct peer *p, const char *sid, enum bytestream_step step, const char *reason)
{
	struct bytestream_record record = { .step = step };

	memcpy(record.pass.token, sid, sizeof(record.pass.token));
	snprintf(record.reason, sizeof(record.reason), "%s", reason ? reason : "");
	say_stream(p, &record);
}

static void plan_step(struct bytestream *s, uint64_t delay, enum step step)
{
	struct world *w = world_of(s->peer);

	event_add(w, delay, EVENT_STREAM, (uint32_t)(s - w->streams), s->generation, step);
}

static struct bytestream *stream_add(struct peer *p, const char *sid, unsigned of)
{
	struct world *w = world_of(p);
	struct bytestream *s = w->streams;
	uint32_t generation;

	while (s < w->streams + STREAMS_MAX && s->used)
		s++;
	if (s == w->streams + STREAMS_MAX || p->stream)
		violation(w, "%s: too many bytestreams", p->broker->name);
	generation = s->generation;
	*s = (struct bytestream){ .used = true, .generation = generation, .peer = p, .of = of };
	memcpy(s->sid, sid, sizeof(s->sid));
	p->stream = s;
	plan_step(s, STREAM_TIMEOUT, STEP_TIMEOUT);
	plan_step(s, between(w, 1, 2 * w->swarm.delay_max),
		  w->joins[p->broker->index][of] ? STEP_JOINED : STEP_UNREACHABLE);
	return s;
}

static void stream_release(struct bytestream *s)
{
	struct peer *p = s->peer;

	if (s->end)
		path_close(world_of(p), s->end);
	p->stream = NULL;
	s->used = false;
	s->generation++;
}

/* reason: for the device; NULL if it is not to be told. */
static void stream_fail(struct bytestream *s, const char *reason)
{
	struct peer *p = s->peer;
	char sid[PASS_TOKEN_LEN + 1];

	memcpy(sid, s->sid, sizeof(sid));
	stream_release(s);
	if (reason)
		say_step(p, sid, BYTESTREAM_FAILED, reason);
	fail(p, PATH_PROXY);
}

/* What waits at the proxy for this one. */
static struct bytestream *counterpart(const struct bytestream *s)
{
	const struct broker *other = s->peer->other;

	for (struct peer *q = other->peers; q; q = q->next)
		if (q->other == s->peer->broker && q->stream && !q->stream->offering && q->stream->joined &&
		    !strcmp(q->stream->sid, s->sid))
			return q->stream;
	return NULL;
}

static void activate(struct bytestream *s)
{
	plan_step(s, between(world_of(s->peer), 1, 2 * world_of(s->peer)->swarm.delay_max), STEP_ACTIVATED);
}

static void activated(struct bytestream *s)
{
	struct world *w = world_of(s->peer);

	if (s->peer->broker->online && counterpart(s) && !w->parted[s->peer->broker->index][s->peer->other->index])
		s->end = path_join(s->peer, s->peer->other);
	if (!s->end)
		stream_fail(s, "not-activated");
}

void stream_step(struct bytestream *s, unsigned step)
{
	switch ((enum step)step) {
	case STEP_JOINED:
		s->joined = true;
		if (!s->offering)
			say_step(s->peer, s->sid, BYTESTREAM_JOINED, NULL);
		else if (s->device_joined)
			activate(s);
		break;
	case STEP_UNREACHABLE:
		stream_fail(s, "unreachable");
		break;
	case STEP_ACTIVATED:
		activated(s);
		break;
	case STEP_TIMEOUT:
		stream_fail(s, "timeout");
		break;
	}
}

static void offer_proxy(struct peer *p)
{
	struct bytestream_record record = { .step = BYTESTREAM_OFFER, .offer.port = 7777 };
	struct world *w = world_of(p);
	uint8_t random[PASS_TOKEN_BYTES];
	const char *to = their_jid(p);

	if (!to || !our_jid(p, record.offer.from) || !p->broker->has_proxy) {
		fail(p, PATH_PROXY);
		return;
	}
	for (unsigned i = 0; i < sizeof(random); i++)
		random[i] = draw(w);
	hex_encode(random, sizeof(random), record.pass.token);
	snprintf(record.offer.jid, sizeof(record.offer.jid), "proxy.%u", p->broker->index);
	snprintf(record.offer.host, sizeof(record.offer.host), "192.0.2.%u", p->broker->index);
	snprintf(record.offer.to, sizeof(record.offer.to), "%s", to);
	stream_add(p, record.pass.token, p->broker->index)->offering = true;
	say_stream(p, &record);
}

static void take_offer(struct peer *p, const struct bytestream_record *record)
{
	char ours[64];
	bool online = our_jid(p, ours);
	unsigned of = strtoul(record->offer.jid + strcspn(record->offer.jid, "0123456789"), NULL, 10);
	const char *refusal = search_take_offer(&p->search, &record->offer, online ? ours : NULL, their_jid(p));

	trace(world_of(p), "%s: offered a proxy by %s: %s", p->broker->name, p->other->name, refusal ? refusal : "well");
	if (refusal)
		say_step(p, record->pass.token, BYTESTREAM_FAILED, refusal);
	else
		stream_add(p, record->pass.token, of % BROKERS_MAX);
}

static void hear_stream(struct peer *p, const struct bytestream_record *record)
{
	struct bytestream *s = p->stream;

	if (record->step == BYTESTREAM_OFFER) {
		take_offer(p, record);
		return;
	}
	if (!s || strcmp(s->sid, record->pass.token))
		return;
	if (record->step == BYTESTREAM_FAILED) {
		stream_fail(s, NULL);
	} else if (s->offering && !s->device_joined) {
		s->device_joined = true;
		if (s->joined)
			activate(s);
	}
}

const char *ways_record(struct peer *p, const struct record *record)
{
	struct bytestream_record step;
	struct ways theirs;
	const char *fault;

	if (record->type == RECORD_WAYS) {
		fault = ways_parse(record, &theirs);
		if (fault)
			return fault;
		search_hear(&p->search, &theirs, world_of(p)->now);
		return NULL;
	}
	fault = bytestream_parse(record, &step);
	if (fault || step.step == BYTESTREAM_OTHER)
		return fault;
	hear_stream(p, &step);
	return NULL;
}

void ways_closed(struct peer *p, struct wire_end *path, enum path_kind kind)
{
	if (kind == PATH_PROXY) {
		p->stream->end = NULL;
		stream_fail(p->stream, "lost");
		return;
	}
	p->attempts[kind] = NULL;
	fail(p, kind);
}

/* The far end: a listener, or who has joined the proxy */

bool ways_knows(const struct peer *p)
{
	const struct peer *q = peer_find(p->other, p->broker);
	struct netaddr to[WAYS_ADDRESSES];

	return search_allowed(&p->search) & ROUTE_MASK(PATH_DIRECT) && search_dialable(&p->search, to) &&
	       to[0].port == PORTS + p->other->network && p->other->transport & ROUTE_MASK(PATH_DIRECT) && q &&
	       !strcmp(q->token, p->search.theirs.pass.token);
}

static bool dialled_right(struct world *w, const struct wire *wire)
{
	const struct broker *from = wire->end[0].broker, *to = wire->end[1].broker;
	const struct peer *p = wire->end[0].peer, *q = peer_find(to, from);
	enum dialling d = w->dialling[from->index][to->index];

	return to->running && to->transport & ROUTE_MASK(PATH_DIRECT) &&
	       wire->end[0].target == PORTS + to->network && (d == DIAL_WORKS || d == DIAL_HOLE) && q &&
	       !strcmp(q->token, p->search.theirs.pass.token);
}

bool ways_let_in(struct world *w, struct wire *wire)
{
	struct bytestream *there;
	struct peer *q;

	if (wire->kind == PATH_DIRECT)
		return dialled_right(w, wire);
	there = counterpart(wire->end[0].peer->stream);
	if (!there || !w->joins[wire->end[0].broker->index][there->of] || !w->joins[wire->end[1].broker->index][there->of])
		return false;
	q = there->peer;
	stream_release(there);
	search_arrived(&q->search, PATH_PROXY);
	peer_touch(q);
	return true;
}

/* What the search asks for */

static void on_begin(void *owner, enum path_kind kind)
{
	struct peer *p = owner;

	p->tries++;
	trace(world_of(p), "%s: tries a %s path to %s", p->broker->name, path_kind_name(kind), p->other->name);
	if (kind == PATH_INBAND)
		open_inband(p);
	else if (kind == PATH_DIRECT)
		dial(p);
	else
		offer_proxy(p);
}

static void on_give_up(void *owner, enum path_kind kind)
{
	struct peer *p = owner;

	if (kind == PATH_PROXY) {
		if (!p->search.stopped)
			say_step(p, p->stream->sid, BYTESTREAM_FAILED, "not-wanted");
		stream_release(p->stream);
	} else {
		path_close(world_of(p), p->attempts[kind]);
		p->attempts[kind] = NULL;
	}
}

static void on_tell(void *owner)
{
	struct peer *p = owner;
	struct ways ours = { .allowed = search_wanted(&p->search) };
	struct buf fields = { 0 };
	char text[32];

	if (world_of(p)->swarm.paths && p->broker->transport & ROUTE_MASK(PATH_DIRECT)) {
		memcpy(ours.pass.token, p->token, sizeof(ours.pass.token));
		snprintf(text, sizeof(text), "8.8.8.%u:%u", 1 + p->broker->index, PORTS + p->broker->network);
		ours.n = netaddr_parse(text, &ours.addresses[0]);
	}
	ways_put(&ours, &fields);
	peer_send_ways(p, RECORD_WAYS, &fields);
	buf_finish(&fields);
}

static const struct search_events search_events = {
	.begin = on_begin,
	.give_up = on_give_up,
	.tell = on_tell,
};
