/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Explores every order in which the negotiations between two devices can go. Three requests
 * (the sets are in a table below) begin at any moment. Every record arrives before or after
 * anything else that may happen. As often as the budget of deviations allows, services fail
 * to start, users give up before or after a request is open, and timers expire. After every
 * step the invariants are checked.
 *
 * usage: explore [deviations], the budget of a schedule; 1 by default.
 *
 * The search is depth first. A state is restored by repeating the choices that led to it. A
 * state that was reached before, by any way, is not searched again, but its schedules are
 * counted. The core is the real one: links, channels, negotiations. Only paths and time are
 * simulated.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "fields.h"
#include "log.h"
#include "negotiation.h"
#include "nothing.h"

enum {
	OPS = 3,
	DEPTH_MAX = 256,
	CHOICES_MAX = 32,
	DEVIATIONS_MAX = 2,
};

enum choice_kind {
	BEGIN,			/* op */
	DELIVER,		/* to side */
	START,			/* op: its service starts */
	FINISH,			/* op: its service ends well */
	/* These are deviations, from here on. */
	FAIL,			/* op: its service does not start */
	WITHDRAW,		/* op: its user gives up before it is open */
	CLOSE,			/* op: its user gives up while it is open */
	EXPIRE,			/* the timer that is due next */
};

struct choice {
	uint8_t kind, arg;
};

struct set {
	const char *what;
	struct {
		enum service service;
		unsigned from;
	} ops[OPS];
};

static const struct set sets[] = {
	{ "a push each way and a fetch", {
		{ SERVICE_RECEIVE_PACK, 0 }, { SERVICE_RECEIVE_PACK, 1 },
		{ SERVICE_UPLOAD_PACK, 0 } } },
	{ "two pushes one way and one the other", {
		{ SERVICE_RECEIVE_PACK, 0 }, { SERVICE_RECEIVE_PACK, 0 },
		{ SERVICE_RECEIVE_PACK, 1 } } },
};

enum phase { NOT_YET, ASKING, STARTING, OPEN, OVER };

struct world;

struct op {
	struct world *world;
	unsigned index, from;
	enum service service;
	char id[NEG_ID_LEN + 1];
	enum phase phase;		/* at the initiator: NOT_YET, ASKING, OPEN, OVER */
	struct negotiation *neg;
	struct channel *channel;
	bool exited;
	enum phase served;		/* at the responder: NOT_YET, STARTING, OPEN, OVER */
	struct negotiation *serving;
	struct channel *serving_channel;
	uint64_t opened_at;
	bool active, finished;
	bool known[2];			/* whether the side has, or had, a negotiation of this
					   id */
};

struct side {
	struct world *world;
	unsigned index;
	struct link link;
	struct channels channels;
	struct negotiations negotiations;
	struct buf wire;		/* its output that is not delivered yet */
	bool kicked, ended;
	char asked[NEG_ID_LEN + 1];	/* of the can-push being delivered */
	bool answered;
};

struct world {
	const struct set *set;
	struct side sides[2];
	struct op ops[OPS];
	uint64_t now;
	unsigned budget, spent;		/* of deviations */
	struct choice path[DEPTH_MAX];
	unsigned depth;
};

static void print_choice(struct choice c)
{
	static const char *const names[] = {
		"begin", "deliver to", "start", "finish", "fail", "withdraw", "close", "expire",
	};

	printf("  %s %u\n", names[c.kind], c.arg);
}

__attribute__((format(printf, 2, 3), noreturn))
static void violation(const struct world *w, const char *fmt, ...)
{
	va_list ap;

	printf("%s: ", w->set->what);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(", after\n");
	for (unsigned i = 0; i < w->depth; i++)
		print_choice(w->path[i]);
	fflush(stdout);
	exit(1);
}

static struct op *op_of(struct world *w, const char *id)
{
	for (unsigned i = 0; i < OPS; i++)
		if (w->ops[i].id[0] && !strcmp(w->ops[i].id, id))
			return &w->ops[i];
	return NULL;
}

/* The initiator */

static void on_exited(void *owner, uint32_t status)
{
	struct op *op = owner;

	op->exited = true;
	channel_end(op->channel);
}

static void on_closed(void *owner, const char *reason)
{
	struct op *op = owner;

	if (op->phase != OPEN)
		violation(op->world, "a channel is closed twice");
	op->phase = OVER;
	op->channel = NULL;
	neg_done(op->neg, op->world->now);
	op->neg = NULL;
}

static const struct channel_events channel_events = {
	.accepted = nothing,
	.data = nothing_came,
	.stderr_data = nothing_came,
	.end = nothing,
	.exited = on_exited,
	.writable = nothing,
	.closed = on_closed,
};

static void on_wanted(void *owner, struct negotiation *neg)
{
	neg_start_push(neg, ((struct op *)owner)->world->now);
}

static void on_waiting(void *owner, struct negotiation *neg, const char *state)
{
}

static void on_open(void *owner, struct negotiation *neg, struct channel *channel)
{
	struct op *op = owner;

	if (op->phase != ASKING)
		violation(op->world, "a request opens that does not ask");
	op->phase = OPEN;
	op->channel = channel;
	/* The first byte makes a push active. */
	if (op->service == SERVICE_RECEIVE_PACK)
		channel_write(channel, "x", 1);
}

static void on_refused(void *owner, struct negotiation *neg, const char *reason)
{
	struct op *op = owner;

	if (op->phase != ASKING)
		violation(op->world, "a request is refused that does not ask");
	op->phase = OVER;
	op->neg = NULL;
}

static const struct initiator_events initiator_events = {
	.wanted = on_wanted,
	.waiting = on_waiting,
	.open = on_open,
	.refused = on_refused,
};

/* The responder */

static void on_served_data(void *owner, const void *data, size_t n)
{
	struct op *op = owner;

	op->active = true;
	neg_active(op->serving);
}

static void on_served_closed(void *owner, const char *reason)
{
	struct op *op = owner;

	if (op->served != OPEN)
		violation(op->world, "a served channel is closed twice");
	op->served = OVER;
	op->serving_channel = NULL;
	neg_done(op->serving, op->world->now);
	op->serving = NULL;
}

static const struct channel_events served_events = {
	.accepted = nothing,
	.data = on_served_data,
	.stderr_data = nothing_came,
	.end = nothing,
	.exited = nothing_exited,
	.writable = nothing,
	.closed = on_served_closed,
};

static bool serves_push(const struct negotiation *neg)
{
	return !neg_ours(neg) && neg_service(neg) == SERVICE_RECEIVE_PACK;
}

/* Whether other pushes have to wait for this one, in the view of its responder. */
static bool holds(struct world *w, const struct negotiation *neg)
{
	const struct op *op = op_of(w, neg_id(neg));

	switch (neg_state(neg)) {
	case NEG_REQUESTED:
	case NEG_STARTING:
		return true;
	case NEG_OPEN:
		return op->active || w->now < op->opened_at + NEG_IDLE_PUSH;
	default:
		return false;
	}
}

/* A push is asked for: no other one may be under way. */
static void check_turn(struct side *s, const char *id)
{
	for (const struct negotiation *neg = s->negotiations.first; neg; neg = neg_next(neg))
		if (serves_push(neg) && strcmp(neg_id(neg), id) && holds(s->world, neg))
			violation(s->world, "two pushes at once");
}

static void on_send(void *owner, enum record_type type, struct buf *fields)
{
	struct side *s = owner;
	struct fields f = { buf_data(fields), buf_len(fields) };
	const char *id = fields_get(f, "id"), *service = fields_get(f, "service");

	if (!strcmp(id, s->asked) &&
	    (type == RECORD_PUSH_REQUEST || type == RECORD_SEEN || type == RECORD_REFUSE))
		s->answered = true;
	if (type == RECORD_PUSH_REQUEST && !strcmp(service, "receive-pack"))
		check_turn(s, id);
	link_send(&s->link, type, buf_data(fields), buf_len(fields));
}

static const char *on_authorize(void *owner, enum service service, const char *share)
{
	return NULL;
}

static void *on_start(void *owner, struct negotiation *neg)
{
	struct side *s = owner;
	struct op *op = op_of(s->world, neg_id(neg));

	if (!op || op->served != NOT_YET)
		violation(s->world, "a service is started twice, or for nobody");
	op->served = STARTING;
	op->serving = neg;
	return op;
}

static void on_stop(void *owner, void *serving)
{
	struct side *s = owner;
	struct op *op = serving;

	if (op->served != STARTING)
		violation(s->world, "a service is stopped that is not being started");
	op->served = OVER;
	op->serving = NULL;
}

static void on_outcome(void *owner, const char *id, uint64_t received, struct buf *fields)
{
}

static void on_announced(void *owner, const char *share, struct fields f)
{
}

static const struct negotiation_events negotiation_events = {
	.send = on_send,
	.authorize = on_authorize,
	.start = on_start,
	.stop = on_stop,
	.outcome = on_outcome,
	.announced = on_announced,
};

/* The link */

static void on_deliver(void *owner, const struct record *record)
{
	struct side *s = owner;
	struct fields f = { (const char *)record->payload, record->len };
	const char *fault;

	s->asked[0] = '\0';
	s->answered = false;
	if (record->type == RECORD_CAN_PUSH)
		strcpy(s->asked, fields_get(f, "id"));
	if (record->type < RECORD_ACCEPT)
		fault = negotiations_record(&s->negotiations, record, s->world->now);
	else
		fault = channels_record(&s->channels, record);
	if (fault)
		violation(s->world, "%s breaks the protocol: %s", record_type_name(record->type),
			  fault);
	if (s->asked[0] && !s->answered)
		violation(s->world, "a can-push is not answered");
}

static void on_kick(void *owner)
{
	((struct side *)owner)->kicked = true;
}

static bool on_fill(void *owner)
{
	return channels_fill(&((struct side *)owner)->channels);
}

static void on_ended(void *owner, const char *reason)
{
	struct side *s = owner;

	if (!s->ended)
		violation(s->world, "the link ended: %s", reason);
}

static const struct link_events link_events = {
	.up = nothing_up,
	.down = nothing,
	.deliver = on_deliver,
	.fill = on_fill,
	.ended = on_ended,
	.kick = on_kick,
};

/* Puts all output of both sides on the wire. */
static void pump(struct world *w)
{
	for (unsigned i = 0; i < 2; i++) {
		struct side *s = &w->sides[i];

		while (s->kicked && link_output(&s->link, &s->wire, RECORD_PAYLOAD_MAX, w->now))
			;
		s->kicked = false;
	}
}

static struct record first_record(const struct buf *wire, long *size)
{
	struct record record;

	*size = record_parse(buf_data(wire), buf_len(wire), &record);
	assert(*size > 0);
	return record;
}

static void pass(struct side *from, struct side *to, long size)
{
	struct buf plain = { 0 };

	buf_append(&plain, buf_data(&from->wire), size);
	buf_consume(&from->wire, size);
	if (link_input(&to->link, &plain, to->world->now) < 0)
		violation(to->world, "a path is to be closed");
	buf_finish(&plain);
}

/*
 * Records without a number make no difference here, so they are delivered with the record
 * before them. EXIT is delivered with END for the same reason.
 */
static void pass_followers(struct side *from, struct side *to)
{
	while (buf_len(&from->wire)) {
		long size;
		struct record record = first_record(&from->wire, &size);

		if (record_type_numbered(record.type) && record.type != RECORD_EXIT)
			return;
		pass(from, to, size);
	}
}

static void settle(struct world *w)
{
	pump(w);
	for (unsigned i = 0; i < 2; i++)
		pass_followers(&w->sides[i], &w->sides[!i]);
	pump(w);
}

static void world_begin(struct world *w, const struct set *set)
{
	static const uint8_t instance[INSTANCE_BYTES] = { 0 }, link_id[LINK_ID_BYTES] = { 0 };
	static const struct link_ends both = { "side@sim", "side@sim" };

	memset(w->ops, 0, sizeof(w->ops));
	w->set = set;
	w->now = 1000;
	w->spent = 0;
	for (unsigned i = 0; i < 2; i++) {
		struct side *s = &w->sides[i];

		s->world = w;
		s->index = i;
		s->kicked = s->ended = false;
		link_init(&s->link, &link_events, s, link_id, instance, &both, "side");
		channels_init(&s->channels, &s->link, i == 0);
		negotiations_init(&s->negotiations, &negotiation_events, s, &s->channels);
	}
	for (unsigned i = 0; i < OPS; i++) {
		w->ops[i].world = w;
		w->ops[i].index = i;
		w->ops[i].from = set->ops[i].from;
		w->ops[i].service = set->ops[i].service;
	}
	link_attach(&w->sides[0].link, true, w->now);
	link_attach(&w->sides[1].link, false, w->now);
	settle(w);
	settle(w);
}

static void world_end(struct world *w)
{
	for (unsigned i = 0; i < 2; i++) {
		struct side *s = &w->sides[i];

		s->ended = true;
		channels_finish(&s->channels, "gone");
		negotiations_finish(&s->negotiations, "gone", w->now);
		if (s->negotiations.first || s->channels.first)
			violation(w, "the end of the link leaves something");
		link_finish(&s->link);
		buf_finish(&s->wire);
	}
	for (unsigned i = 0; i < OPS; i++)
		if ((w->ops[i].phase != NOT_YET && w->ops[i].phase != OVER) ||
		    (w->ops[i].served != NOT_YET && w->ops[i].served != OVER))
			violation(w, "the end of the link is not told to request %u", i);
}

/* Choices */

static uint64_t next_deadline(const struct world *w)
{
	uint64_t a = negotiations_deadline(&w->sides[0].negotiations);
	uint64_t b = negotiations_deadline(&w->sides[1].negotiations);

	return a < b ? a : b;
}

static unsigned list_choices(const struct world *w, struct choice out[CHOICES_MAX])
{
	bool may_deviate = w->spent < w->budget;
	unsigned n = 0;

	for (uint8_t i = 0; i < OPS; i++) {
		const struct op *op = &w->ops[i];

		if (op->phase == NOT_YET)
			out[n++] = (struct choice){ BEGIN, i };
		if (op->served == STARTING)
			out[n++] = (struct choice){ START, i };
		if (op->served == OPEN && !op->finished)
			out[n++] = (struct choice){ FINISH, i };
		if (may_deviate && op->served == STARTING)
			out[n++] = (struct choice){ FAIL, i };
		if (may_deviate && op->phase == ASKING)
			out[n++] = (struct choice){ WITHDRAW, i };
		if (may_deviate && op->phase == OPEN)
			out[n++] = (struct choice){ CLOSE, i };
	}
	for (uint8_t i = 0; i < 2; i++)
		if (buf_len(&w->sides[!i].wire))
			out[n++] = (struct choice){ DELIVER, i };
	if (may_deviate && next_deadline(w) != UINT64_MAX)
		out[n++] = (struct choice){ EXPIRE, 0 };
	return n;
}

static void begin(struct op *op)
{
	struct world *w = op->world;
	uint8_t id[NEG_ID_BYTES] = { (uint8_t)op->index };

	op->phase = ASKING;
	op->neg = neg_begin(&w->sides[op->from].negotiations, id, op->service, "project", NULL,
			    &initiator_events, &channel_events, op, w->now);
	strcpy(op->id, neg_id(op->neg));
}

static void start_service(struct op *op)
{
	struct channel *ch = neg_started(op->serving, &served_events, op, op->world->now);

	if (!ch)
		return;
	op->serving_channel = ch;
	op->served = OPEN;
	op->opened_at = op->world->now;
}

static void fail_service(struct op *op)
{
	struct negotiation *neg = op->serving;

	op->served = OVER;
	op->serving = NULL;
	neg_failed(neg, "broken", op->world->now);
}

static void withdraw(struct op *op)
{
	struct negotiation *neg = op->neg;

	op->phase = OVER;
	op->neg = NULL;
	neg_withdraw(neg, "cancelled");
}

static void expire(struct world *w)
{
	uint64_t at = next_deadline(w);

	w->now = at > w->now ? at : w->now;
	for (unsigned i = 0; i < 2; i++)
		negotiations_tick(&w->sides[i].negotiations, w->now);
}

static void apply(struct world *w, struct choice c)
{
	struct op *op = &w->ops[c.arg % OPS];

	w->spent += c.kind >= FAIL;
	switch (c.kind) {
	case BEGIN:
		begin(op);
		break;
	case DELIVER: {
		long size;

		first_record(&w->sides[!c.arg].wire, &size);
		pass(&w->sides[!c.arg], &w->sides[c.arg], size);
		break;
	}
	case START:
		start_service(op);
		break;
	case FINISH:
		op->finished = true;
		channel_exit(op->serving_channel, 0);
		break;
	case FAIL:
		fail_service(op);
		break;
	case WITHDRAW:
		withdraw(op);
		break;
	case CLOSE:
		channel_close(op->channel, "cancelled");
		break;
	default:
		expire(w);
		break;
	}
	settle(w);
	for (unsigned i = 0; i < 2; i++) {
		struct negotiation *neg = w->sides[i].negotiations.first;

		for (; neg; neg = neg_next(neg))
			op_of(w, neg_id(neg))->known[i] = true;
	}
}

/* What must be true after every step */

static const struct negotiation *counterpart(const struct side *s, const struct negotiation *neg)
{
	const struct negotiation *other = s->negotiations.first;

	while (other && strcmp(neg_id(other), neg_id(neg)))
		other = neg_next(other);
	return other;
}

static bool agree(enum neg_state began, enum neg_state responder)
{
	switch (began) {
	case NEG_REQUESTED:
		return responder == NEG_STARTING;
	case NEG_DEFERRED:
	case NEG_STARTING:
	case NEG_OPEN:
		return responder == began;
	default:
		return false;
	}
}

/* Nothing is on its way: neither side may wait for something that will not come. */
static void check_quiet(struct world *w)
{
	for (unsigned i = 0; i < 2; i++) {
		for (const struct negotiation *neg = w->sides[i].negotiations.first; neg;
		     neg = neg_next(neg)) {
			const struct negotiation *other = counterpart(&w->sides[!i], neg);
			const struct negotiation *began = neg_ours(neg) ? neg : other;

			if (!other ||
			    !agree(neg_state(began), neg_state(began == neg ? other : neg)))
				violation(w,
					  "request %u is %s here and %s there, and nothing is on "
					  "its way",
					  op_of(w, neg_id(neg))->index,
					  neg_state_name(neg_state(neg)),
					  other ? neg_state_name(neg_state(other)) : "unknown");
		}
	}
}

static void check_side(struct world *w, struct side *s)
{
	unsigned channels = 0;

	for (const struct negotiation *neg = s->negotiations.first; neg; neg = neg_next(neg)) {
		const struct op *op = op_of(w, neg_id(neg));
		bool held = false;

		if (!op)
			violation(w, "a negotiation of nobody");
		channels += neg_state(neg) == NEG_OPEN ||
			    (neg_state(neg) == NEG_STARTING && neg_ours(neg));
		if (neg_state(neg) == NEG_WANTED)
			violation(w, "request %u is left wanted", op->index);
		if (neg_state(neg) != NEG_OPEN && neg_deadline(neg) == UINT64_MAX)
			violation(w, "request %u is %s and has no timer", op->index,
				  neg_state_name(neg_state(neg)));
		if (neg_ours(neg) ? op->neg != neg : op->serving && op->serving != neg)
			violation(w, "request %u has two negotiations", op->index);
		if (neg_ours(neg) || neg_state(neg) != NEG_DEFERRED)
			continue;
		for (const struct negotiation *o = s->negotiations.first; o; o = neg_next(o))
			held |= o != neg && serves_push(o) && holds(w, o);
		if (!held && negotiations_deadline(&s->negotiations) > w->now)
			violation(w, "request %u waits for nothing", op->index);
	}
	if (channels != s->channels.count)
		violation(w, "%u channels for %u negotiations", s->channels.count, channels);
}

static void check(struct world *w)
{
	bool quiet = true;

	for (unsigned i = 0; i < 2; i++) {
		check_side(w, &w->sides[i]);
		quiet &= !buf_len(&w->sides[i].wire);
	}
	if (quiet)
		check_quiet(w);
}

/* The states seen so far */

struct state {
	uint64_t a, b;		/* two hashes of the state; both 0: the place is free */
	double schedules;	/* how many there are from here to the end */
};

struct search {
	struct state *table;	/* owned */
	size_t size;		/* a power of two */
	uint64_t states, steps, ends;
	unsigned deepest;
};

struct digest {
	uint64_t a, b;
};

static void mix(struct digest *d, uint64_t v)
{
	d->a = (d->a ^ v) * 0x9e3779b97f4a7c15;
	d->a ^= d->a >> 29;
	d->b = (d->b + v) * 0xd6e8feb86659fd93;
	d->b ^= d->b >> 32;
}

static void mix_string(struct digest *d, const char *s)
{
	for (; s && *s; s++)
		mix(d, (unsigned char)*s);
	mix(d, 256);
}

/* Mixes in the meaning of a record: in the place of an id, the number of its request. */
static void mix_record(struct digest *d, struct world *w, const struct record *record)
{
	struct fields f = { (const char *)record->payload, record->len };
	const struct op *op;

	mix(d, record->type);
	if (record->type >= RECORD_ACCEPT) {
		for (size_t i = 0; i < record->len; i++)
			mix(d, record->payload[i]);
		return;
	}
	op = op_of(w, fields_get(f, "id"));
	mix(d, op ? op->index : OPS);
	mix_string(d, fields_get(f, "state"));
	mix_string(d, fields_get(f, "reason"));
	mix_string(d, fields_get(f, "channel"));
}

static void mix_side(struct digest *d, struct world *w, const struct side *s)
{
	size_t left = buf_len(&s->wire);
	const char *at = buf_data(&s->wire);

	for (const struct negotiation *neg = s->negotiations.first; neg; neg = neg_next(neg)) {
		mix(d, op_of(w, neg_id(neg))->index);
		mix(d, neg_state(neg));
		mix(d, neg_ours(neg));
		mix(d, neg_deadline(neg) == UINT64_MAX ? 0 : neg_deadline(neg) - w->now + 1);
	}
	mix(d, s->channels.next);
	mix(d, s->channels.count);
	mix(d, s->channels.announced);
	while (left) {
		struct record record;
		long size = record_parse(at, left, &record);

		if (record_type_numbered(record.type))
			mix_record(d, w, &record);
		at += size;
		left -= size;
	}
	mix(d, UINT64_MAX);
}

static struct digest digest_of(struct world *w)
{
	struct digest d = { 1, 2 };

	mix(&d, w->spent);
	for (unsigned i = 0; i < OPS; i++) {
		const struct op *op = &w->ops[i];

		mix(&d, op->phase | op->served << 4 | op->exited << 8 | op->active << 9 |
				op->finished << 10 | op->known[0] << 11 | op->known[1] << 12);
		mix(&d, op->channel ? channel_number(op->channel) : 0);
		mix(&d, op->serving_channel ? channel_number(op->serving_channel) : 0);
		if (op->served == OPEN && w->now < op->opened_at + NEG_IDLE_PUSH)
			mix(&d, op->opened_at + NEG_IDLE_PUSH - w->now);
	}
	for (unsigned i = 0; i < 2; i++)
		mix_side(&d, w, &w->sides[i]);
	d.a += !d.a && !d.b;
	return d;
}

/* The place of a state in the table, or a free one for it. */
static struct state *look_up(struct search *s, struct digest d)
{
	size_t mask = s->size - 1, i = d.a & mask;

	while ((s->table[i].a || s->table[i].b) && (s->table[i].a != d.a || s->table[i].b != d.b))
		i = (i + 1) & mask;
	return &s->table[i];
}

/* The search */

/* Restores the state at this depth, by repeating the choices. */
static void replay(struct world *w, unsigned depth)
{
	world_end(w);
	world_begin(w, w->set);
	w->depth = depth;
	for (unsigned i = 0; i < depth; i++)
		apply(w, w->path[i]);
}

/*
 * Explores the world's present state; returns how many schedules there are from it. The
 * budget bounds the depth.
 */
static double explore(struct world *w, struct search *s)
{
	unsigned depth = w->depth, n;
	struct choice choices[CHOICES_MAX];
	struct digest d = digest_of(w);
	struct state *seen = look_up(s, d);
	double schedules = 0;

	if (seen->a || seen->b)
		return seen->schedules;
	if (++s->states > s->size / 2)
		violation(w, "too many states");
	n = list_choices(w, choices);
	s->deepest = depth > s->deepest ? depth : s->deepest;
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			replay(w, depth);
		assert(depth < DEPTH_MAX);
		w->path[w->depth++] = choices[i];
		apply(w, choices[i]);
		s->steps++;
		check(w);
		schedules += explore(w, s);
	}
	if (n == 0) {
		schedules = 1;
		s->ends++;
		if (w->sides[0].negotiations.first || w->sides[1].negotiations.first)
			violation(w, "nothing can happen any more, and something is open");
	}
	*look_up(s, d) = (struct state){ d.a, d.b, schedules };
	return schedules;
}

static void explore_set(const struct set *set, unsigned budget)
{
	/* log2 of the table's size; less than half of it is needed */
	static const unsigned char bits[DEVIATIONS_MAX + 1] = { 17, 21, 24 };
	struct search s = { .size = (size_t)1 << bits[budget] };
	struct world w = { .budget = budget };
	double schedules;

	s.table = xcalloc(s.size, sizeof(*s.table));
	world_begin(&w, set);
	schedules = explore(&w, &s);
	world_end(&w);
	printf("%s, at most %u deviations: %.4g schedules of up to %u steps, through %" PRIu64
	       " states, %" PRIu64 " steps taken, %" PRIu64 " ends\n",
	       set->what, budget, schedules, s.deepest, s.states, s.steps, s.ends);
	fflush(stdout);
	free(s.table);
}

int main(int argc, char **argv)
{
	unsigned budget = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;

	if (argc > 2 || budget > DEVIATIONS_MAX) {
		fprintf(stderr, "usage: explore [deviations]\n");
		return 2;
	}
	log_set_level(LOG_ERROR);
	for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		explore_set(&sets[i], budget);
	return 0;
}
