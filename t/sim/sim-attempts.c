/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How devices reach each other: the connector's ops, over wires. An address is valid in one
 * network: its port has the network's number. The listening side admits a device that names
 * a pass which was given to it, with a number not used before, as
 * daemon/peer/local-candidates.c does.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"

enum {
	STREAM_TIMEOUT = 15 * 1000,
	CONNECT = 5 * 1000,
	PORTS = 10000,
};

enum step { STEP_JOINED, STEP_UNREACHABLE, STEP_ACTIVATED, STEP_TIMEOUT };

static struct broker *device_of(struct broker *b, const unsigned char *fp)
{
	for (unsigned i = 0; i < b->world->count; i++)
		if (!memcmp(b->world->brokers[i].fp, fp, FINGERPRINT_BYTES))
			return &b->world->brokers[i];
	violation(b->world, "%s: looks for a device that does not exist", b->name);
}

static void on_facts(void *arg, struct connector_facts *out)
{
	static char full[64];
	const struct broker *b = arg;

	full_jid(b, b->resource, full);
	*out = (struct connector_facts){ .jid = b->online ? full : NULL,
					 .may_dial = true,
					 .punch = b->world->swarm.punches };
}

struct netaddr address_of(const struct broker *b)
{
	struct netaddr a;
	char text[32];

	snprintf(text, sizeof(text), "8.8.8.%u:%u", 1 + b->index, PORTS + b->network);
	if (!netaddr_parse(text, &a))
		violation(b->world, "%s: a bad address", b->name);
	return a;
}

static void on_candidates(void *arg, const struct pass *pass, struct candidates *out)
{
	const struct broker *b = arg;

	*out = (struct candidates){ .allowed = b->transport };
	if (!b->world->swarm.paths || !(b->transport & PATH_MASK(PATH_DIRECT)))
		return;
	out->pass = *pass;
	out->addresses[out->n++] = address_of(b);
}

static bool on_has_proxy(void *arg, bool wanted)
{
	const struct broker *b = arg;

	return b->has_proxy;
}

static bool on_knows_proxy(void *arg, const struct s5b_offer *offer)
{
	return true;
}

static void on_proxy_failed(void *arg, const char *jid)
{
}

static void count_try(struct broker *b, const struct broker *to, enum path_kind kind)
{
	b->notes[to->index].tries++;
	trace(b->world, "%s: tries a %s path to %s", b->name, path_kind_name(kind), to->name);
}

static struct path *on_open_inband(void *arg, const char *to, enum ibb_path_standing standing,
				   const struct path_events *events, void *owner)
{
	struct broker *b = arg;
	struct path *path = ibb_path_open(b, to, standing, events, owner);

	if (path && !b->comparing)
		count_try(b, wire_of(b->world, path)->end[1].broker, PATH_INBAND);
	return path;
}

/* Dialled */

static void on_dialled(void *owner, const unsigned char *fp)
{
	struct dialer *d = owner;
	struct path *path = &d->wire->end[0].path;

	d->used = false;
	d->wire->dialer = NULL;
	if (memcmp(fp, d->fp, FINGERPRINT_BYTES)) {
		path_close(path);
		d->events->failed(d->owner, "somebody else is there");
		return;
	}
	d->events->reached(d->owner, path, fp);
}

static void on_not_dialled(void *owner, const char *why)
{
	struct dialer *d = owner;

	d->used = false;
	d->events->failed(d->owner, why);
}

static void on_plain(void *owner, struct buf *plain)
{
	buf_reset(plain);
}

static size_t on_fill(void *owner, struct buf *out, size_t max)
{
	return 0;
}

static const struct path_events dialled_events = {
	.established = on_dialled,
	.plain = on_plain,
	.fill = on_fill,
	.closed = on_not_dialled,
};

static void plan_dialled(struct world *w, struct wire *wire)
{
	unsigned from = wire->end[0].broker->index, to = wire->end[1].broker->index;
	uint64_t there_and_back =
		between(w, 1, w->swarm.delay_max) + between(w, 1, w->swarm.delay_max);
	enum event_kind kind = EVENT_CUT;
	uint64_t delay = CONNECT;

	wire->narrow = w->dialling[from][to] == DIAL_NARROW;
	switch (w->parted[from][to] ? DIAL_SILENT : w->dialling[from][to]) {
	case DIAL_HOLE:
		wire->hole = below(w, 8);
		/* fall through */
	case DIAL_NARROW:
	case DIAL_WORKS:
		kind = EVENT_ESTABLISHED;
		delay = there_and_back;
		break;
	case DIAL_REFUSED:
		delay = there_and_back;
		break;
	case DIAL_SILENT:
		break;
	}
	event_add(w, delay, kind, (uint32_t)(wire - w->wires), wire->generation, 0);
}

static struct path *on_open_invited(void *arg, const char *to, const char *sid,
				    const struct path_events *events, void *owner)
{
	return ibb_path_open_as(arg, to, sid, events, owner);
}

static struct dialer *on_dial(void *arg, const struct netaddr *to, size_t n,
			      const unsigned char *fp, const struct pass *pass, uint64_t *number,
			      const struct dialer_events *events, void *owner)
{
	struct broker *b = arg, *other = device_of(b, fp);
	struct world *w = b->world;
	struct dialer *d = w->dialers;
	struct wire *wire = wire_open(b, other, PATH_DIRECT, to[0].port);

	if (!wire)
		return NULL;
	while (d < w->dialers + w->dialers_used && d->used)
		d++;
	w->dialers_used += d == w->dialers + w->dialers_used;
	*d = (struct dialer){
		.used = true,
		.events = events,
		.owner = owner,
		.wire = wire,
		.pass = *pass,
		.number = ++*number,
	};
	memcpy(d->fp, fp, FINGERPRINT_BYTES);
	wire->dialer = d;
	count_try(b, other, PATH_DIRECT);
	end_begin(wire, 0, &dialled_events, d);
	plan_dialled(w, wire);
	return d;
}

static void on_hang_up(struct dialer *d)
{
	struct path *path = &d->wire->end[0].path;

	d->used = false;
	path_close(path);
}

/* The peer that expects this use of its pass; or NULL. */
static struct peer *expected(struct world *w, const struct broker *to, const struct pass *pass,
			     uint64_t number)
{
	struct peer *q = peer_by_token(&to->peers, pass->token);
	const struct pass *given = q && q->fp_known ? connector_pass(q->connector, number) : NULL;

	return given && !memcmp(given->secret, pass->secret, sizeof(pass->secret)) ? q : NULL;
}

static bool is_there(const struct broker *from, const struct broker *to, uint32_t port)
{
	enum dialling d = from->world->dialling[from->index][to->index];

	return to->running && to->transport & PATH_MASK(PATH_DIRECT) &&
	       port == PORTS + to->network && d != DIAL_REFUSED && d != DIAL_SILENT;
}

bool dial_arrives(struct world *w, struct wire *wire)
{
	const struct dialer *d = wire->dialer;
	const struct broker *from = wire->end[0].broker;
	struct broker *to = wire->end[1].broker;
	struct peer *q;

	if (wire->puncher)
		return punch_arrives(wire);
	q = is_there(from, to, wire->target) ? expected(w, to, &d->pass, d->number) : NULL;
	if (!q || memcmp(q->fp, from->fp, FINGERPRINT_BYTES))
		return false;
	connector_pass_used(q->connector, d->number);
	end_begin(wire, 1, &raw_events, to)->up = true;
	peer_arrived(q, &wire->end[1].path, from->fp);
	return true;
}

bool attempt_would_reach(const struct peer *p)
{
	const struct broker *from = broker_of(p), *to = other_of(p);
	const struct path_manager *manager = connector_search(p->connector);
	const struct peer *q = peer_with(to, from);
	struct netaddr at[CANDIDATES_MAX];

	return path_manager_allowed(manager) & PATH_MASK(PATH_DIRECT) &&
	       path_manager_dialable(manager, at) && at[0].port == PORTS + to->network &&
	       to->transport & PATH_MASK(PATH_DIRECT) && q &&
	       connector_expects(q->connector, manager->theirs.pass.token);
}

/* Through a proxy */

static void plan_step(struct s5b *s, uint64_t delay, enum step step)
{
	struct world *w = s->broker->world;

	event_add(w, delay, EVENT_STREAM, (uint32_t)(s - w->streams), s->generation, step);
}

static void say_step(struct s5b *s, enum s5b_step step, const char *reason)
{
	struct s5b_record record = { .step = step };

	memcpy(record.pass.token, s->sid, sizeof(record.pass.token));
	snprintf(record.reason, sizeof(record.reason), "%s", reason ? reason : "");
	s->events->send(s->owner, &record);
}

static struct s5b *stream_add(struct broker *b, const unsigned char *fp, const char *sid,
			      unsigned of, const struct s5b_events *events, void *owner)
{
	struct world *w = b->world;
	struct s5b *s = w->streams;
	uint32_t generation;

	while (s < w->streams + w->streams_used && s->used)
		s++;
	if (s == w->streams + STREAMS_MAX)
		violation(w, "%s: too many bytestreams", b->name);
	w->streams_used += s == w->streams + w->streams_used;
	generation = s->generation;
	*s = (struct s5b){
		.used = true,
		.generation = generation,
		.broker = b,
		.other = device_of(b, fp),
		.of = of,
		.events = events,
		.owner = owner,
	};
	memcpy(s->sid, sid, sizeof(s->sid));
	plan_step(s, STREAM_TIMEOUT, STEP_TIMEOUT);
	plan_step(s, between(w, 1, 2 * w->swarm.delay_max),
		  w->joins[b->index][of] ? STEP_JOINED : STEP_UNREACHABLE);
	return s;
}

static void stream_release(struct s5b *s)
{
	struct wire *wire = s->wire;

	s->used = false;
	s->generation++;
	s->wire = NULL;
	if (!wire)
		return;
	wire->stream = NULL;
	if (wire->end[0].used && !wire->up)
		path_close(&wire->end[0].path);
}

static void on_stream_end(struct s5b *s)
{
	stream_release(s);
}

/* reason: told to the device; NULL: the device is not told. */
static void stream_fail(struct s5b *s, const char *reason)
{
	const struct s5b_events *events = s->events;
	void *owner = s->owner;
	bool ours = s->offering;

	stream_release(s);
	if (reason)
		say_step(s, S5B_FAILED, reason);
	events->failed(owner, reason ? reason : "the device could not", ours);
}

/* The device's stream that waits at the proxy for this one; or NULL. */
static struct s5b *counterpart(struct world *w, const struct s5b *s)
{
	for (unsigned i = 0; i < w->streams_used; i++) {
		struct s5b *o = &w->streams[i];

		if (o->used && o->broker == s->other && o->other == s->broker && !o->offering &&
		    o->joined && !strcmp(o->sid, s->sid))
			return o;
	}
	return NULL;
}

static void activate(struct s5b *s)
{
	plan_step(s, between(s->broker->world, 1, 2 * s->broker->world->swarm.delay_max),
		  STEP_ACTIVATED);
}

static void on_joined(void *owner, const unsigned char *fp)
{
	struct s5b *s = owner;
	const struct s5b_events *events = s->events;
	struct path *path = &s->wire->end[0].path;
	void *above = s->owner;

	stream_release(s);
	events->reached(above, path, fp, true);
}

static void on_join_lost(void *owner, const char *why)
{
	stream_fail(owner, "lost");
}

static const struct path_events joined_events = {
	.established = on_joined,
	.plain = on_plain,
	.fill = on_fill,
	.closed = on_join_lost,
};

static void activated(struct s5b *s)
{
	struct broker *b = s->broker;
	struct world *w = b->world;
	struct wire *wire = NULL;

	if (b->online && counterpart(w, s) && !w->parted[b->index][s->other->index])
		wire = wire_open(b, s->other, PATH_PROXY, 0);
	if (!wire) {
		stream_fail(s, "not-activated");
		return;
	}
	if (chance(w, w->swarm.holes))
		wire->hole = below(w, 8);
	s->wire = wire;
	wire->stream = s;
	end_begin(wire, 0, &joined_events, s);
	event_add(w, between(w, 1, w->swarm.delay_max) + between(w, 1, w->swarm.delay_max),
		  EVENT_ESTABLISHED, (uint32_t)(wire - w->wires), wire->generation, 0);
}

void stream_step(struct s5b *s, unsigned step)
{
	switch ((enum step)step) {
	case STEP_JOINED:
		s->joined = true;
		if (!s->offering)
			say_step(s, S5B_JOINED, NULL);
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

bool stream_arrives(struct world *w, struct wire *wire)
{
	struct s5b *there = counterpart(w, wire->stream);
	const struct s5b_events *events;
	void *owner;

	if (!there || !w->joins[wire->end[0].broker->index][there->of] ||
	    !w->joins[wire->end[1].broker->index][there->of])
		return false;
	events = there->events;
	owner = there->owner;
	stream_release(there);
	end_begin(wire, 1, &raw_events, wire->end[1].broker)->up = true;
	events->reached(owner, &wire->end[1].path, wire->end[0].broker->fp, false);
	return true;
}

void attempt_lost(struct wire *wire)
{
	if (wire->stream)
		wire->stream->wire = NULL;
	wire->stream = NULL;
	wire->dialer = NULL;
	punch_lost(wire);
}

static struct s5b *on_offer(void *arg, const unsigned char *fp, const char *to,
			    char proxy[JID_FULL_MAX], const struct s5b_events *events, void *owner)
{
	struct s5b_record record = { .step = S5B_OFFER, .offer.port = 7777 };
	struct broker *b = arg;
	uint8_t random[PASS_TOKEN_BYTES];
	struct s5b *s;

	if (!b->online || !b->has_proxy)
		return NULL;
	count_try(b, device_of(b, fp), PATH_PROXY);
	draw_id(b->world, random, sizeof(random));
	hex_encode(random, sizeof(random), record.pass.token);
	full_jid(b, b->resource, record.offer.from);
	snprintf(record.offer.jid, sizeof(record.offer.jid), "proxy.%u", b->index);
	snprintf(record.offer.host, sizeof(record.offer.host), "192.0.2.%u", b->index);
	snprintf(record.offer.to, sizeof(record.offer.to), "%s", to);
	snprintf(proxy, JID_FULL_MAX, "%s", record.offer.jid);
	s = stream_add(b, fp, record.pass.token, b->index, events, owner);
	s->offering = true;
	events->send(owner, &record);
	return s;
}

static struct s5b *on_answer(void *arg, const unsigned char *fp, const struct s5b_record *offer,
			     struct quota *lookups, const char *jid,
			     const struct s5b_events *events, void *owner)
{
	struct broker *b = arg;
	const char *proxy = offer->offer.jid;
	unsigned of = strtoul(proxy + strcspn(proxy, "0123456789"), NULL, 10);

	trace(b->world, "%s: takes a proxy of %s", b->name, device_of(b, fp)->name);
	return stream_add(b, fp, offer->pass.token, of % BROKERS_MAX, events, owner);
}

static void on_record(struct s5b *s, const struct s5b_record *record)
{
	if (strcmp(s->sid, record->pass.token))
		return;
	if (record->step == S5B_FAILED) {
		stream_fail(s, NULL);
	} else if (s->offering && !s->device_joined) {
		s->device_joined = true;
		if (s->joined)
			activate(s);
	}
}

static struct puncher *on_punch(void *arg, const unsigned char *fp,
				const struct punch_record *offer,
				const struct puncher_events *events, void *owner)
{
	struct broker *b = arg, *other = device_of(b, fp);

	count_try(b, other, PATH_PUNCH);
	return punch_begin(b, other, offer, events, owner);
}

static const char *on_punch_sid(const struct puncher *p)
{
	return p->sid;
}

static const char *on_sid(const struct s5b *s)
{
	return s->sid;
}

static void on_seen(void *arg, const struct netaddr *outside, uint16_t inside)
{
	struct broker *b = arg;
	char text[NETADDR_TEXT_MAX];

	netaddr_format(outside, text);
	trace(b->world, "%s: is told that it is seen as %s", b->name, text);
}

const struct connector_ops attempt_ops = {
	.facts = on_facts,
	.candidates = on_candidates,
	.has_proxy = on_has_proxy,
	.knows_proxy = on_knows_proxy,
	.proxy_failed = on_proxy_failed,
	.open_inband = on_open_inband,
	.open_invited = on_open_invited,
	.dial = on_dial,
	.hang_up = on_hang_up,
	.offer = on_offer,
	.answer = on_answer,
	.stream_record = on_record,
	.stream_sid = on_sid,
	.stream_end = on_stream_end,
	.punch = on_punch,
	.punch_record = punch_record_arrives,
	.punch_sid = on_punch_sid,
	.punch_end = punch_given_up,
	.seen = on_seen,
};
