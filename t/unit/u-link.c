/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <unistd.h>

#include "fields.h"
#include "keepalive.h"
#include "link.h"
#include "log.h"
#include "longpath.h"
#include "tap.h"

/*
 * Alice and Bob, each with a link, joined by a path made of two buffers. What
 * happens to a side is written into its trace, in words.
 */
struct side {
	struct link link;
	struct side *other;
	struct buf wire;		/* on the way to the other */
	struct buf plain;		/* arrived, not yet understood */
	char trace[2048];
	uint64_t sent, expected;	/* numbers of the stress test */
	uint64_t data_left;		/* that fill() may still give */
	uint64_t delivered, bytes;	/* records, and what they take with their headers */
	size_t fill_size;
	bool end_in_deliver;
	bool unknown;			/* its peer's key may have no link */
	unsigned admissions;
	unsigned wrong;
	unsigned kicks;
	bool kicked;
};

static struct side alice, bob;
static uint64_t now;

static void note(struct side *s, const char *what)
{
	if (strlen(s->trace) + strlen(what) + 2 < sizeof(s->trace)) {
		if (*s->trace)
			strcat(s->trace, " ");
		strcat(s->trace, what);
	}
}

static void on_up(void *owner, bool resumed)
{
	note(owner, resumed ? "resumed" : "up");
}

static void on_down(void *owner)
{
	note(owner, "down");
}

static void on_deliver(void *owner, const struct record *record)
{
	struct side *s = owner;

	s->delivered++;
	s->bytes += RECORD_HEADER + record->len;
	if (record->type == RECORD_SEEN)
		note(s, "seen");
	else if (record->len >= 8 && get_be64(record->payload) != s->expected++)
		s->wrong++;
	if (s->end_in_deliver)
		link_bye(&s->link, "enough");
}

static bool on_admit(void *owner)
{
	struct side *s = owner;

	s->admissions++;
	return !s->unknown;
}

static bool on_fill(void *owner)
{
	struct side *s = owner;
	static uint8_t payload[RECORD_PAYLOAD_MAX];

	if (s->data_left == 0)
		return false;
	s->data_left--;
	s->fill_size = link_fill_size(&s->link);
	put_be64(payload, s->sent++);
	return link_send(&s->link, RECORD_DATA, payload, s->fill_size);
}

static void on_ended(void *owner, const char *reason)
{
	char text[64];

	snprintf(text, sizeof(text), "ended(%s)", reason);
	note(owner, text);
}

static void on_kick(void *owner)
{
	struct side *s = owner;

	s->kicks++;
	s->kicked = true;
}

static const struct link_events events = {
	.admit = on_admit,
	.up = on_up,
	.down = on_down,
	.deliver = on_deliver,
	.fill = on_fill,
	.ended = on_ended,
	.kick = on_kick,
};

static void side_init(struct side *s, struct side *other, const char *name,
		      const struct link_ends *ends)
{
	static uint8_t id[LINK_ID_BYTES];
	uint8_t instance[INSTANCE_BYTES] = { (uint8_t)name[0] };

	id[0]++;
	memset(s, 0, sizeof(*s));
	s->other = other;
	link_init(&s->link, &events, s, id, instance, ends, name);
}

static const struct link_ends of_alice = { "alice@example.org", "bob@example.org" };
static const struct link_ends of_bob = { "bob@example.org", "alice@example.org" };

static void begin(void)
{
	now = 1000;
	side_init(&alice, &bob, "alice", &of_alice);
	side_init(&bob, &alice, "bob", &of_bob);
}

static void finish(void)
{
	struct side *sides[] = { &alice, &bob };

	for (int i = 0; i < 2; i++) {
		link_finish(&sides[i]->link);
		buf_finish(&sides[i]->wire);
		buf_finish(&sides[i]->plain);
	}
}

/* What a side has to say goes on the wire. */
static size_t talk(struct side *s, size_t max)
{
	s->kicked = false;
	return link_output(&s->link, &s->wire, max, now);
}

/* At most n bytes of the wire arrive. */
static int arrive(struct side *s, size_t n)
{
	struct buf *wire = &s->other->wire;

	if (n > buf_len(wire))
		n = buf_len(wire);
	buf_append(&s->plain, buf_data(wire), n);
	buf_consume(wire, n);
	return link_input(&s->link, &s->plain, now);
}

/* Both talk until nobody has anything to say. */
static void settle(void)
{
	size_t under_way;

	do {
		talk(&alice, 4096);
		talk(&bob, 4096);
		under_way = buf_len(&alice.wire) + buf_len(&bob.wire);
		arrive(&bob, SIZE_MAX);
		arrive(&alice, SIZE_MAX);
	} while (under_way > 0);
}

/* The same, and a while later once more: what waits for company goes alone. */
static void settle_late(void)
{
	settle();
	now += LINK_ACK_DELAY;
	link_tick(&alice.link, now);
	link_tick(&bob.link, now);
	settle();
}

static void cut(struct side *s)
{
	buf_reset(&s->wire);
	buf_reset(&s->plain);
}

static void cut_path(const char *why)
{
	cut(&alice);
	cut(&bob);
	link_detach(&alice.link, why, now);
	link_detach(&bob.link, why, now);
}

static void join_path(void)
{
	link_attach(&alice.link, true, now);
	link_attach(&bob.link, false, now);
}

static bool seen(struct side *s)
{
	return link_send(&s->link, RECORD_SEEN, "", 0);
}

static void test_first_path(void)
{
	begin();
	ok(seen(&alice), "a record may be queued before there is a path");
	join_path();
	is_int(alice.link.state, LINK_HANDSHAKE, "alice greets");
	ok(alice.kicked, "and says that there is output");
	talk(&bob, 4096);
	is_int(buf_len(&bob.wire), 0, "bob waits for her HELLO");
	settle();
	is_str(alice.trace, "up", "alice is up");
	is_str(bob.trace, "up seen", "bob is up and has the record");
	ok(!memcmp(alice.link.id, bob.link.id, LINK_ID_BYTES), "both know the link by the same id");
	ok(bob.link.peer_known && bob.link.peer_instance[0] == 'a', "bob knows alice's instance");
	settle_late();
	is_int(link_unacked(&alice.link), 0, "the record is acknowledged");
	bob.kicked = false;
	ok(seen(&bob) && bob.kicked, "a quiet link that has output says so");
	bob.kicked = false;
	ok(seen(&bob) && !bob.kicked, "once");
	finish();
}

/* To a key that is trusted already: what waits goes in the flight of our HELLO. */
static void test_ahead(void)
{
	uint8_t instance[INSTANCE_BYTES] = { 'b' };

	begin();
	seen(&alice);
	join_path();
	talk(&alice, 4096);
	arrive(&bob, SIZE_MAX);
	is_str(bob.trace, "up", "a side that must not speak ahead says HELLO alone");
	finish();

	begin();
	alice.link.ahead = true;
	seen(&alice);
	join_path();
	talk(&alice, 4096);
	alice.kicked = false;
	ok(seen(&alice) && alice.kicked, "what comes later need not wait either");
	talk(&alice, 4096);
	arrive(&bob, SIZE_MAX);
	is_str(bob.trace, "up seen seen", "one that may has said all in one flight");
	is_int(alice.link.state, LINK_HANDSHAKE, "before it has an answer");
	settle_late();
	is_str(alice.trace, "up", "which comes");
	is_str(bob.trace, "up seen seen", "nothing is said twice");
	is_int(link_unacked(&alice.link), 0, "and all is acknowledged");
	cut_path("the network is down");
	seen(&alice);
	join_path();
	talk(&alice, 4096);
	arrive(&bob, SIZE_MAX);
	is_str(bob.trace, "up seen seen down resumed",
	       "a link that was up hears first what is there");
	settle();
	is_str(bob.trace, "up seen seen down resumed seen", "and then says the rest");
	finish();

	begin();
	alice.link.ahead = true;
	seen(&alice);
	link_attach(&alice.link, true, now);
	talk(&alice, 4096);
	cut(&alice);
	link_hello_refusal("collision", &of_bob, instance, &bob.wire);
	is_int(arrive(&alice, SIZE_MAX), -1,
	       "what goes with a HELLO that is refused is lost with it");
	link_detach(&alice.link, "collision", now);
	link_attach(&bob.link, true, now);
	link_attach(&alice.link, false, now);
	settle_late();
	is_str(bob.trace, "up seen", "and said once more on the path that counts");
	is_int(link_unacked(&alice.link), 0, "once");
	finish();
}

static void make_hello(struct link_hello *hello, const struct link *from, bool resume,
		       uint64_t received)
{
	memcpy(hello->link, from->id, LINK_ID_BYTES);
	memcpy(hello->instance, from->instance, INSTANCE_BYTES);
	hello->resume = resume;
	hello->received = received;
}

/*
 * The answer to a HELLO is lost: the link is up at bob's, and never was at alice's. When bob
 * comes by a path of his own, alice knows the link.
 */
static void test_answer_lost(bool ahead)
{
	struct link_hello hello;

	begin();
	alice.link.ahead = ahead;
	seen(&alice);
	join_path();
	talk(&alice, 4096);
	arrive(&bob, SIZE_MAX);
	seen(&bob);
	talk(&bob, 4096);
	cut_path("the network is down");
	is_str(bob.trace, ahead ? "up seen down" : "up down", "the link is up on one side");
	is_str(alice.trace, "", "and not on the other");
	link_attach(&bob.link, true, now);
	link_attach(&alice.link, false, now);
	settle_late();
	is_str(alice.trace, "up seen", "it comes up there, too, when the first one resumes it");
	is_str(bob.trace, ahead ? "up seen down resumed" : "up down resumed seen",
	       "and nothing is said twice, or lost");
	is_int(link_unacked(&alice.link) + link_unacked(&bob.link), 0, "all is acknowledged");
	finish();

	begin();
	alice.link.ahead = ahead;
	seen(&alice);
	join_path();
	talk(&alice, 4096);
	arrive(&bob, SIZE_MAX);
	talk(&bob, 4096);
	cut_path("the network is down");
	join_path();
	settle_late();
	is_str(alice.trace, "up", "so it does when its own attempt is repeated");
	is_str(bob.trace, ahead ? "up seen down resumed" : "up down resumed seen",
	       "by which, too, nothing is said twice");
	seen(&bob);
	settle_late();
	make_hello(&hello, &alice.link, false, 0);
	is_int(link_hello_decide(&bob.link, &hello, true, now), LINK_REPLACE,
	       "but who has acknowledged something had an answer, and has forgotten it");
	finish();
}

static void test_acks(void)
{
	begin();
	join_path();
	settle();
	seen(&alice);
	talk(&alice, 4096);
	arrive(&bob, SIZE_MAX);
	is_int(talk(&bob, 4096), 0, "an ACK waits for company");
	is_int(link_deadline(&bob.link), (int64_t)now + LINK_ACK_DELAY, "but not for long");
	now += LINK_ACK_DELAY;
	link_tick(&bob.link, now);
	ok(bob.kicked, "then it says that it wants to go");
	is_int(talk(&bob, 4096), RECORD_HEADER + 8, "and goes alone");
	arrive(&alice, SIZE_MAX);
	is_int(link_unacked(&alice.link), 0, "alice forgets the record");
	is_int(talk(&alice, 4096), 0, "an ACK is not acknowledged");
	ok(link_deadline(&bob.link) > now + 10000, "and bob has no more to do");

	alice.data_left = LINK_ACK_BYTES / RECORD_PAYLOAD_MAX + 1;
	talk(&alice, 1 << 20);
	arrive(&bob, SIZE_MAX);
	ok(bob.kicked, "after %d bytes an ACK is due at once", LINK_ACK_BYTES);
	ok(talk(&bob, 4096) > 0, "and goes");
	finish();
}

/* Control goes before data that was there first, and data waits for acknowledgements. */
static void test_order_and_bounds(void)
{
	size_t sent;

	begin();
	join_path();
	settle();
	alice.data_left = 1000;
	sent = talk(&alice, 600);
	ok(alice.fill_size < 600 && sent < 700, "a record is cut to what the path takes");
	seen(&alice);
	talk(&alice, 100);
	while (!strstr(bob.trace, "seen"))
		if (arrive(&bob, 1))
			break;
	is_int(bob.delivered, 2, "control goes before the next data");
	while (talk(&alice, 65536) > 0)
		;
	ok(link_unacked(&alice.link) >= LINK_UNACKED_FIRST &&
	   link_unacked(&alice.link) < LINK_UNACKED_FIRST + 2 * RECORD_PAYLOAD_MAX,
	   "data waits when much is unacknowledged");
	alice.kicked = false;
	arrive(&bob, SIZE_MAX);
	talk(&bob, 4096);
	arrive(&alice, SIZE_MAX);
	ok(alice.kicked && talk(&alice, 1000) > 0, "and goes on when it is acknowledged");
	finish();

	begin();
	for (int i = 0; i < LINK_CONTROL_QUEUE_MAX; i++)
		if (!seen(&alice))
			alice.wrong++;
	is_int(alice.wrong, 0, "many control records may wait");
	ok(!seen(&alice), "one more is too much");
	is_str(alice.trace, "", "which does not end the link under whoever sends");
	is_int(link_deadline(&alice.link), 0, "but at once after that");
	link_tick(&alice.link, now);
	is_str(alice.trace, "ended(overflow)", "with a word for it");
	ok(!seen(&alice), "an ended link takes nothing");
	finish();
}

static void test_resume(void)
{
	begin();
	join_path();
	settle();
	seen(&alice);
	seen(&bob);
	talk(&alice, 4096);
	talk(&bob, 4096);
	arrive(&bob, SIZE_MAX);		/* hers arrives, his is lost, and so are both ACKs */
	cut_path("cut");
	is_int(alice.link.state, LINK_SUSPENDED, "a link without path is suspended");
	seen(&alice);
	link_attach(&bob.link, true, now);
	link_attach(&alice.link, false, now);
	settle();
	is_str(alice.trace, "up down resumed seen", "what was lost is sent again");
	is_str(bob.trace, "up seen down resumed seen", "what was not lost is not repeated");
	settle_late();
	is_int(link_unacked(&alice.link) + link_unacked(&bob.link), 0, "all is acknowledged");

	cut_path("cut");
	is_int(link_deadline(&alice.link), (int64_t)now + LINK_SUSPEND_MAX, "it waits");
	now += LINK_SUSPEND_MAX - 1;
	link_tick(&alice.link, now);
	is_int(alice.link.state, LINK_SUSPENDED, "not less");
	link_attach(&alice.link, true, now);
	link_detach(&alice.link, "refused", now);
	is_int(alice.link.state, LINK_SUSPENDED, "a failed attempt changes nothing");
	now++;
	link_tick(&alice.link, now);
	link_tick(&alice.link, now);
	is_str(alice.trace, "up down resumed seen down ended(no-path)", "then it ends, once");
	ok(link_deadline(&alice.link) == UINT64_MAX, "and wants no more time");
	finish();
}

static void test_bye(void)
{
	begin();
	join_path();
	settle();
	link_bye(&alice.link, "idle");
	link_bye(&alice.link, "idle");
	is_str(alice.trace, "up ended(idle)", "bye ends at once");
	ok(talk(&alice, 4096) > 0, "and is said");
	is_int(talk(&alice, 4096), 0, "once");
	is_int(arrive(&bob, SIZE_MAX), -1, "the path is to be closed");
	is_str(bob.trace, "up ended(idle)", "the peer hears why");
	finish();

	begin();
	join_path();
	settle();
	seen(&alice);
	seen(&alice);
	bob.end_in_deliver = true;
	talk(&alice, 4096);
	is_int(arrive(&bob, SIZE_MAX), -1, "a link may end while it delivers");
	is_str(bob.trace, "up seen ended(enough)", "then nothing more is delivered");
	ok(talk(&bob, 4096) > 0 && arrive(&alice, SIZE_MAX) == -1, "its BYE still leaves");
	is_str(alice.trace, "up ended(enough)", "and arrives");
	finish();
}

static void test_silence(void)
{
	begin();
	join_path();
	now += LINK_HELLO_TIMEOUT - 1;
	link_tick(&alice.link, now);
	ok(!link_path_dead(&alice.link), "a HELLO is waited for");
	now++;
	link_tick(&alice.link, now);
	ok(link_path_dead(&alice.link), "ten seconds");
	link_detach(&alice.link, "no HELLO", now);
	is_int(alice.link.state, LINK_IDLE, "then the next path is tried");
	link_detach(&bob.link, "no HELLO", now);
	cut(&alice);
	join_path();
	settle();

	is_int(link_deadline(&alice.link), (int64_t)now + LINK_PING_IDLE,
	       "at rest silence is long");
	alice.link.busy = true;
	is_int(link_deadline(&alice.link), (int64_t)now + LINK_PING_BUSY, "when busy it is short");
	now += LINK_PING_BUSY;
	link_tick(&alice.link, now);
	ok(alice.kicked && talk(&alice, 4096) > 0, "then alice asks");
	now += 70;
	settle();
	is_int(link_rtt(&alice.link), 70, "the answer tells the round trip");
	is_int(link_heard_at(&alice.link), (int64_t)now, "and that bob is there");

	alice.link.busy = false;
	now += 30000;
	seen(&alice);
	talk(&alice, 4096);
	cut(&alice);
	is_int(link_deadline(&alice.link), (int64_t)now + LINK_PING_BUSY,
	       "so does what is unacknowledged");
	alice.link.tail_probe = true;
	is_int(link_deadline(&alice.link), (int64_t)now + KEEPALIVE_TAIL_PROBE,
	       "through a proxy the tail is probed for");
	now += KEEPALIVE_TAIL_PROBE;
	link_tick(&alice.link, now);
	ok(alice.kicked && talk(&alice, 4096) > 0, "with a ping");
	cut(&alice);
	now += LINK_PING_TIMEOUT - 1;
	link_tick(&alice.link, now);
	ok(!link_path_dead(&alice.link), "an answer is waited for");
	now++;
	link_tick(&alice.link, now);
	ok(link_path_dead(&alice.link), "but not for ever");
	ok(link_deadline(&alice.link) == UINT64_MAX, "the rest is the owner's");
	finish();
}

/* The network changed, or the machine woke up: is the path still one? */
static void test_probe(void)
{
	begin();
	link_probe(&alice.link, now);
	is_int(link_deadline(&alice.link), -1, "without a path there is nothing to doubt");
	join_path();
	settle();
	now += 20000;
	alice.kicked = false;
	link_probe(&alice.link, now);
	ok(alice.kicked && talk(&alice, 4096) > 0, "a doubtful path is asked at once");
	is_int(link_deadline(&alice.link), (int64_t)now + LINK_PROBE_TIMEOUT, "and not for long");
	now += 40;
	settle();
	is_int(link_deadline(&alice.link), (int64_t)now + LINK_PING_IDLE, "an answer settles it");
	is_int(link_rtt(&alice.link), 40, "and tells the round trip");

	link_probe(&alice.link, now);
	talk(&alice, 4096);
	cut(&alice);
	now += LINK_PROBE_TIMEOUT - 1;
	link_probe(&alice.link, now);
	link_tick(&alice.link, now);
	ok(!link_path_dead(&alice.link), "three seconds");
	now++;
	link_tick(&alice.link, now);
	ok(link_path_dead(&alice.link), "not more, however often it is doubted");
	finish();

	begin();
	join_path();
	settle();
	alice.link.busy = true;
	now += LINK_PING_BUSY;
	link_tick(&alice.link, now);
	now += 1000;
	link_probe(&alice.link, now);
	is_int(link_deadline(&alice.link), (int64_t)now + LINK_PROBE_TIMEOUT,
	       "a question that is open becomes urgent");
	finish();
}

/* The link has left a path that worked. Does the new one carry anything? */
static void test_trial(void)
{
	begin();
	alice.link.on_trial = true;
	join_path();
	is_int(link_deadline(&alice.link), (int64_t)now + LINK_PROBE_TIMEOUT,
	       "on trial a HELLO is not waited for as long");
	settle();
	is_int(link_deadline(&alice.link), (int64_t)now + LINK_PING_IDLE, "at rest all is as ever");
	alice.link.busy = true;
	is_int(link_deadline(&alice.link), (int64_t)now + LINK_PING_TRIAL,
	       "when busy, silence is short");
	now += LINK_PING_TRIAL;
	link_tick(&alice.link, now);
	ok(alice.kicked && talk(&alice, 4096) > 0, "then alice asks");
	settle();
	now += LINK_PING_TRIAL;
	link_tick(&alice.link, now);
	talk(&alice, 4096);
	cut(&alice);
	now += LINK_PROBE_TIMEOUT - 1;
	link_tick(&alice.link, now);
	ok(!link_path_dead(&alice.link), "an answer is waited for");
	now++;
	link_tick(&alice.link, now);
	ok(link_path_dead(&alice.link), "but three seconds only");
	link_detach(&alice.link, "silent", now);
	link_detach(&bob.link, "silent", now);

	alice.link.on_trial = true;
	alice.link.busy = false;
	join_path();
	settle();
	now += 2 * LINK_TRIAL;
	alice.link.busy = true;
	link_probe(&alice.link, now);
	settle();
	is_int(link_deadline(&alice.link), (int64_t)now + LINK_PING_TRIAL,
	       "the trial begins with the first use");
	now += LINK_TRIAL - 1;
	link_probe(&alice.link, now);
	settle();
	is_int(link_deadline(&alice.link), (int64_t)now + LINK_PING_TRIAL, "for ten seconds");
	now++;
	link_probe(&alice.link, now);
	settle();
	is_int(link_deadline(&alice.link), (int64_t)now + LINK_PING_BUSY,
	       "and then the path is one like any other");
	finish();
}

/* The path is cut; alice is told, bob finds out by silence: both end at the same time. */
static void test_silent_loss(void)
{
	uint64_t cut_at;

	begin();
	join_path();
	settle();
	alice.link.busy = bob.link.busy = true;
	now += 1500;
	cut_at = now;
	link_detach(&alice.link, "reset", now);
	is_int(link_deadline(&alice.link), (int64_t)cut_at + LINK_SUSPEND_MAX,
	       "who is told waits from then");
	while (!link_path_dead(&bob.link)) {
		now = link_deadline(&bob.link);
		link_tick(&bob.link, now);
		talk(&bob, 4096);
	}
	ok(now > cut_at + LINK_PING_TIMEOUT, "who is not finds out ten seconds later");
	link_detach(&bob.link, "silent", now);
	is_int(link_deadline(&bob.link), 1000 + LINK_SUSPEND_MAX,
	       "and waits from when the other was last heard");
	now = link_deadline(&bob.link);
	link_tick(&bob.link, now);
	is_str(bob.trace, "up down ended(no-path)", "then it ends");
	finish();

	begin();
	join_path();
	settle();
	now += LINK_PING_IDLE;
	link_tick(&bob.link, now);
	talk(&bob, 4096);
	now += LINK_PING_TIMEOUT;
	link_tick(&bob.link, now);
	link_detach(&bob.link, "silent", now);
	is_int(link_deadline(&bob.link),
	       (int64_t)now - LINK_PING_TIMEOUT - LINK_PING_BUSY + LINK_SUSPEND_MAX,
	       "silence that is usual at rest does not count");
	finish();

	begin();
	alice.link.suspend_max = 5000;
	join_path();
	settle();
	cut_path("cut");
	is_int(link_deadline(&alice.link), (int64_t)now + 5000, "how long it waits can be set");
	now += 4000;
	link_attach(&alice.link, true, now);
	is_int(link_deadline(&alice.link), (int64_t)now + LINK_PROBE_TIMEOUT,
	       "a path that comes late has a moment");
	now += LINK_PROBE_TIMEOUT;
	link_tick(&alice.link, now);
	ok(link_path_dead(&alice.link), "for its HELLO");
	link_detach(&alice.link, "no HELLO", now);
	link_tick(&alice.link, now);
	is_str(alice.trace, "up down ended(no-path)", "and then that was it");
	finish();
}

/* A millisecond on a long path. */
static void step_long(struct longpath paths[2])
{
	struct side *sides[] = { &alice, &bob };

	now++;
	for (int i = 0; i < 2; i++) {
		struct side *s = sides[i];

		link_tick(&s->link, now);
		while (longpath_room(&paths[i]) > 0 &&
		       link_output(&s->link, &paths[i].socket, longpath_room(&paths[i]), now) > 0)
			;
		longpath_step(&paths[i], &s->other->plain, now);
		link_input(&s->other->link, &s->other->plain, now);
	}
}

static void run_long(struct longpath paths[2], unsigned ms)
{
	while (ms-- > 0)
		step_long(paths);
}

/* How much may be under way follows from how long and how fast the path is. */
/* The path loses what is large: alice's records do not arrive, bob's pings do. */
static void test_stall(void)
{
	uint64_t cut_at;

	begin();
	join_path();
	settle();
	now += 20000;
	is_int(link_worked_until(&alice.link, now), (int64_t)now, "a path at rest works");
	seen(&alice);
	talk(&alice, 4096);
	cut_at = now;
	cut(&alice);
	for (int i = 0; i < 6; i++) {
		now += 2000;
		link_probe(&bob.link, now);
		talk(&bob, 4096);
		arrive(&alice, SIZE_MAX);
	}
	is_int(link_heard_at(&alice.link), (int64_t)now, "alice hears bob");
	is_int(link_worked_until(&alice.link, now), (int64_t)cut_at,
	       "but nothing of hers gets through");
	finish();
}

static void test_long_path(void)
{
	static struct longpath paths[2];
	const uint64_t endless = UINT64_MAX / 2;
	uint64_t before;
	size_t most = 0;

	begin();
	paths[0].delay = paths[1].delay = 25;
	join_path();
	run_long(paths, 200);
	is_int(link_min_rtt(&alice.link), 51, "who opened the path knows its round trip");
	seen(&bob);
	run_long(paths, 200);
	is_int(link_min_rtt(&bob.link), 51, "and so does the other, after the first record");

	alice.link.busy = bob.link.busy = true;
	alice.data_left = endless;
	run_long(paths, 300);
	before = bob.bytes;
	for (int i = 0; i < 1000; i++) {
		step_long(paths);
		if (link_unacked(&alice.link) > most)
			most = link_unacked(&alice.link);
	}
	ok(bob.bytes - before >= 950 * LONGPATH_RATE, "after a moment it is full: %u MB/s of 100",
	   (unsigned)((bob.bytes - before) / 1000000));
	ok(most > LONGPATH_RATE * 50 && most < LINK_UNACKED_MAX, "with what that takes (%zu bytes)",
	   most);

	/* A path comes in its place that has a tenth of its length. */
	cut_path("moved");
	longpath_finish(&paths[0]);
	longpath_finish(&paths[1]);
	memset(paths, 0, sizeof(paths));
	paths[0].delay = paths[1].delay = 2;
	join_path();
	is_int(link_min_rtt(&alice.link), 0, "of another path nothing is known");
	run_long(paths, 1000);
	before = bob.bytes;
	most = 0;
	for (int i = 0; i < 1000; i++) {
		step_long(paths);
		if (link_unacked(&alice.link) > most)
			most = link_unacked(&alice.link);
	}
	ok(bob.bytes - before >= 950 * LONGPATH_RATE, "a short path is filled too");
	ok(most < 2 * LINK_UNACKED_FIRST, "by much less (%zu bytes)", most);
	is_int(alice.wrong + bob.wrong, 0, "and no record was lost or repeated");

	alice.data_left = 0;
	alice.link.busy = bob.link.busy = false;
	run_long(paths, 1000);
	is_int(link_unacked(&alice.link), 0, "in the end nothing is kept");
	longpath_finish(&paths[0]);
	longpath_finish(&paths[1]);
	memset(paths, 0, sizeof(paths));
	finish();
}

/* A path that is full, and takes a little of control all the same. */
static void test_urgent(void)
{
	struct buf out = { 0 };

	begin();
	join_path();
	settle();
	alice.data_left = 1000;
	talk(&alice, 65536);
	alice.kicked = false;
	is_int(link_urgent(&alice.link, &out, 512, now), 0, "data are not urgent");
	seen(&alice);
	ok(alice.kicked, "who is asked no more says that a control record waits");
	is_int(link_urgent(&alice.link, &out, RECORD_HEADER - 1, now), 0,
	       "it does not go where it does not fit");
	is_int(link_urgent(&alice.link, &out, 512, now), RECORD_HEADER, "it goes where it fits");
	is_int(link_urgent(&alice.link, &out, 512, now), 0, "once");
	buf_append(&alice.wire, buf_data(&out), buf_len(&out));
	arrive(&bob, SIZE_MAX);
	ok(strstr(bob.trace, "seen") && !bob.wrong, "and comes in its turn");
	buf_reset(&out);
	talk(&alice, 65536);
	cut_path("gone");
	seen(&alice);
	is_int(link_urgent(&alice.link, &out, 512, now), 0, "without a path nothing goes");
	join_path();
	talk(&alice, 100);
	arrive(&bob, SIZE_MAX);
	talk(&bob, 100);
	arrive(&alice, SIZE_MAX);
	ok(alice.link.state == LINK_UP && link_unacked(&alice.link) > 0,
	   "on the next path much has to go again");
	is_int(link_urgent(&alice.link, &out, 512, now), 0, "and nothing overtakes that");
	settle_late();
	is_str(bob.trace, "up seen down resumed seen", "the record comes behind the replay");
	buf_finish(&out);
	finish();
}

/* At rest a link forgets how much it needed. */
static void test_rest(void)
{
	static struct longpath paths[2];

	begin();
	paths[0].delay = paths[1].delay = 25;
	join_path();
	alice.link.busy = true;
	alice.data_left = 10000;
	run_long(paths, 3000);
	is_int(bob.delivered, 10000, "everything has come");
	alice.link.busy = false;
	seen(&alice);
	run_long(paths, 1000);
	alice.data_left = 10000;
	while (link_output(&alice.link, &paths[0].socket, 65536, now) > 0)
		;
	ok(link_unacked(&alice.link) < LINK_UNACKED_FIRST + 2 * RECORD_PAYLOAD_MAX,
	   "the next one begins small again");
	longpath_finish(&paths[0]);
	longpath_finish(&paths[1]);
	finish();
}

static void test_decide(void)
{
	struct link_hello hello, other;

	begin();
	link_attach(&alice.link, true, now);
	link_attach(&bob.link, true, now);
	make_hello(&hello, &alice.link, false, 0);
	is_int(link_hello_decide(NULL, &hello, true, now), LINK_ACCEPT_NEW,
	       "no link yet: a new one");
	is_int(link_hello_decide(&bob.link, &hello, true, now), LINK_REFUSE_COLLISION,
	       "a collision: the winner refuses");
	is_int(link_hello_decide(&bob.link, &hello, false, now), LINK_ACCEPT_NEW,
	       "the other gives in");
	hello.resume = true;
	is_int(link_hello_decide(NULL, &hello, true, now), LINK_REFUSE_GONE, "nothing to resume");
	is_int(link_hello_decide(&bob.link, &hello, false, now), LINK_REFUSE_GONE,
	       "nor where it was never up");

	hello.resume = false;
	talk(&alice, 4096);
	cut(&alice);			/* this is the HELLO bob has read */
	link_accept(&bob.link, &hello, now);
	is_str(bob.trace, "up", "giving in brings the link up");
	is_int(link_hello_decide(&bob.link, &hello, true, now), LINK_ACCEPT_RESUME,
	       "the same attempt again: our answer was lost");
	settle();
	is_str(alice.trace, "up", "on both sides");
	seen(&alice);
	settle();
	is_int(link_hello_decide(&bob.link, &hello, true, now), LINK_ACCEPT_RESUME,
	       "when records came, too: they may have been said ahead of it");
	make_hello(&other, &bob.link, false, 0);
	other.link[0] ^= 1;
	is_int(link_hello_decide(&alice.link, &other, true, now), LINK_REFUSE_COLLISION,
	       "a late attempt of a peer who gave in changes nothing");
	is_int(link_hello_decide(&alice.link, &other, false, now), LINK_REPLACE,
	       "where it did not give in, it does");
	other.instance[7] = 9;
	is_int(link_hello_decide(&alice.link, &other, true, now), LINK_REPLACE,
	       "a restarted device replaces");

	make_hello(&hello, &alice.link, true, 0);
	is_int(link_hello_decide(&bob.link, &hello, true, now), LINK_ACCEPT_RESUME,
	       "a better path");
	hello.received = 1;
	is_int(link_hello_decide(&bob.link, &hello, true, now), LINK_REFUSE_GONE,
	       "more than was ever sent");
	hello.received = 0;
	hello.link[3] ^= 1;
	is_int(link_hello_decide(&bob.link, &hello, true, now), LINK_REFUSE_GONE, "another link");
	hello.link[3] ^= 1;
	hello.instance[0]++;
	is_int(link_hello_decide(&bob.link, &hello, true, now), LINK_REFUSE_GONE,
	       "another process");
	hello.instance[0]--;
	cut_path("cut");
	link_attach(&bob.link, true, now);
	is_int(link_hello_decide(&bob.link, &hello, true, now), LINK_REFUSE_COLLISION,
	       "resumptions collide as well");
	is_int(link_hello_decide(&bob.link, &hello, false, now), LINK_ACCEPT_RESUME,
	       "with the same rule");
	talk(&bob, 4096);
	{
		struct record r;

		ok(record_parse(buf_data(&bob.wire), buf_len(&bob.wire), &r) > 0 &&
			   r.type == RECORD_HELLO &&
			   !strcmp(fields_get((struct fields){ (const char *)r.payload, r.len },
					      "state"),
				   "resume"),
		   "who has answered says new no more on an attempt of their own");
	}
	now += LINK_COLLISION_MAX;
	is_int(link_hello_decide(&bob.link, &hello, true, now), LINK_ACCEPT_RESUME,
	       "but one that has had no answer for so long wins nothing");
	finish();
}

/*
 * The responder's way: HELLO is read before the link is chosen; then the link
 * moves to a better path.
 */
static void test_move(void)
{
	struct record record;
	struct link_hello hello, late;

	begin();
	join_path();
	settle();
	alice.data_left = 20;
	talk(&alice, 100000);
	arrive(&bob, 20000);		/* the rest is still under way when alice finds a better
					   path */
	link_detach(&alice.link, "a better path", now);
	cut(&alice);
	link_attach(&alice.link, true, now);
	make_hello(&late, &bob.link, false, 0);
	late.link[0] ^= 1;
	is_int(link_hello_decide(&alice.link, &late, true, now), LINK_REFUSE_COLLISION,
	       "an attempt of bob's from before the link was up, and late, does not end it in the "
	       "middle of a move");
	is_int(link_hello_decide(&alice.link, &late, true, now + LINK_HELLO_TIMEOUT), LINK_REPLACE,
	       "one that is too late for that is a new one");
	talk(&alice, 4096);
	ok(record_parse(buf_data(&alice.wire), buf_len(&alice.wire), &record) > 0 &&
		   link_hello_parse(&record, &of_bob, &hello) == HELLO_GOOD,
	   "bob reads a HELLO on a path that is nobody's");
	ok(hello.resume && hello.received == 0, "which wants to resume");
	is_int(link_hello_decide(&bob.link, &hello, true, now), LINK_ACCEPT_RESUME, "his link");
	cut(&alice);
	cut(&bob);
	link_accept(&bob.link, &hello, now);
	settle();
	is_str(bob.trace, "up down resumed", "it moves");
	is_int(bob.delivered, 20, "and nothing is lost");
	is_int(bob.wrong, 0, "or repeated");
	finish();
}

static void test_refusals(void)
{
	static const struct {
		const char *state, *trace;
		enum link_state left;
		bool nameless;
	} rows[] = {
		{ "not-you", "ended(not-you)", LINK_ENDED, true },
		{ "untrusted", "ended(not-you)", LINK_ENDED, true },
		{ "gone", "ended(gone)", LINK_ENDED, false },
		{ "untrusted", "ended(untrusted)", LINK_ENDED, false },
		{ "collision", "", LINK_HANDSHAKE, false },
		{ "resumed", "ended(protocol)", LINK_ENDED, false },
		{ "whatever", "ended(protocol)", LINK_ENDED, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t instance[INSTANCE_BYTES] = { 'b' };

		begin();
		link_attach(&alice.link, true, now);
		link_hello_refusal(rows[i].state, rows[i].nameless ? NULL : &of_bob, instance,
				   &bob.wire);
		is_int(arrive(&alice, SIZE_MAX), -1, "a refused path is closed");
		is_str(alice.trace, rows[i].trace, rows[i].state);
		is_int(alice.link.state, rows[i].left, "and the link is where it should be");
		is_int(alice.admissions, !rows[i].nameless,
		       "the key is judged where it is known whose it is");
		finish();
	}
}

/*
 * Eve passes the bytes of a first use on, and both take her for the one they talk to. What they
 * say after that, she cannot change, for it is inside TLS; and it names the two whom the path
 * is between.
 */
static void test_relay(void)
{
	static const struct link_ends with_eve = { "alice@example.org", "eve@example.org" };
	static const struct link_ends from_eve = { "bob@example.org", "eve@example.org" };
	static const struct {
		struct link_ends alice, bob;
		const char *what;
	} rows[] = {
		{ { "alice@example.org", "eve@example.org" },
		  { "bob@example.org", "eve@example.org" },
		  "a relay between two" },
		{ { "alice@example.org", "eve@example.org" },
		  { "bob@example.org", "alice@example.org" },
		  "one who answers for somebody else" },
		{ { "alice@example.org", "bob@example.org" },
		  { "bob@example.org", "eve@example.org" },
		  "one who opens what is somebody else's" },
	};
	struct link_hello hello;
	struct record record;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		now = 1000;
		side_init(&alice, &bob, "alice", &rows[i].alice);
		side_init(&bob, &alice, "bob", &rows[i].bob);
		join_path();
		talk(&alice, 4096);
		arrive(&bob, SIZE_MAX);
		is_str(bob.trace, "ended(not-you)", rows[i].what);
		ok(!talk(&bob, 4096), "and hears nothing");
		finish();
	}

	/* As the broker does it: the answer to the wrong HELLO comes back through eve. */
	side_init(&alice, &bob, "alice", &with_eve);
	side_init(&bob, &alice, "bob", &from_eve);
	link_attach(&alice.link, true, now);
	seen(&alice);
	talk(&alice, 4096);
	ok(record_parse(buf_data(&alice.wire), buf_len(&alice.wire), &record) ==
			   (long)buf_len(&alice.wire) &&
		   record.type == RECORD_HELLO,
	   "before the answer nothing is said but HELLO");
	is_int(link_hello_parse(&record, &from_eve, &hello), HELLO_OTHER_NAMES,
	       "which bob does not take for eve's");
	link_hello_refusal("not-you", NULL, bob.link.instance, &bob.wire);
	ok(!memmem(buf_data(&bob.wire), buf_len(&bob.wire), "bob@", 4),
	   "he does not say who he is");
	is_int(arrive(&alice, SIZE_MAX), -1, "alice closes the path");
	is_str(alice.trace, "ended(not-you)", "and knows why");
	ok(!alice.admissions && !talk(&alice, 4096), "no key was judged, nothing more was said");
	finish();
}

static void test_admission(void)
{
	begin();
	alice.unknown = true;
	join_path();
	seen(&alice);
	settle();
	is_str(alice.trace, "ended(unknown-key)", "a device that may have no link gets none");
	is_int(alice.admissions, 1, "its HELLO was read");
	ok(!bob.delivered && !strcmp(bob.trace, "up"), "and it hears nothing after ours");
	finish();

	begin();
	join_path();
	settle();
	cut_path("cut");
	join_path();
	settle();
	is_int(alice.admissions, 2, "on each path it is asked anew");
	alice.unknown = true;
	cut_path("cut");
	join_path();
	settle();
	is_str(alice.trace, "up down resumed down ended(unknown-key)", "for it may have changed");
	finish();

	begin();
	join_path();
	seen(&alice);
	talk(&alice, 4096);
	link_bye(&alice.link, "stopped");
	link_bye(&bob.link, "stopped");
	ok(!talk(&alice, 4096) && !talk(&bob, 4096), "who has not said who they are hears no BYE");
	finish();

	begin();
	join_path();
	talk(&alice, 4096);
	record_put(&bob.wire, RECORD_SEEN, 1, "", 0);
	arrive(&alice, SIZE_MAX);
	is_str(alice.trace, "ended(protocol)", "nor who breaks the protocol");
	ok(!talk(&alice, 4096), "before that");
	finish();

	begin();
	join_path();
	talk(&alice, 4096);
	record_put(&bob.wire, RECORD_BYE, 0, "reason=removed\0", 15);
	arrive(&alice, SIZE_MAX);
	is_str(alice.trace, "ended(protocol)",
	       "who has not said who they are cannot say BYE, either");
	finish();
}

static void test_versions(void)
{
	static const char newer[] = "protocol=3\0state=version\0";
	static const char same[] = "protocol=2\0state=version\0";

	begin();
	link_attach(&alice.link, true, now);
	record_put(&bob.wire, RECORD_HELLO, 0, newer, sizeof(newer) - 1);
	is_int(arrive(&alice, SIZE_MAX), -1, "who speaks another protocol says so");
	is_str(alice.trace, "ended(version)", "and the link ends");
	is_int(alice.link.peer_protocol, 3, "with the number, for the user");
	is_int(alice.admissions, 0, "and nothing learnt");
	finish();

	begin();
	link_attach(&alice.link, true, now);
	record_put(&bob.wire, RECORD_HELLO, 0, same, sizeof(same) - 1);
	is_int(arrive(&alice, SIZE_MAX), -1, "who refuses a protocol does not do it in that");
	is_str(alice.trace, "ended(protocol)", "nor is it somebody else's path then");
	finish();
}

/* A peer who breaks the rules. The link is up, has sent two records, and one is acknowledged. */
static void test_protocol_errors(void)
{
	static const struct {
		enum record_type type;
		uint64_t number;
		const char *payload;
		size_t len;
		const char *trace, *what;
	} rows[] = {
		{ RECORD_SEEN, 1, "", 0, "up seen", "the first record is taken" },
		{ RECORD_SEEN, 2, "", 0, "up ended(protocol)", "a gap is not" },
		{ RECORD_ACK, 0, "\0\0\0\0\0\0\0\2", 8, "up", "an ACK of what was sent" },
		{ RECORD_ACK, 0, "\0\0\0\0\0\0\0\1", 8, "up", "an ACK once more" },
		{ RECORD_ACK, 0, "\0\0\0\0\0\0\0\3", 8, "up ended(protocol)",
		  "an ACK of what was not sent" },
		{ RECORD_ACK, 0, "\0\0\0\0\0\0\0\0", 8, "up ended(protocol)", "an ACK taken back" },
		{ RECORD_ACK, 0, "\0\0\0\2", 4, "up ended(protocol)", "a short ACK" },
		{ RECORD_HELLO, 0, "", 0, "up ended(protocol)", "a second HELLO" },
		{ RECORD_PING, 0, "0123456789abcdef", 16, "up", "a long PING" },
		{ RECORD_PING, 0, "0123456789abcdefg", 17, "up ended(protocol)", "a longer one" },
		{ RECORD_PONG, 0, "nonsense", 8, "up", "a PONG nobody asked for" },
		{ 8, 0, "abc", 3, "up", "one of the path that may come to be" },
		{ 15, 0, "", 0, "up", "another one" },
		{ 64, 1, "abc", 3, "up", "a numbered one that may come to be" },
		{ 127, 2, "", 0, "up ended(protocol)", "which is counted" },
		{ RECORD_BYE, 0, "reason=over\0", 12, "up ended(over)", "a BYE" },
		{ RECORD_BYE, 0, "reason=\033[m\0", 11, "up ended(bye)",
		  "a BYE with an odd reason" },
	};

	/* Each of them is one line that names record, field and rule. */
	static const char *const lines[] = {
		": broke the protocol: SEEN record (21): number: the next one\n",
		": broke the protocol: ACK record (2): number: eight bytes\n",
		": broke the protocol: ACK record (2): number: of what was sent",
		": broke the protocol: HELLO record (1): type: once on a path\n",
		": broke the protocol: PING record (3): payload: at most 16 bytes\n",
		": broke the protocol: unknown record (127): number: the next one\n",
	};
	char log[] = "/tmp/u-link.XXXXXX", text[16384];
	int fd = mkstemp(log);
	ssize_t n;

	log_to_file(log);
	log_set_level(LOG_WARNING);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		join_path();
		settle();
		seen(&alice);
		settle_late();
		seen(&alice);
		talk(&alice, 4096);
		record_put(&bob.wire, rows[i].type, rows[i].number, rows[i].payload, rows[i].len);
		arrive(&alice, SIZE_MAX);
		is_str(alice.trace, rows[i].trace, rows[i].what);
		finish();
	}
	log_set_level(0);
	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ok(strstr(text, lines[i]), "rule %zu is in the log", i);
	close(fd);
	unlink(log);

	begin();
	join_path();
	settle();
	record_put(&bob.wire, RECORD_SEEN, 1, "", 0);
	record_put(&bob.wire, RECORD_SEEN, 2, "", 0);
	record_put(&bob.wire, RECORD_SEEN, 2, "", 0);
	record_put(&bob.wire, RECORD_SEEN, 1, "", 0);
	arrive(&alice, SIZE_MAX);
	is_str(alice.trace, "up seen seen", "what comes twice is delivered once");
	finish();

	begin();
	join_path();
	settle();
	alice.expected = 0;
	record_put(&bob.wire, 8, 0, "", 0);
	record_put(&bob.wire, RECORD_SEEN, 1, "", 0);
	record_put(&bob.wire, 100, 2, "not understood", 14);
	record_put(&bob.wire, RECORD_SEEN, 3, "", 0);
	arrive(&alice, SIZE_MAX);
	is_str(alice.trace, "up seen seen", "what may come to be is skipped, in its order");
	is_int(alice.delivered, 2, "and delivered to nobody");
	now += LINK_ACK_DELAY;
	link_tick(&alice.link, now);
	alice.data_left = 0;
	talk(&alice, 4096);
	{
		struct record ack;

		ok(record_parse(buf_data(&alice.wire), buf_len(&alice.wire), &ack) > 0 &&
			   ack.type == RECORD_ACK && get_be64(ack.payload) == 3,
		   "but acknowledged");
	}
	finish();

	begin();
	join_path();
	record_put(&bob.wire, 8, 0, "", 0);
	is_int(arrive(&alice, SIZE_MAX), -1, "nothing is skipped before HELLO");
	finish();

	begin();
	join_path();
	record_put(&bob.wire, RECORD_SEEN, 1, "", 0);
	is_int(arrive(&alice, SIZE_MAX), -1, "a record before HELLO");
	is_str(alice.trace, "ended(protocol)", "ends the link");
	finish();
}

static void test_hello_parse(void)
{
	static const char good[] = "protocol=2\0from=Alice@example.org\0to=bob@EXAMPLE.org\0"
		"instance=0011223344556677\0received=0\0"
		"link=000102030405060708090a0b0c0d0e0f\0state=new\0later=x\0";
	static const struct {
		const char *from, *to, *what;
		enum hello_fault fault;
	} changes[] = {
		{ "protocol=2", "protocol=1", "protocol 1", HELLO_OTHER_PROTOCOL },
		{ "protocol=2", "protocol=3", "protocol 3", HELLO_OTHER_PROTOCOL },
		{ "protocol=2", "protocol=x", "no protocol", HELLO_MALFORMED },
		{ "protocol=2", "protocoll2", "ill-formed fields", HELLO_MALFORMED },
		{ "from=Alice", "from=Clara", "from somebody else", HELLO_OTHER_NAMES },
		{ "to=bob", "to=eve", "to somebody else", HELLO_OTHER_NAMES },
		{ "from=A", "form=A", "from nobody", HELLO_OTHER_NAMES },
		{ "to=b", "so=b", "to nobody", HELLO_OTHER_NAMES },
		{ "from=Alice@", "from=Alice/", "a name that is none", HELLO_OTHER_NAMES },
		{ "instance=0", "instance=g", "an instance that is not hex", HELLO_MALFORMED },
		{ "received=0", "received=x", "no number", HELLO_MALFORMED },
		{ "received=0", "received=1", "a new link that has received", HELLO_MALFORMED },
		{ "link=00", "link=0x", "an id that is not hex", HELLO_MALFORMED },
		{ "link=0", "lonk=0", "no id", HELLO_MALFORMED },
		{ "state=new", "state=old", "another state", HELLO_MALFORMED },
		{ "state=new", "stade=new", "no state", HELLO_MALFORMED },
	};
	struct link_hello hello;
	struct record r = { .type = RECORD_HELLO, .len = sizeof(good) - 1 };
	char bytes[sizeof(good)];

	memcpy(bytes, good, sizeof(good));
	r.payload = (const uint8_t *)bytes;
	is_int(link_hello_parse(&r, &of_bob, &hello), HELLO_GOOD,
	       "a HELLO is read, unknown fields and the case of names are not minded");
	ok(hello.instance[1] == 0x11 && hello.link[15] == 15 && !hello.resume, "with what it says");
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		memcpy(bytes, good, sizeof(good));
		memcpy(memmem(bytes, sizeof(bytes), changes[i].from, strlen(changes[i].from)),
		       changes[i].to, strlen(changes[i].to));
		is_int(link_hello_parse(&r, &of_bob, &hello), changes[i].fault, changes[i].what);
	}
	r.type = RECORD_BYE;
	memcpy(bytes, good, sizeof(good));
	is_int(link_hello_parse(&r, &of_bob, &hello), HELLO_MALFORMED,
	       "another record is no HELLO");
}

/* 10,000 records each way, over paths that are cut at any byte. */
static void stress(unsigned seed)
{
	enum { RECORDS = 10000 };
	struct side *sides[] = { &alice, &bob };
	unsigned paths = 0, steps = 0;
	bool joined = false;

	srand(seed);
	begin();
	while ((alice.delivered < RECORDS || bob.delivered < RECORDS) && steps++ < 400000) {
		struct side *s = sides[rand() % 2];
		uint8_t payload[100];
		int dice = rand() % 100;

		now += rand() % 20;
		if (!joined) {
			struct side *first = sides[rand() % 2];

			link_attach(&first->link, true, now);
			link_attach(&first->other->link, false, now);
			joined = true;
			paths++;
		} else if (dice == 0) {
			cut_path("cut");
			joined = false;
		} else if (dice < 20 && s->sent < RECORDS && link_unacked(&s->link) < 50000) {
			for (int n = rand() % 40; n >= 0 && s->sent < RECORDS; n--) {
				put_be64(payload, s->sent++);
				s->wrong += !link_send(&s->link, RECORD_CAN_PUSH, payload,
						       8 + rand() % 90);
			}
		} else if (dice < 60) {
			talk(s, rand() % 3000);
		} else {
			s->wrong += arrive(s, rand() % 4000) != 0;
		}
		link_tick(&s->link, now);
	}
	ok(alice.delivered == RECORDS && bob.delivered == RECORDS && !alice.wrong && !bob.wrong,
	   "10,000 records each way over %u paths: each once, in order (seed %u)", paths, seed);
	ok(paths > 20, "and there were many paths");
	finish();
}

/* A peer inside TLS that sends anything: the link ends or not, and stays in one piece. */
static void test_random(void)
{
	unsigned ended = 0;

	srand(5);
	for (int round = 0; round < 500; round++) {
		begin();
		join_path();
		settle();
		for (int i = 0; i < 50 && bob.link.state == LINK_UP; i++) {
			static const uint8_t types[] = { 1, 2, 3, 4, 16, 20, 34, 38, 34, 34, 77 };
			uint8_t bytes[64];

			for (size_t k = 0; k < sizeof(bytes); k++)
				bytes[k] = (uint8_t)rand();
			put_be32(bytes, (uint32_t)types[rand() % (rand() % 8 ? 10 : 11)] << 24 |
						rand() % 20);
			put_be64(bytes + 4, bytes[0] < 16 ? 0 : bob.delivered + 1 + !(rand() % 30));
			buf_append(&alice.wire, bytes, RECORD_HEADER + bytes[3]);
			arrive(&bob, rand() % 4 ? SIZE_MAX : 7);
			talk(&bob, 4096);
		}
		ended += bob.link.state == LINK_ENDED;
		finish();
	}
	ok(ended > 100, "random records end the link (%u of 500) and nothing else", ended);
}

int main(void)
{
	log_set_level(0);
	test_first_path();
	test_ahead();
	test_answer_lost(false);
	test_answer_lost(true);
	test_acks();
	test_order_and_bounds();
	test_resume();
	test_bye();
	test_silence();
	test_probe();
	test_trial();
	test_silent_loss();
	test_stall();
	test_long_path();
	test_rest();
	test_urgent();
	test_decide();
	test_move();
	test_refusals();
	test_relay();
	test_admission();
	test_versions();
	test_protocol_errors();
	test_hello_parse();
	for (unsigned seed = 1; seed <= 5; seed++)
		stress(seed);
	test_random();
	return tap_done();
}
