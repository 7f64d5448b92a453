/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "absence.h"

#include "negotiation.h"
#include "nothing.h"
#include "tap.h"

/*
 * Alice has a link with Bob over a path made of two buffers. What her server says of him is
 * said in the tests; what he says himself comes by the path.
 */
struct side {
	struct link link;
	struct channels channels;
	struct absence absence;
	struct side *other;
	struct buf wire;		/* on the way to the other */
	const char *closed;		/* why its channel was */
	size_t got;
};

static struct side alice, bob;
static uint64_t now;

static void on_deliver(void *owner, const struct record *record)
{
	struct side *s = owner;

	if (record->type >= RECORD_ACCEPT)
		channels_record(&s->channels, record);
}

static bool on_fill(void *owner)
{
	struct side *s = owner;

	return !absence_pauses(&s->absence) && channels_fill(&s->channels);
}

static const struct link_events link_events = {
	.up = nothing_up,
	.down = nothing,
	.deliver = on_deliver,
	.fill = on_fill,
	.ended = nothing_ended,
	.kick = nothing,
};

static void on_data(void *owner, const void *data, size_t n)
{
	struct side *s = owner;

	s->got += n;
}

static void on_closed(void *owner, const char *reason)
{
	struct side *s = owner;

	s->closed = reason ? reason : "done";
}

static const struct channel_events channel_events = {
	.accepted = nothing,
	.data = on_data,
	.stderr_data = on_data,
	.end = nothing,
	.exited = nothing_exited,
	.writable = nothing,
	.closed = on_closed,
};

static void say(struct side *s)
{
	while (link_output(&s->link, &s->wire, 4096, now))
		;
}

static void hear(struct side *s)
{
	link_input(&s->link, &s->other->wire, now);
	absence_heard(&s->absence, &s->link);
}

static void talk(void)
{
	for (int i = 0; i < 8; i++) {
		say(&alice);
		say(&bob);
		hear(&alice);
		hear(&bob);
	}
}

static void side_init(struct side *s, struct side *other, const char *name,
		      const struct link_ends *ends)
{
	uint8_t id[LINK_ID_BYTES] = { 0 }, instance[INSTANCE_BYTES] = { (uint8_t)name[0] };

	*s = (struct side){ .other = other };
	link_init(&s->link, &link_events, s, id, instance, ends, name);
	channels_init(&s->channels, &s->link, *name == 'a');
}

static void begin(void)
{
	static const struct link_ends of_alice = { "alice@example.org", "bob@example.org" };
	static const struct link_ends of_bob = { "bob@example.org", "alice@example.org" };

	now = 1000;
	side_init(&alice, &bob, "alice", &of_alice);
	side_init(&bob, &alice, "bob", &of_bob);
	link_attach(&bob.link, false, now);
	link_attach(&alice.link, true, now);
	talk();
}

static void finish(void)
{
	channels_finish(&alice.channels, "over");
	channels_finish(&bob.channels, "over");
	link_finish(&alice.link);
	link_finish(&bob.link);
	buf_finish(&alice.wire);
	buf_finish(&bob.wire);
}

static struct channel *open_channel(void)
{
	struct channel *ch = channel_open(&alice.channels, &channel_events, &alice);

	channel_announced(&bob.channels, channel_number(ch));
	channel_accept(&bob.channels, channel_number(ch), &channel_events, &bob);
	talk();
	return ch;
}

static void cut(void)
{
	link_detach(&alice.link, "cut", now);
	link_detach(&bob.link, "cut", now);
	buf_reset(&alice.wire);
	buf_reset(&bob.wire);
}

/* The server has said that he is gone, and the time for that to be put right is over. */
static bool ends(void)
{
	absence_begin(&alice.absence, ABSENCE_GRACE, now);
	is_int(absence_deadline(&alice.absence), (int64_t)now + ABSENCE_GRACE,
	       "she gives him a moment");
	ok(!absence_over(&alice.absence, &alice.link, &alice.channels, now),
	   "which is not over at once");
	now += ABSENCE_GRACE;
	return absence_over(&alice.absence, &alice.link, &alice.channels, now);
}

static void test_end(void)
{
	begin();
	ok(!ends(), "a link that is up goes on, whatever the server says");
	cut();
	absence_begin(&alice.absence, ABSENCE_GRACE, now);
	absence_end(&alice.absence);
	ok(absence_deadline(&alice.absence) == UINT64_MAX, "who is back is not waited for");
	ok(ends(), "one without a path and with nothing at stake ends");
	finish();

	begin();
	open_channel();
	cut();
	ok(!ends(), "one with a channel does not");
	ok(absence_deadline(&alice.absence) == UINT64_MAX, "and presence is not asked again");
	finish();

	begin();
	channel_close(open_channel(), "cancelled");
	is_int(alice.channels.count, 0, "her channel is over");
	cut();
	ok(!ends(), "but he has not heard that, and his is not");
	finish();
}

static void test_look(void)
{
	begin();
	absence_doubt(&alice.absence, &alice.link, true, now);
	is_int(link_deadline(&alice.link), (int64_t)now + LINK_PROBE_TIMEOUT,
	       "who is said to be gone is asked at once");
	now++;
	talk();
	ok(link_deadline(&alice.link) > now + LINK_PROBE_TIMEOUT, "and answers");
	finish();

	begin();
	absence_doubt(&alice.absence, &alice.link, true, now);
	now += LINK_PROBE_TIMEOUT;
	link_tick(&alice.link, now);
	ok(link_path_dead(&alice.link), "or does not: then the path is dead, and no more");
	ok(alice.link.state == LINK_UP, "the link is not");
	finish();
}

static void test_pause(void)
{
	struct channel *ch;

	begin();
	ch = open_channel();
	absence_doubt(&alice.absence, &alice.link, true, now);
	channel_write(ch, "0123456789", 10);
	now++;
	say(&alice);
	hear(&bob);
	is_int(bob.got, 0, "over the server nothing goes to who is in doubt");
	talk();
	is_int(bob.got, 10, "until they are heard");
	ok(!absence_pauses(&alice.absence), "which ends the doubt");

	absence_doubt(&alice.absence, &alice.link, false, now);
	channel_write(ch, "0123456789", 10);
	say(&alice);
	hear(&bob);
	is_int(bob.got, 20, "a direct path goes on meanwhile");

	absence_doubt(&alice.absence, &alice.link, true, now);
	absence_renewed(&alice.absence);
	ok(!absence_pauses(&alice.absence), "another path is not in doubt");
	cut();
	absence_doubt(&alice.absence, &alice.link, true, now);
	ok(!absence_pauses(&alice.absence), "nor is there anything to pause without one");
	finish();
}

int main(void)
{
	test_end();
	test_look();
	test_pause();
	return tap_done();
}
