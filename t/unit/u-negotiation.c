/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two devices, their links joined in memory, negotiate. What happens is
 * written to a trace in words, and the trace is compared.
 */
#include "negotiation.h"
#include "service-request.h"

#include <stdlib.h>

#include "alloc.h"
#include "fields.h"
#include "nothing.h"
#include "tap.h"

/* A channel in use, and whose it is. */
struct run {
	struct side *side;
	struct negotiation *neg;
	struct channel *channel;	/* NULL when closed */
};

enum { RUNS_MAX = 8 };

struct side {
	const char *name;
	struct side *other;
	struct link link;
	struct channels channels;
	struct negotiations negotiations;
	const char *verdict;		/* what authorize answers; NULL: allowed */
	bool start_at_once;		/* start answers with neg_started() */
	bool talks;			/* and says its first words at once */
	struct negotiation *starting;	/* the last one that was to be started */
	struct run runs[RUNS_MAX];	/* in the order they were opened */
	unsigned run_count;
	struct run *served, *open;	/* the last one of each kind */
	bool hold_wanted;		/* wanted is not answered at once */
	struct negotiation *wanted;
	const char *held;		/* the share of a push that runs without a negotiation */
};

static struct buf trace;
static uint64_t now;

static void say(const struct side *s, const char *fmt, ...)
{
	va_list ap;

	buf_printf(&trace, "%s ", s->name);
	va_start(ap, fmt);
	buf_vprintf(&trace, fmt, ap);
	va_end(ap);
	buf_puts(&trace, "\n");
}

static void expect(const char *text, const char *what)
{
	is_str(buf_str(&trace), text, what);
	buf_reset(&trace);
}

/* Of channels only their end matters here. */
static void on_closed(void *owner, const char *reason)
{
	struct run *run = owner;

	say(run->side, "channel closed: %s", reason ? reason : "done");
	run->channel = NULL;
	neg_done(run->neg, now);
}

static const struct channel_events channel_events = {
	nothing, nothing_came, nothing_came, nothing, nothing_exited, nothing, on_closed,
};

static struct run *add_run(struct side *s, struct negotiation *neg)
{
	struct run *run = &s->runs[s->run_count++];

	*run = (struct run){ .side = s, .neg = neg };
	return run;
}

static void started(struct side *s)
{
	struct negotiation *neg = s->starting;

	s->starting = NULL;
	s->served = add_run(s, neg);
	s->served->channel = neg_started(neg, &channel_events, s->served, now);
	if (s->talks)
		channel_write(s->served->channel, "0000", 4);
}

static void on_send(void *owner, enum record_type type, struct buf *fields)
{
	struct side *s = owner;
	struct fields f = { buf_data(fields), buf_len(fields) };
	const char *reason = fields_get(f, "reason"), *state = fields_get(f, "state");

	say(s, "says %s%s%s", record_type_name(type), reason || state ? " " : "",
	    reason ? reason : state ? state : "");
	link_send(&s->link, type, buf_data(fields), buf_len(fields));
}

static const char *on_authorize(void *owner, enum service service, const char *share)
{
	return ((struct side *)owner)->verdict;
}

static void *on_start(void *owner, struct negotiation *neg)
{
	struct side *s = owner;

	say(s, "starts %s of %s", service_name(neg_service(neg)), neg_share(neg));
	s->starting = neg;
	if (s->start_at_once)
		started(s);
	return s;
}

static void on_stop(void *owner, void *serving)
{
	struct side *s = owner;

	say(s, "stops the service");
	s->starting = NULL;
}

static void on_announced(void *owner, const char *share, struct fields f)
{
	say(owner, "is told of %s: %s", share, fields_get(f, "tip"));
}

static void on_outcome_asked(void *owner, const char *id, uint64_t received, struct buf *fields)
{
	say(owner, "is asked for an outcome after %d bytes", (int)received);
	fields_add(fields, "state", "done");
	fields_add(fields, "status", "1");
}

static bool on_turn_held(void *owner, const char *share)
{
	const char *held = ((struct side *)owner)->held;

	return held && !strcmp(held, share);
}

static const struct negotiation_events table_events = {
	on_send, on_authorize, on_start, on_stop, on_outcome_asked, on_announced, on_turn_held,
};

static void on_wanted(void *owner, struct negotiation *neg)
{
	struct side *s = owner;

	if (s->hold_wanted)
		s->wanted = neg;
	else
		neg_start_push(neg, now);
}

static void on_waiting(void *owner, struct negotiation *neg, const char *state)
{
	say(owner, "waits: %s", state);
}

static void on_open(void *owner, struct negotiation *neg, struct channel *channel)
{
	struct side *s = owner;

	say(s, "is open");
	s->open = add_run(s, neg);
	s->open->channel = channel;
	channel_set_events(channel, &channel_events, s->open);
}

static void on_refused(void *owner, struct negotiation *neg, const char *reason)
{
	say(owner, "is refused: %s", reason);
}

static void on_seen(void *owner)
{
	say(owner, "is noted");
}

static void on_outcome(void *owner, struct fields f)
{
	say(owner, "learns: %s, status %s", fields_get(f, "state"), fields_get(f, "status"));
}

static const struct initiator_events initiator_events = {
	on_wanted, on_waiting, on_open, on_outcome, on_seen, on_refused,
};

/* Links are joined by pump(). */
static void on_link_deliver(void *owner, const struct record *record)
{
	struct side *s = owner;

	if (record->type < RECORD_ACCEPT)
		ok(!negotiations_record(&s->negotiations, record, now),
		   "%s understands %s", s->name, record_type_name(record->type));
	else
		channels_record(&s->channels, record);
}

static bool on_link_fill(void *owner)
{
	return channels_fill(&((struct side *)owner)->channels);
}

static void on_link_ended(void *owner, const char *reason)
{
	say(owner, "link ended: %s", reason);
}

static const struct link_events link_events = {
	.up = nothing_up, .down = nothing, .deliver = on_link_deliver, .fill = on_link_fill,
	.ended = on_link_ended, .kick = nothing,
};

static void pump(struct side *a)
{
	bool moved = true;

	while (moved) {
		moved = false;
		for (int i = 0; i < 2; i++, a = a->other) {
			struct buf wire = { 0 };

			if (link_output(&a->link, &wire, 16384, now)) {
				moved = true;
				link_input(&a->other->link, &wire, now);
			}
			buf_finish(&wire);
		}
	}
}

/* For a negotiation: another one each time. */
static const uint8_t *new_id(void)
{
	static uint8_t id[NEG_ID_BYTES];

	id[0] += !++id[1];
	return id;
}

static void side_init(struct side *s, const char *name, struct side *other, unsigned char instance)
{
	static const struct link_ends both = { "somebody@example.org", "somebody@example.org" };
	uint8_t id[LINK_ID_BYTES] = { 0 }, bytes[INSTANCE_BYTES] = { instance };

	*s = (struct side){ .name = name, .other = other };
	link_init(&s->link, &link_events, s, id, bytes, &both, name);
	channels_init(&s->channels, &s->link, instance & 1);
	negotiations_init(&s->negotiations, &table_events, s, &s->channels);
}

static void pair_init(struct side *a, struct side *b, const char *a_name, const char *b_name)
{
	side_init(a, a_name, b, 1);
	side_init(b, b_name, a, 2);
	link_attach(&a->link, true, now);
	link_attach(&b->link, false, now);
	pump(a);
}

static void side_finish(struct side *s, const char *reason)
{
	channels_finish(&s->channels, reason);
	negotiations_finish(&s->negotiations, reason, now);
	ok(s->negotiations.count == 0, "%s has no negotiation left", s->name);
	link_finish(&s->link);
}

static void pair_finish(struct side *a, struct side *b)
{
	side_finish(a, "the end");
	side_finish(b, "the end");
	buf_reset(&trace);
}

static struct negotiation *begin(struct side *s, enum service service, const char *share)
{
	return neg_begin(&s->negotiations, new_id(), service, share, "2", &initiator_events,
			 &channel_events, s, now);
}

static void tick(struct side *a, uint64_t ms)
{
	now += ms;
	for (int i = 0; i < 2; i++, a = a->other)
		if (negotiations_deadline(&a->negotiations) <= now)
			negotiations_tick(&a->negotiations, now);
	pump(a);
}

static void test_fetch(void)
{
	struct side a, b;

	pair_init(&a, &b, "alice", "bob");
	begin(&a, SERVICE_UPLOAD_PACK, "project");
	pump(&a);
	expect("alice says PUSH-REQUEST\nbob starts upload-pack of project\n",
	       "a fetch starts the service at once");
	is_str(neg_git_protocol(b.starting), "2", "with git's protocol version");
	started(&b);
	pump(&a);
	expect("bob says STARTING-PUSH\nalice is open\n", "when it talks, the fetch is open");
	channel_close(a.open->channel, "cancelled");
	pump(&a);
	expect("alice channel closed: cancelled\nbob channel closed: cancelled\n",
	       "a close ends it on both sides");
	is_int(a.negotiations.count + b.negotiations.count, 0, "nothing is left");
	pair_finish(&a, &b);
}

/* All that one side has to say arrives at the other. */
static void fly(struct side *s)
{
	struct buf wire = { 0 };

	while (link_output(&s->link, &wire, 16384, now))
		;
	link_input(&s->other->link, &wire, now);
	buf_finish(&wire);
}

/*
 * How many flights there are until the first words of the service are there: two of them make
 * a round trip, for which a user far away waits.
 */
static void test_flights(void)
{
	static const struct {
		enum service service;
		bool up, ahead;
		int flights;
		const char *what;
	} rows[] = {
		{ SERVICE_UPLOAD_PACK, true, false, 2, "a fetch over a link that is up" },
		{ SERVICE_UPLOAD_PACK, false, true, 2, "over one that is new, to a trusted key" },
		{ SERVICE_UPLOAD_PACK, false, false, 4, "over one that is new, to another key" },
		{ SERVICE_RECEIVE_PACK, true, false, 4, "a push over a link that is up" },
		{ SERVICE_RECEIVE_PACK, false, true, 4, "over one that is new, to a trusted key" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct side a, b, *from = &a;
		int flights = 0;

		side_init(&a, "alice", &b, 1);
		side_init(&b, "bob", &a, 2);
		b.start_at_once = b.talks = true;
		a.link.ahead = rows[i].ahead;
		link_attach(&a.link, true, now);
		link_attach(&b.link, false, now);
		if (rows[i].up)
			pump(&a);
		begin(&a, rows[i].service, "project");
		for (; flights < 10 && !(a.open && channel_received(a.open->channel)); flights++) {
			fly(from);
			from = from->other;
		}
		is_int(flights, rows[i].flights, rows[i].what);
		pair_finish(&a, &b);
	}
}

static void test_push(void)
{
	struct side a, b;

	pair_init(&a, &b, "alice", "bob");
	begin(&a, SERVICE_RECEIVE_PACK, "project");
	pump(&a);
	expect("alice says CAN-PUSH\nbob says PUSH-REQUEST\nalice says STARTING-PUSH\n"
	       "bob starts receive-pack of project\n", "a push asks before it starts");
	started(&b);
	pump(&a);
	expect("alice is open\n", "and is open when the service talks");
	channel_close(b.served->channel, "done");
	pump(&a);
	buf_reset(&trace);
	is_int(a.negotiations.count + b.negotiations.count, 0, "nothing is left");
	pair_finish(&a, &b);
}

static void test_announcement(void)
{
	static const char tips[] = "tip=13a9be49c22abfda98500186d758a0c8dd09f20e refs/heads/main";
	struct side a, b;

	pair_init(&a, &b, "alice", "bob");
	b.verdict = "not-shared";	/* what bob shares does not matter */
	neg_announce(&a.negotiations, new_id(), "project", tips, sizeof(tips), &initiator_events,
		     &a, now);
	pump(&a);
	expect("alice says CAN-PUSH\n"
	       "bob is told of project: 13a9be49c22abfda98500186d758a0c8dd09f20e refs/heads/main\n"
	       "bob says SEEN announcement\nalice is noted\n", "an announcement is noted at once");
	is_int(a.negotiations.count + b.negotiations.count, 0, "and over");
	neg_announce(&a.negotiations, new_id(), "project", tips, sizeof(tips), &initiator_events,
		     &a, now);
	now += NEG_ANSWER_TIMEOUT;
	negotiations_tick(&a.negotiations, now);
	expect("alice says CAN-PUSH\nalice says WITHDRAW timeout\nalice is refused: timeout\n",
	       "one that is not answered ends, too");
	pair_finish(&a, &b);
}

static void test_outcome(void)
{
	static const char id[] = "0123456789abcdef01234567";
	struct side a, b;

	pair_init(&a, &b, "alice", "bob");
	neg_ask_outcome(&a.negotiations, id, 7, &initiator_events, &a, now);
	ok(!neg_ask_outcome(&a.negotiations, id, 7, &initiator_events, &a, now),
	   "one question at a time");
	pump(&a);
	expect("alice says OUTCOME-ASK\nbob is asked for an outcome after 7 bytes\n"
	       "bob says OUTCOME done\nalice learns: done, status 1\n",
	       "what became of a push is answered by its id, at once");
	is_int(a.negotiations.count + b.negotiations.count, 0, "and nothing is left");
	neg_ask_outcome(&a.negotiations, id, 7, &initiator_events, &a, now);
	now += NEG_ANSWER_TIMEOUT;
	negotiations_tick(&a.negotiations, now);
	expect("alice says OUTCOME-ASK\nalice is refused: timeout\n",
	       "a question that is not answered ends");
	pair_finish(&a, &b);
}

static void test_refusals(void)
{
	struct side a, b;

	pair_init(&a, &b, "alice", "bob");
	b.verdict = "not-shared";
	begin(&a, SERVICE_UPLOAD_PACK, "secret");
	begin(&a, SERVICE_RECEIVE_PACK, "secret");
	pump(&a);
	expect("alice says PUSH-REQUEST\nalice says CAN-PUSH\n"
	       "bob says REFUSE not-shared\nbob says REFUSE not-shared\n"
	       "alice is refused: not-shared\nalice is refused: not-shared\n",
	       "what is not shared is refused, either way");
	b.verdict = NULL;
	begin(&a, SERVICE_RECEIVE_PACK, "project");
	a.hold_wanted = true;
	pump(&a);
	buf_reset(&trace);
	b.verdict = "push-denied";
	neg_start_push(a.wanted, now);
	pump(&a);
	expect("alice says STARTING-PUSH\nbob says REFUSE push-denied\nalice is refused: "
	       "push-denied\n",
	       "permission is looked at again when the push starts");
	a.hold_wanted = false;
	b.verdict = NULL;
	begin(&a, SERVICE_RECEIVE_PACK, "project");
	pump(&a);
	buf_reset(&trace);
	neg_failed(b.starting, "broken", now);
	pump(&a);
	expect("bob says REFUSE broken\nalice is refused: broken\n",
	       "a service that cannot be started is a refusal, not a stop");
	is_int(a.channels.count + b.channels.count, 0, "no channel is left");
	pair_finish(&a, &b);
}

static void test_turns(void)
{
	struct side a, b;

	pair_init(&a, &b, "alice", "bob");
	b.start_at_once = true;
	begin(&a, SERVICE_RECEIVE_PACK, "project");
	pump(&a);
	neg_active(b.served->neg);
	buf_reset(&trace);
	begin(&a, SERVICE_RECEIVE_PACK, "project");
	pump(&a);
	expect("alice says CAN-PUSH\nbob says SEEN deferred\nalice waits: deferred\n",
	       "a second push of the same share is deferred, and answered at once");
	tick(&a, NEG_DEFER_RENEW);
	expect("bob says SEEN deferred\nalice waits: deferred\n", "who waits is told so again");
	begin(&a, SERVICE_RECEIVE_PACK, "other");
	begin(&a, SERVICE_UPLOAD_PACK, "project");
	begin(&b, SERVICE_RECEIVE_PACK, "project");
	pump(&a);
	ok(strstr(buf_str(&trace), "bob starts receive-pack of other") != NULL,
	   "a push of another share does not wait");
	ok(strstr(buf_str(&trace), "bob starts upload-pack of project") != NULL,
	   "nor does a fetch");
	ok(strstr(buf_str(&trace), "alice starts receive-pack of project") != NULL,
	   "nor does a push of the other direction");
	buf_reset(&trace);
	channel_close(b.runs[0].channel, "killed");
	pump(&a);
	expect("bob channel closed: killed\nbob says PUSH-REQUEST\nalice says STARTING-PUSH\n"
	       "alice channel closed: killed\nbob starts receive-pack of project\nalice is open\n",
	       "the deferred one has its turn when the first has ended, however it ended");
	pair_finish(&a, &b);
}

/* A push that waits in a pre-push hook, which itself pushes. */
static void test_idle_push(void)
{
	struct side a, b;

	pair_init(&a, &b, "alice", "bob");
	b.start_at_once = true;
	begin(&a, SERVICE_RECEIVE_PACK, "project");
	pump(&a);
	buf_reset(&trace);
	begin(&a, SERVICE_RECEIVE_PACK, "project");
	pump(&a);
	expect("alice says CAN-PUSH\nbob says SEEN deferred\nalice waits: deferred\n",
	       "behind a push that has just opened, one waits");
	ok(negotiations_deadline(&b.negotiations) <= now + NEG_IDLE_PUSH, "with a timer");
	tick(&a, NEG_IDLE_PUSH);
	expect("bob says PUSH-REQUEST\nalice says STARTING-PUSH\nbob starts receive-pack of "
	       "project\n"
	       "alice is open\n",
	       "but not behind one that says nothing");
	pair_finish(&a, &b);

	pair_init(&a, &b, "alice", "bob");
	b.start_at_once = true;
	begin(&a, SERVICE_RECEIVE_PACK, "project");
	pump(&a);
	begin(&a, SERVICE_RECEIVE_PACK, "project");
	pump(&a);
	now += NEG_IDLE_PUSH;
	begin(&a, SERVICE_RECEIVE_PACK, "project");
	pump(&a);
	buf_reset(&trace);
	ok(negotiations_deadline(&b.negotiations) <= now,
	   "a record that comes before the timer does not disarm it");
	tick(&a, 0);
	ok(strstr(buf_str(&trace), "bob starts receive-pack") != NULL,
	   "so that whoever waits has its turn");
	pair_finish(&a, &b);
}

/* A push of the device that lost its link still runs. */
static void test_push_left_behind(void)
{
	struct side a, b;

	pair_init(&a, &b, "alice", "bob");
	b.start_at_once = true;
	b.held = "project";
	begin(&a, SERVICE_RECEIVE_PACK, "project");
	begin(&a, SERVICE_RECEIVE_PACK, "other");
	begin(&a, SERVICE_UPLOAD_PACK, "project");
	pump(&a);
	expect("alice says CAN-PUSH\nalice says CAN-PUSH\nalice says PUSH-REQUEST\n"
	       "bob says SEEN deferred\nbob says PUSH-REQUEST\nbob starts upload-pack of project\n"
	       "bob says STARTING-PUSH\nalice waits: deferred\nalice says STARTING-PUSH\n"
	       "alice is open\nbob starts receive-pack of other\nalice is open\n",
	       "the next push of its share waits for it, nothing else does");
	ok(negotiations_deadline(&b.negotiations) > now, "without a timer that is due");
	tick(&a, NEG_DEFER_RENEW);
	expect("bob says SEEN deferred\nalice waits: deferred\n",
	       "the device is told that it still waits");
	b.held = NULL;
	negotiations_turn_free(&b.negotiations, now);
	pump(&a);
	expect("bob says PUSH-REQUEST\nalice says STARTING-PUSH\nbob starts receive-pack of "
	       "project\n"
	       "alice is open\n",
	       "and goes on when it has ended");
	pair_finish(&a, &b);
}

static void hear(struct side *s, enum record_type type, const char *fields, size_t len)
{
	struct record record = {
		.type = type, .number = 1, .len = len, .payload = (const uint8_t *)fields
	};

	is_str(negotiations_record(&s->negotiations, &record, now), NULL, "it is heard");
}

#define ID "id=0123456789abcdef01234567\0"
#define HEAR(side, type, fields) hear(side, type, ID fields, sizeof(ID fields) - 1)

static void test_timers(void)
{
	struct side a, b;

	pair_init(&a, &b, "alice", "bob");
	begin(&a, SERVICE_UPLOAD_PACK, "project");
	pump(&a);
	buf_reset(&trace);
	tick(&a, NEG_START_NOTICE);
	expect("bob says SEEN starting\nalice waits: starting\n",
	       "a service that takes long to start is announced");
	tick(&a, NEG_ANSWER_TIMEOUT + 1);
	expect("", "and waited for longer than an answer");
	tick(&a, NEG_START_TIMEOUT);
	is_int(a.negotiations.count + b.negotiations.count, 0, "but not for ever, on either side");
	ok(strstr(buf_str(&trace), "bob stops the service\n") != NULL, "the service is stopped");
	ok(strstr(buf_str(&trace), "alice is refused: timeout\n") != NULL, "the reason is told");
	buf_reset(&trace);
	ok(negotiations_deadline(&a.negotiations) == UINT64_MAX, "no timer is left");

	begin(&a, SERVICE_RECEIVE_PACK, "project");
	now += NEG_ANSWER_TIMEOUT;
	negotiations_tick(&a.negotiations, now);
	expect("alice says CAN-PUSH\nalice says WITHDRAW timeout\nalice is refused: timeout\n",
	       "an offer that is not answered ends");
	pump(&a);
	expect("bob says PUSH-REQUEST\n", "the device answers the offer, and takes the withdrawal");
	is_int(b.negotiations.count, 0, "and has nothing left of it");
	pair_finish(&a, &b);
}

/* A device that asks and then does not go on holds nothing for longer than protocol.md says. */
static void test_silent_device(void)
{
	struct side a, b;

	pair_init(&a, &b, "alice", "bob");
	begin(&a, SERVICE_RECEIVE_PACK, "project");
	a.hold_wanted = true;
	pump(&a);
	buf_reset(&trace);
	now += NEG_ANSWER_TIMEOUT - 1;
	negotiations_tick(&b.negotiations, now);
	expect("", "who was asked to push has 15 s");
	now++;
	negotiations_tick(&b.negotiations, now);
	expect("bob says REFUSE timeout\n", "and no more: the next one has its turn");
	is_int(b.negotiations.count, 0, "nothing is left of it");
	HEAR(&b, RECORD_CAN_PUSH, "share=project\0");
	hear(&b, RECORD_CAN_PUSH, "id=0123456789abcdef01234560\0share=project\0", 42);
	buf_reset(&trace);
	now += NEG_ANSWER_TIMEOUT;
	negotiations_tick(&b.negotiations, now);
	expect("bob says REFUSE timeout\nbob says PUSH-REQUEST\n", "who comes after it is asked");
	now += NEG_ANSWER_TIMEOUT;
	negotiations_tick(&b.negotiations, now);
	expect("bob says REFUSE timeout\n", "and has 15 s as well");
	pair_finish(&a, &b);

	pair_init(&a, &b, "alice", "bob");
	HEAR(&b, RECORD_PUSH_REQUEST, "share=project\0service=upload-pack\0");
	started(&b);
	buf_reset(&trace);
	now += NEG_ACCEPT_TIMEOUT - 1;
	negotiations_tick(&b.negotiations, now);
	is_int(b.channels.count, 1, "who asked for a service has a minute to take its channel");
	link_detach(&b.link, "a tunnel", now);
	now++;
	negotiations_tick(&b.negotiations, now);
	is_int(b.channels.count, 1, "more, if there is no path");
	link_attach(&b.link, true, now);
	pair_finish(&a, &b);

	pair_init(&a, &b, "alice", "bob");
	HEAR(&b, RECORD_PUSH_REQUEST, "share=project\0service=upload-pack\0");
	started(&b);
	buf_reset(&trace);
	now += NEG_ACCEPT_TIMEOUT;
	negotiations_tick(&b.negotiations, now);
	expect("bob channel closed: timeout\n", "then it is closed");
	is_int(b.channels.count + b.negotiations.count, 0, "and nothing is left of it");
	pair_finish(&a, &b);

	pair_init(&a, &b, "alice", "bob");
	b.start_at_once = true;
	begin(&a, SERVICE_UPLOAD_PACK, "project");
	pump(&a);
	buf_reset(&trace);
	now += NEG_ACCEPT_TIMEOUT;
	negotiations_tick(&b.negotiations, now);
	expect("", "one that was taken has no limit");
	ok(negotiations_deadline(&b.negotiations) == UINT64_MAX, "nor a timer");
	pair_finish(&a, &b);
}

/* protocol.version, as ssh carries it: of a push, too. */
static void test_git_protocol(void)
{
	struct side a, b;

	for (int push = 0; push < 2; push++) {
		pair_init(&a, &b, "alice", "bob");
		neg_begin(&a.negotiations, new_id(),
			  push ? SERVICE_RECEIVE_PACK : SERVICE_UPLOAD_PACK, "project", "1",
			  &initiator_events, &channel_events, &a, now);
		pump(&a);
		is_str(b.starting ? neg_git_protocol(b.starting) : NULL, "1",
		       push ? "of a push" : "of a fetch");
		pair_finish(&a, &b);
	}
	pair_init(&a, &b, "alice", "bob");
	HEAR(&b, RECORD_CAN_PUSH, "share=project\0git-protocol=1:x=y\0");
	is_str(neg_git_protocol(b.negotiations.first), "", "nothing else gets into an environment");
	pair_finish(&a, &b);
}

static void test_withdrawal(void)
{
	struct side a, b;
	struct negotiation *neg;

	pair_init(&a, &b, "alice", "bob");
	neg = begin(&a, SERVICE_UPLOAD_PACK, "project");
	pump(&a);
	buf_reset(&trace);
	neg_withdraw(neg, "cancelled");
	pump(&a);
	expect("alice says WITHDRAW cancelled\nbob stops the service\n",
	       "a withdrawn fetch stops the service, once");
	neg = begin(&a, SERVICE_RECEIVE_PACK, "project");
	pump(&a);
	buf_reset(&trace);
	neg_withdraw(neg, "cancelled");
	pump(&a);
	expect("alice says WITHDRAW cancelled\nbob stops the service\n",
	       "so does a withdrawn push, whose channel was announced already");
	is_int(a.channels.count + b.channels.count, 0, "no channel is left");
	neg = begin(&a, SERVICE_UPLOAD_PACK, "project");
	pump(&a);
	started(&b);
	neg_withdraw(neg, "cancelled");
	buf_reset(&trace);
	pump(&a);
	expect("bob channel closed: withdrawn\nalice says REFUSE ended\n",
	       "one that crosses starting-push ends a service that talks already");
	is_int(a.channels.count + b.channels.count + b.negotiations.count, 0, "and its channel");
	begin(&a, SERVICE_RECEIVE_PACK, "project");
	pump(&a);
	b.start_at_once = false;
	buf_reset(&trace);
	side_finish(&b, "silent");
	expect("bob stops the service\n", "the link's end stops it too");
	side_finish(&a, "silent");
	expect("alice is refused: silent\n", "and its reason is told");
}

static void test_duplicates(void)
{
	struct side a, b;

	pair_init(&a, &b, "alice", "bob");
	HEAR(&b, RECORD_PUSH_REQUEST, "share=project\0service=upload-pack\0");
	HEAR(&b, RECORD_PUSH_REQUEST, "share=project\0service=upload-pack\0");
	expect("bob starts upload-pack of project\nbob says SEEN starting\n",
	       "a request that comes twice has one effect, and is answered");
	started(&b);
	HEAR(&b, RECORD_PUSH_REQUEST, "share=project\0service=upload-pack\0");
	expect("bob says STARTING-PUSH\nbob says STARTING-PUSH\n", "alike, when it has an answer");
	channel_close(b.served->channel, "done");
	buf_reset(&trace);
	HEAR(&b, RECORD_PUSH_REQUEST, "share=project\0service=upload-pack\0");
	expect("bob says REFUSE ended\n", "and none when it is over");
	pair_finish(&a, &b);

	pair_init(&a, &b, "alice", "bob");
	b.start_at_once = true;
	HEAR(&b, RECORD_CAN_PUSH, "share=project\0");
	HEAR(&b, RECORD_CAN_PUSH, "share=project\0");
	expect("bob says PUSH-REQUEST\nbob says PUSH-REQUEST\n", "so is a can-push");
	HEAR(&b, RECORD_STARTING_PUSH, "channel=1\0");
	HEAR(&b, RECORD_STARTING_PUSH, "channel=1\0");
	HEAR(&b, RECORD_CAN_PUSH, "share=project\0");
	expect("bob starts receive-pack of project\nbob says PUSH-REQUEST\n",
	       "and a starting-push");
	is_int(b.channels.count, 1, "there is one channel");
	pair_finish(&a, &b);

	pair_init(&a, &b, "alice", "bob");
	begin(&a, SERVICE_RECEIVE_PACK, "project");
	pump(&a);
	HEAR(&b, RECORD_CAN_PUSH, "share=project\0");
	buf_reset(&trace);
	HEAR(&b, RECORD_CAN_PUSH, "share=project\0");
	expect("bob says SEEN deferred\n", "one that waits is told so again");
	HEAR(&b, RECORD_STARTING_PUSH, "channel=3\0");
	expect("", "and is not to start");
	pair_finish(&a, &b);
}

/* HEAR() says the same id each time. */
static void test_one_use(void)
{
	struct side a, b;

	pair_init(&a, &b, "alice", "bob");
	b.verdict = "not-shared";
	HEAR(&b, RECORD_PUSH_REQUEST, "share=project\0service=upload-pack\0");
	b.verdict = NULL;
	HEAR(&b, RECORD_PUSH_REQUEST, "share=project\0service=upload-pack\0");
	expect("bob says REFUSE not-shared\nbob says REFUSE ended\n",
	       "an id that was refused is over");
	pair_finish(&a, &b);

	pair_init(&a, &b, "alice", "bob");
	HEAR(&b, RECORD_PUSH_REQUEST, "share=project\0service=upload-pack\0");
	buf_reset(&trace);
	HEAR(&b, RECORD_PUSH_REQUEST, "share=other\0service=upload-pack\0");
	HEAR(&b, RECORD_PUSH_REQUEST, "share=project\0service=upload-archive\0");
	HEAR(&b, RECORD_CAN_PUSH, "share=project\0");
	expect("bob says REFUSE ended\nbob says REFUSE ended\nbob says REFUSE ended\n",
	       "one that is under way is of one share and one service");
	pair_finish(&a, &b);
}

/* What a later version may say: it is answered, and nothing else is done. */
static void test_unknown(void)
{
	struct side a, b;

	pair_init(&a, &b, "alice", "bob");
	HEAR(&b, RECORD_CAN_PUSH, "share=project\0kind=novelty\0");
	expect("bob says REFUSE unsupported\n", "a can-push of an unknown kind is no push");
	HEAR(&b, RECORD_PUSH_REQUEST, "share=project\0service=upload-stars\0");
	expect("bob says REFUSE unsupported\n", "an unknown service is not served");
	HEAR(&b, RECORD_PUSH_REQUEST, "share=project\0service=upload-pack\0git-protocol=3\0");
	expect("bob starts upload-pack of project\n", "an unknown version of git's protocol is");
	is_str(neg_git_protocol(b.starting), "", "as version 0");
	pair_finish(&a, &b);

	pair_init(&a, &b, "alice", "bob");
	begin(&a, SERVICE_UPLOAD_PACK, "project");
	{
		struct buf f = { 0 };
		char id[NEG_ID_LEN + 1];

		strcpy(id, neg_id(a.negotiations.first));
		fields_add(&f, "id", id);
		fields_add(&f, "state", "thinking");
		hear(&a, RECORD_SEEN, buf_data(&f), buf_len(&f));
		is_int(a.negotiations.count, 1, "an unknown state changes nothing");
		buf_reset(&f);
		fields_add(&f, "id", id);
		fields_add(&f, "reason", "\033[31mno\n");
		buf_reset(&trace);
		hear(&a, RECORD_REFUSE, buf_data(&f), buf_len(&f));
		expect("alice is refused: refused\n", "a refusal is one, whatever its reason");
		buf_finish(&f);
	}
	pair_finish(&a, &b);
}

static void test_malformed(void)
{
	static const struct {
		enum record_type type;
		const char *fields;
		size_t len;
		const char *rule;
		const char *what;
	} rows[] = {
		{ RECORD_CAN_PUSH, "", 0, "id: ", "no fields" },
		{ RECORD_CAN_PUSH, "id=1\0share=x", 12, "fields: ", "an end without NUL" },
		{ RECORD_CAN_PUSH, "id=1\0share=x\0", 13, "id: ", "a short id" },
		{ RECORD_CAN_PUSH, "id=0123456789ABCDEF01234567\0share=x\0", 36, "id: ",
		  "an id in capitals" },
		{ RECORD_CAN_PUSH, "id=0123456789abcdef01234567\0", 28, "share: ", "no share" },
		{ RECORD_CAN_PUSH, "id=0123456789abcdef01234568\0share=../x\0", 39, NULL,
		  "a path: refused" },
		{ RECORD_PUSH_REQUEST, "id=0123456789abcdef01234569\0share=x\0service=sh\0", 47,
		  NULL,
		  "another service: refused" },
		{ RECORD_PUSH_REQUEST, "id=0123456789abcdef01234569\0service=upload-pack\0", 48,
		  "share: ", "no share" },
		{ RECORD_PUSH_REQUEST, "id=0123456789abcdef01234569\0share=x\0", 36, "service: ",
		  "no service" },
		{ RECORD_PUSH_REQUEST,
		  "id=0123456789abcdef01234569\0share=x\0service=upload-pack\0"
		  "window=1073741825\0",
		  74, "window: ", "more credit than there can be" },
		{ RECORD_OUTCOME_ASK, "id=0123456789abcdef01234569\0", 28, "received: ",
		  "no number of bytes" },
		{ RECORD_OUTCOME_ASK, "id=0123456789abcdef01234569\0received=-1\0", 40,
		  "received: ", "one below 0" },
		{ RECORD_OUTCOME, "id=0123456789abcdef01234569\0status=0\0", 37, "state: ",
		  "no state of an outcome" },
		{ RECORD_STARTING_PUSH, "id=0123456789abcdef01234567\0", 28, "channel: ",
		  "no channel" },
		{ RECORD_STARTING_PUSH, "id=0123456789abcdef01234567\0channel=0\0", 38, "channel: ",
		  "channel 0" },
		{ RECORD_STARTING_PUSH, "id=0123456789abcdef01234567\0channel=4294967296\0", 47,
		  "channel: ",
		  "a channel that is no number of 32 bits" },
		{ RECORD_STARTING_PUSH, "id=0123456789abcdef01234567\0channel=2\0", 38, "channel: ",
		  "a channel that is the other side's to announce" },
		{ RECORD_SEEN, "id=0123456789abcdef01234567\0", 28, "state: ", "no state" },
		{ RECORD_SEEN, "id=0123456789abcdef01234567\0state=x\0", 36, NULL,
		  "seen of nothing" },
		{ RECORD_WITHDRAW, "id=0123456789abcdef01234567\0", 28, NULL,
		  "withdrawal of nothing" },
	};
	struct side a, b;

	pair_init(&a, &b, "alice", "bob");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct record record = {
			.type = rows[i].type, .number = 1, .len = rows[i].len,
			.payload = (const uint8_t *)rows[i].fields,
		};
		const char *rule;

		rule = negotiations_record(&b.negotiations, &record, now);
		ok(rows[i].rule ? rule && !strncmp(rule, rows[i].rule, strlen(rows[i].rule))
				: !rule,
		   "%s", rows[i].what);
	}
	is_int(b.negotiations.count, 0, "nothing of it made anything");
	ok(!b.starting, "or started anything");
	pair_finish(&a, &b);
}

/* Service requests */

static void on_request_open(void *owner, struct negotiation *neg, struct channel *channel,
			    void *tag)
{
	struct side *s = tag;

	buf_printf(&trace, "request: open with %s\n", s->other->name);
	s->open = add_run(s, neg);
	s->open->channel = channel;
	channel_set_events(channel, &channel_events, s->open);
}

static void on_request_failed(void *owner, const char *reason)
{
	buf_printf(&trace, "request: failed, %s\n", reason);
}

static void on_request_waiting(void *owner, const char *state)
{
	buf_printf(&trace, "request: waits, %s\n", state);
}

static const struct service_request_events service_request_events = {
	on_request_open, on_request_failed, on_request_waiting,
};

static struct service_request *service_request_to(enum service service, struct side *one,
						  struct side *two)
{
	struct service_request *e = service_request_create(
		service, "project", "2", &service_request_events, &channel_events, one);

	service_request_add(e, &one->negotiations, one->other->name, new_id(), one);
	service_request_add(e, &two->negotiations, two->other->name, new_id(), two);
	service_request_start(e, false, now);
	return e;
}

static void test_requests(void)
{
	struct side a, b, c, d;	/* a and c are ours, towards the devices b and d */
	struct service_request *e;

	pair_init(&a, &b, "we", "laptop");
	pair_init(&c, &d, "we", "desktop");
	b.verdict = "not-shared";
	service_request_to(SERVICE_UPLOAD_PACK, &a, &c);
	pump(&a);
	pump(&c);
	started(&d);
	pump(&c);
	expect("we says PUSH-REQUEST\nlaptop says REFUSE not-shared\nwe says PUSH-REQUEST\n"
	       "desktop starts upload-pack of project\ndesktop says STARTING-PUSH\n"
	       "request: open with desktop\n", "a fetch moves on when a device refuses");
	channel_close(c.open->channel, "done");
	pump(&c);
	buf_reset(&trace);
	d.verdict = "broken";
	service_request_to(SERVICE_UPLOAD_PACK, &a, &c);
	pump(&a);
	pump(&c);
	expect("we says PUSH-REQUEST\nlaptop says REFUSE not-shared\nwe says PUSH-REQUEST\n"
	       "desktop says REFUSE broken\nrequest: failed, broken\n",
	       "when all refuse, the most telling reason is told");
	b.verdict = d.verdict = NULL;
	service_request_to(SERVICE_RECEIVE_PACK, &a, &c);
	pump(&c);
	started(&d);
	pump(&c);
	pump(&a);
	expect("we says CAN-PUSH\nwe says CAN-PUSH\ndesktop says PUSH-REQUEST\nwe says WITHDRAW "
	       "served\n"
	       "we says STARTING-PUSH\ndesktop starts receive-pack of project\nrequest: open with "
	       "desktop\n"
	       "laptop says PUSH-REQUEST\n",
	       "a push is offered to all, and goes to the first that wants it");
	is_int(b.negotiations.count, 0, "the other device has nothing left of it");
	channel_close(c.open->channel, "done");
	pump(&c);
	e = service_request_to(SERVICE_RECEIVE_PACK, &a, &c);
	buf_reset(&trace);
	service_request_destroy(e);
	expect("we says WITHDRAW cancelled\nwe says WITHDRAW cancelled\n",
	       "a cancelled request is withdrawn");
	pump(&a);
	pump(&c);
	b.verdict = "not-shared";
	buf_reset(&trace);
	service_request_to(SERVICE_UPLOAD_PACK, &c, &a);
	negotiations_finish(&c.negotiations, "timeout", now);
	pump(&a);
	expect("we says PUSH-REQUEST\nwe says PUSH-REQUEST\nlaptop says REFUSE not-shared\n"
	       "request: failed, timeout\n",
	       "one that has it not says nothing of one that did not answer");
	negotiations_init(&c.negotiations, &table_events, &c, &c.channels);
	pair_finish(&a, &b);
	pair_finish(&c, &d);
}

/* The other device is added when the first one was asked already. */
static void test_request_grows(void)
{
	struct side a, b, c, d;
	struct service_request *e;

	pair_init(&a, &b, "we", "laptop");
	pair_init(&c, &d, "we", "desktop");
	b.verdict = "not-shared";
	for (int push = 0; push < 2; push++) {
		buf_reset(&trace);
		e = service_request_create(push ? SERVICE_RECEIVE_PACK : SERVICE_UPLOAD_PACK,
					   "project", "2", &service_request_events,
					   &channel_events, &a);
		ok(service_request_add(e, &a.negotiations, "laptop", new_id(), &a), "one device");
		service_request_start(e, true, now);
		pump(&a);
		expect(push ? "we says CAN-PUSH\nlaptop says REFUSE not-shared\n"
			      "request: waits, more\n"
			    : "we says PUSH-REQUEST\nlaptop says REFUSE not-shared\n"
			      "request: waits, more\n",
		       "that refuses is not the end where more may come");
		ok(!service_request_add(e, &a.negotiations, "laptop", new_id(), &a),
		   "a device is asked once");
		ok(service_request_add(e, &c.negotiations, "desktop", new_id(), &c), "one more");
		service_request_start(e, true, now);
		pump(&c);
		started(&d);
		pump(&c);
		expect(push ? "we says CAN-PUSH\ndesktop says PUSH-REQUEST\n"
			      "we says STARTING-PUSH\ndesktop starts receive-pack of project\n"
			      "request: open with desktop\n"
			    : "we says PUSH-REQUEST\ndesktop starts upload-pack of project\n"
			      "desktop says STARTING-PUSH\nrequest: open with desktop\n",
		       "... is asked as soon as it comes");
		channel_close(c.open->channel, "done");
		pump(&c);
	}
	buf_reset(&trace);
	e = service_request_create(SERVICE_UPLOAD_PACK, "project", "2", &service_request_events,
				   &channel_events, &a);
	service_request_add(e, &a.negotiations, "laptop", new_id(), &a);
	service_request_start(e, true, now);
	pump(&a);
	service_request_start(e, false, now);
	expect("we says PUSH-REQUEST\nlaptop says REFUSE not-shared\nrequest: waits, more\n"
	       "request: failed, not-shared\n",
	       "where no more comes, the reason is that of the first");
	b.verdict = "full-moon";
	buf_reset(&trace);
	e = service_request_create(SERVICE_UPLOAD_PACK, "project", "2", &service_request_events,
				   &channel_events, &a);
	service_request_add(e, &a.negotiations, "laptop", new_id(), &a);
	service_request_start(e, false, now);
	pump(&a);
	expect("we says PUSH-REQUEST\nlaptop says REFUSE full-moon\nrequest: failed, full-moon\n",
	       "a reason of a later version is quoted");
	b.verdict = "not-shared";
	e = service_request_create(SERVICE_UPLOAD_PACK, "project", "2", &service_request_events,
				   &channel_events, &a);
	service_request_add(e, &a.negotiations, "laptop", new_id(), &a);
	service_request_start(e, true, now);
	buf_reset(&trace);
	negotiations_finish(&a.negotiations, "gone", now);
	expect("request: waits, more\n", "nor is the loss of a link the end");
	negotiations_init(&a.negotiations, &table_events, &a, &a.channels);
	b.verdict = NULL;
	ok(service_request_add(e, &a.negotiations, "laptop", new_id(), &a),
	   "a device that is back may be asked again");
	service_request_start(e, true, now);
	pump(&a);
	started(&b);
	pump(&a);
	ok(a.open && strstr(buf_str(&trace), "request: open with laptop"), "... and serves");
	pair_finish(&a, &b);
	pair_finish(&c, &d);
}

static void test_request_gone(void)
{
	struct side a, b, c, d;

	pair_init(&a, &b, "we", "laptop");
	pair_init(&c, &d, "we", "desktop");
	b.verdict = "not-shared";
	service_request_to(SERVICE_UPLOAD_PACK, &a, &c);
	negotiations_finish(&c.negotiations, "gone", now);
	memset(&c.negotiations, 0xff, sizeof(c.negotiations));
	pump(&a);
	expect("we says PUSH-REQUEST\nlaptop says REFUSE not-shared\nrequest: failed, gone\n",
	       "a device that went away before its turn is passed over, and may be asked again");
	negotiations_init(&c.negotiations, &table_events, &c, &c.channels);
	service_request_to(SERVICE_UPLOAD_PACK, &a, &c);
	now += LINK_SUSPEND_MAX;
	negotiations_finish(&a.negotiations, "no-path", now);
	is_int(negotiations_deadline(&c.negotiations), now + NEG_ANSWER_TIMEOUT,
	       "the next one has its whole time to answer, however long the first was silent");
	pair_finish(&a, &b);
	pair_finish(&c, &d);
}

/* The channel of the first device is being opened when its link ends. */
static void test_request_cut(void)
{
	struct service_request *e;
	struct side a, b, c, d;

	pair_init(&a, &b, "we", "laptop");
	pair_init(&c, &d, "we", "desktop");
	e = service_request_create(SERVICE_RECEIVE_PACK, "project", "2", &service_request_events,
				   &channel_events, &a);
	service_request_add(e, &a.negotiations, "laptop", new_id(), &a);
	service_request_start(e, true, now);
	pump(&a);
	service_request_add(e, &c.negotiations, "desktop", new_id(), &c);
	service_request_start(e, false, now);
	is_int(c.negotiations.count, 0, "a push that one device wants is offered to no other");
	now += NEG_ANSWER_TIMEOUT / 2;
	link_tick(&a.link, now);
	channels_finish(&a.channels, "no-path");
	is_int(negotiations_deadline(&c.negotiations), now + NEG_ANSWER_TIMEOUT,
	       "the next one has its whole time to answer, however long the first took to start");
	pair_finish(&a, &b);
	pair_finish(&c, &d);
}

int main(void)
{
	now = 1000;
	test_fetch();
	test_flights();
	test_push();
	test_announcement();
	test_outcome();
	test_refusals();
	test_turns();
	test_idle_push();
	test_push_left_behind();
	test_timers();
	test_silent_device();
	test_git_protocol();
	test_withdrawal();
	test_duplicates();
	test_one_use();
	test_unknown();
	test_malformed();
	test_requests();
	test_request_grows();
	test_request_gone();
	test_request_cut();
	buf_finish(&trace);
	return tap_done();
}
