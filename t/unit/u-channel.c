/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "channel.h"
#include "fields.h"
#include "log.h"
#include "longpath.h"
#include "nothing.h"
#include "tap.h"

enum {
	ENDS = 8,
	PATTERN = 65521,	/* a prime: no block that is lost or said twice goes unseen */
	PIECE = 65536,		/* of it is written, or compared, at once */
};

struct side;

/* The owner of one end of a channel; the peer's end has the same place in its side. */
struct end {
	struct side *side;
	struct channel *ch;		/* NULL once closed */
	char trace[512];
	uint64_t to_send;		/* bytes still to be written */
	uint64_t written, read;		/* so far; what byte it is follows from its place */
	size_t held, most;		/* read and not consumed, and its highest */
	uint64_t appetite;		/* in the test of long paths: bytes consumed in a
					   millisecond */
	unsigned writable;		/* how often there was more room */
	bool greedy;			/* writes whenever there is room */
	const char *close_in_data;	/* closes its channel under a callback */
	const char *close_in_writable;
	unsigned wrong;
};

struct side {
	struct link link;
	struct channels channels;
	struct side *other;
	struct buf wire, plain;
	struct end ends[ENDS];
	char order[64];			/* of ends that got data */
	const char *ended;
	bool kicked;			/* has something to say since it last had not */
	bool at_once;			/* and says it within the kick */
	bool ignore;			/* takes no starting-push */
	bool granted;			/* has granted the credit of what it takes */
	int refused;			/* of channels_record() */
};

static struct side alice, bob;
static uint64_t now;

static void note(struct end *e, const char *what)
{
	if (strlen(e->trace) + strlen(what) + 2 < sizeof(e->trace)) {
		if (*e->trace)
			strcat(e->trace, " ");
		strcat(e->trace, what);
	}
}

/*
 * What is written from that place of a stream on, PIECE bytes. Almost a gigabyte is, so the
 * bytes are compared and copied in pieces, and not computed one by one.
 */
static const uint8_t *bytes_at(uint64_t place)
{
	static uint8_t bytes[PATTERN + PIECE];

	if (bytes[1] == 0)
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)(i % PATTERN * 31 + (i % PATTERN >> 8) * 7);
	return bytes + place % PATTERN;
}

static void write_some(struct end *e)
{
	while (e->ch && e->to_send > 0 && channel_room(e->ch) > 0) {
		const uint8_t *bytes = bytes_at(e->written);
		size_t n = channel_room(e->ch);

		n = n < 10000 ? n : 10000;
		n = n < e->to_send ? n : e->to_send;
		e->written += n;
		e->to_send -= n;
		channel_write(e->ch, bytes, n);
	}
}

static void on_accepted(void *owner)
{
	note(owner, "accepted");
}

static void on_data(void *owner, const void *data, size_t n)
{
	struct end *e = owner;
	struct side *s = e->side;
	size_t len = strlen(s->order);

	e->wrong += n > PIECE || memcmp(data, bytes_at(e->read), n);
	e->read += n;
	e->held += n;
	e->wrong += e->held > CHANNEL_WINDOW_MAX;
	if (e->held > e->most)
		e->most = e->held;
	if (len + 1 < sizeof(s->order))
		s->order[len] = (char)('0' + (e - s->ends));
	if (e->close_in_data) {
		channel_close(e->ch, e->close_in_data);
		ok(!e->ch, "closed() is called before channel_close() returns");
	}
}

static void on_stderr(void *owner, const void *data, size_t n)
{
	struct end *e = owner;
	char text[32];

	if (n < sizeof(text)) {
		snprintf(text, sizeof(text), "stderr(%.*s)", (int)n, (const char *)data);
		note(e, text);
	}
	e->held += n;
}

static void on_end(void *owner)
{
	note(owner, "end");
}

static void on_exited(void *owner, uint32_t status)
{
	char text[32];

	snprintf(text, sizeof(text), "exit(%u)", status);
	note(owner, text);
}

static void on_writable(void *owner)
{
	struct end *e = owner;

	e->writable++;
	if (e->greedy)
		write_some(e);
	if (e->close_in_writable && e->ch)
		channel_close(e->ch, e->close_in_writable);
}

static void on_closed(void *owner, const char *reason)
{
	struct end *e = owner;
	char text[64];

	snprintf(text, sizeof(text), "closed(%s)", reason ? reason : "");
	note(e, text);
	e->ch = NULL;
}

static const struct channel_events channel_events = {
	.accepted = on_accepted,
	.data = on_data,
	.stderr_data = on_stderr,
	.end = on_end,
	.exited = on_exited,
	.writable = on_writable,
	.closed = on_closed,
};

static struct end *new_end(struct side *s, int place)
{
	struct end *e = &s->ends[place];

	memset(e, 0, sizeof(*e));
	e->side = s;
	return e;
}

/* starting-push of these tests is a byte, the place of the end, and the channel's number. */
static void on_deliver(void *owner, const struct record *record)
{
	struct side *s = owner;

	if (record->type == RECORD_STARTING_PUSH) {
		struct end *e = new_end(s, record->payload[0]);

		ok(channel_announced(&s->channels, get_be32(record->payload + 1)),
		   "a channel is announced");
		if (!s->ignore)
			e->ch = (s->granted ? channel_take : channel_accept)(
				&s->channels, get_be32(record->payload + 1), &channel_events, e);
	} else if (channels_record(&s->channels, record)) {
		s->refused = -1;
		link_bye(&s->link, "protocol");
	}
}

static bool on_fill(void *owner)
{
	return channels_fill(&((struct side *)owner)->channels);
}

static void on_ended(void *owner, const char *reason)
{
	struct side *s = owner;

	s->ended = "ended";
	channels_finish(&s->channels, reason);
}

static void on_kick(void *owner)
{
	struct side *s = owner;

	s->kicked = true;
	if (s->at_once)
		link_output(&s->link, &s->wire, 20000, now);
}

static const struct link_events link_events = {
	.up = nothing_up,
	.down = nothing,
	.deliver = on_deliver,
	.fill = on_fill,
	.ended = on_ended,
	.kick = on_kick,
};

static void join_path(void)
{
	link_attach(&alice.link, true, now);
	link_attach(&bob.link, false, now);
}

static void begin(void)
{
	static const struct link_ends both = { "somebody@example.org", "somebody@example.org" };
	struct side *sides[] = { &alice, &bob };

	now = 1000;
	for (int i = 0; i < 2; i++) {
		uint8_t id[LINK_ID_BYTES] = { 0 }, instance[INSTANCE_BYTES] = { (uint8_t)i };

		memset(sides[i], 0, sizeof(*sides[i]));
		sides[i]->other = sides[1 - i];
		link_init(&sides[i]->link, &link_events, sides[i], id, instance, &both,
			  i ? "bob" : "alice");
		channels_init(&sides[i]->channels, &sides[i]->link, i == 0);
	}
	join_path();
}

static void finish(void)
{
	struct side *sides[] = { &alice, &bob };

	for (int i = 0; i < 2; i++) {
		channels_finish(&sides[i]->channels, "shutdown");
		link_finish(&sides[i]->link);
		buf_finish(&sides[i]->wire);
		buf_finish(&sides[i]->plain);
	}
}

/*
 * Asks only who has said that it has something, so that a forgotten kick is a
 * channel that hangs.
 */
static void talk(struct side *s, size_t max)
{
	if (s->kicked || s->ended)
		s->kicked = link_output(&s->link, &s->wire, max, now) > 0;
}

static int arrive(struct side *s, size_t n)
{
	struct buf *wire = &s->other->wire;

	n = n < buf_len(wire) ? n : buf_len(wire);
	buf_append(&s->plain, buf_data(wire), n);
	buf_consume(wire, n);
	return link_input(&s->link, &s->plain, now);
}

static void settle(void)
{
	size_t under_way;

	do {
		talk(&alice, 20000);
		talk(&bob, 20000);
		under_way = buf_len(&alice.wire) + buf_len(&bob.wire);
		arrive(&bob, SIZE_MAX);
		arrive(&alice, SIZE_MAX);
	} while (under_way > 0 || alice.kicked || bob.kicked);
}

/* Alice or Bob opens a channel in that place and tells the other. */
static struct end *open_end(struct side *s, int place)
{
	struct end *e = new_end(s, place);
	uint8_t payload[5] = { (uint8_t)place };

	e->ch = channel_open(&s->channels, &channel_events, e);
	if (!e->ch)
		return NULL;
	put_be32(payload + 1, channel_number(e->ch));
	link_send(&s->link, RECORD_STARTING_PUSH, payload, sizeof(payload));
	return e;
}

/* The life of most channels: a request, an answer, progress, a status. */
static void test_life(void)
{
	uint64_t left;
	struct end *a, *b = &bob.ends[0];

	begin();
	a = open_end(&alice, 0);
	is_int(channel_number(a->ch), 1, "alice's numbers are odd");
	a->to_send = 100;
	write_some(a);
	settle();
	is_str(a->trace, "accepted", "the channel is accepted");
	is_int(b->read, 100, "what was written before arrives then");
	b->to_send = 300000;
	write_some(b);
	channel_write_stderr(b->ch, "counting", 8);
	settle();
	is_int(a->read, 300000, "the answer arrives");
	is_str(a->trace, "accepted stderr(counting)", "with standard error");
	channel_end(a->ch);
	channel_end(a->ch);
	settle();
	is_str(b->trace, "end", "alice has ended");
	ok(a->ch && b->ch, "the other direction goes on");
	b->to_send = 10;
	write_some(b);
	ok(!channel_rest(b->ch, &left), "how much it will be is not known");
	channel_exit(b->ch, 3);
	ok(b->ch, "the end waits for the data");
	ok(channel_rest(b->ch, &left) && left == 10, "then it is known how much has not left");
	is_int(channel_sent(b->ch), 300000, "which is counted when it leaves");
	settle();
	is_int(a->read, 300010, "all data comes first");
	is_str(a->trace, "accepted stderr(counting) end exit(3) closed()", "then end and status");
	is_str(b->trace, "end closed()", "and it is over on both sides");
	is_int(a->wrong + b->wrong, 0, "every byte was right");
	is_int(alice.channels.count + bob.channels.count, 0, "nothing is left");
	finish();
}

/* A credit that was granted before: the first words come with the announcement. */
static void test_granted(void)
{
	struct end *a, *b = &bob.ends[0];
	uint8_t accept[8];

	begin();
	settle();
	bob.ignore = true;
	a = open_end(&alice, 0);
	channel_grant(a->ch, 1000);
	a->to_send = 4000;
	write_some(a);
	settle();
	is_int(channel_sent(a->ch), 1000, "so much is sent without ACCEPT");
	ok(!bob.ended, "to a side that does not take the channel, for nothing");
	put_be32(accept, channel_number(a->ch));
	put_be32(accept + 4, 999);
	link_send(&bob.link, RECORD_ACCEPT, accept, sizeof(accept));
	settle();
	is_int(alice.refused, -1, "which does not accept it after that");
	finish();

	begin();
	settle();
	bob.granted = true;
	a = open_end(&alice, 0);
	channel_grant(a->ch, CHANNEL_WINDOW);
	a->to_send = 2 * CHANNEL_WINDOW;
	write_some(a);
	talk(&alice, 20000);
	arrive(&bob, SIZE_MAX);
	ok(b->read > 10000, "it comes in the flight of the announcement");
	settle();
	write_some(a);
	settle();
	is_str(a->trace, "", "and there is no ACCEPT");
	is_int(b->read, CHANNEL_WINDOW, "but what is more waits for credit");
	channel_exit(b->ch, 0);
	channel_consumed(b->ch, b->held);
	channel_end(b->ch);
	a->to_send = 0;
	settle();
	ok(!alice.ended && !bob.ended && !b->wrong, "as in any other channel");
	finish();
}

/* A reader who does not read stops its own sender, and nobody else's. */
static void test_slow_reader(void)
{
	struct end *a, *other, *b = &bob.ends[0];

	begin();
	a = open_end(&alice, 0);
	other = open_end(&alice, 1);
	a->to_send = 3 * CHANNEL_WINDOW;
	write_some(a);
	is_int(channel_room(a->ch), 0, "a window may be queued");
	settle();
	is_int(b->read, CHANNEL_WINDOW, "a window is sent");
	ok(a->writable > 0 && channel_room(a->ch) > 0, "there is room again, and it was said");
	write_some(a);
	settle();
	is_int(b->read, CHANNEL_WINDOW, "but no credit");
	is_int(link_unacked(&alice.link) < LINK_ACK_BYTES, 1, "and nothing of it is in the link");
	other->to_send = 200000;
	write_some(other);
	settle();
	is_int(bob.ends[1].read, 200000, "the other channel is not stopped");
	channel_consumed(b->ch, 1000);
	settle();
	is_int(b->read, CHANNEL_WINDOW, "a little is not worth a record");
	b->held -= CHANNEL_WINDOW;
	channel_consumed(b->ch, CHANNEL_WINDOW - 1000);
	settle();
	is_int(b->read, 2 * CHANNEL_WINDOW, "what was consumed may be sent again");
	is_int(b->wrong, 0, "without a byte lost");
	finish();
}

static void test_turns(void)
{
	begin();
	for (int i = 0; i < 3; i++)
		open_end(&alice, i);
	settle();
	for (int i = 0; i < 3; i++) {
		alice.ends[i].to_send = i == 1 ? 10 : 100000;
		write_some(&alice.ends[i]);
	}
	memset(bob.order, 0, sizeof(bob.order));
	link_output(&alice.link, &alice.wire, 4 * RECORD_PAYLOAD_MAX, now);
	arrive(&bob, SIZE_MAX);
	ok(!strncmp(bob.order, "0120", 4) || !strncmp(bob.order, "1202", 4) ||
	   !strncmp(bob.order, "2010", 4) || !strncmp(bob.order, "1020", 4),
	   "channels take turns (%s)", bob.order);
	memset(bob.order, 0, sizeof(bob.order));
	for (int i = 0; i < 10; i++)
		link_output(&alice.link, &alice.wire, 1000, now);
	arrive(&bob, SIZE_MAX);
	ok(strstr(bob.order, "0202") != NULL, "on a narrow path too (%s)", bob.order);
	finish();
}

static void test_close(void)
{
	struct end *a, *b = &bob.ends[0];

	begin();
	a = open_end(&alice, 0);
	settle();
	b->to_send = 100000;
	write_some(b);
	channel_close(a->ch, "cancelled");
	is_str(a->trace, "accepted closed(cancelled)", "a close is at once");
	settle();
	is_str(b->trace, "closed(cancelled)", "and told with its reason");
	ok(!bob.ended && !alice.ended, "what was under way is ignored");

	a = open_end(&alice, 1);
	channel_close(a->ch, "cancelled");
	settle();
	is_str(bob.ends[1].trace, "closed(cancelled)", "so is one that was not accepted yet");
	bob.ignore = true;
	a = open_end(&alice, 2);
	settle();
	channel_close(a->ch, "refused");
	settle();
	ok(!bob.ended, "and one that never was");
	bob.ends[2].ch = channel_accept(&bob.channels, alice.channels.next - 2, &channel_events,
					new_end(&bob, 2));
	settle();
	is_str(bob.ends[2].trace, "closed(gone)", "or too late");
	bob.ignore = false;

	a = open_end(&alice, 3);
	settle();
	bob.ends[3].close_in_data = "busy";
	a->to_send = 100000;
	write_some(a);
	settle();
	is_str(a->trace, "accepted closed(busy)", "a close under a callback");
	ok(!bob.ended && !alice.ended, "harms nothing");

	a = open_end(&alice, 4);
	settle();
	link_bye(&bob.link, "shutdown");
	is_str(bob.ends[4].trace, "closed(shutdown)", "a link that ends closes its channels");
	settle();
	is_str(a->trace, "accepted closed(shutdown)", "on both sides");
	ok(!channel_open(&alice.channels, &channel_events, a), "and opens no more");
	finish();
}

static void test_numbers(void)
{
	int opened = 0;
	struct end e = { .side = &alice }, twin = { .side = &bob };

	begin();
	settle();
	while (opened < 1000 && channel_open(&alice.channels, &channel_events, &e))
		opened++;
	is_int(opened, CHANNELS_PER_LINK, "channels are bounded");
	ok(!channel_accept(&alice.channels, 2, &channel_events, &e), "accepted ones too");
	twin.ch = channel_open(&bob.channels, &channel_events, &twin);
	is_int(channel_number(twin.ch), 2, "bob's numbers are even");
	ok(!channel_accept(&bob.channels, 4, &channel_events, &twin), "his own are not the peer's");
	ok(!channel_accept(&bob.channels, 0, &channel_events, &twin), "nor is 0");
	ok(!channel_accept(&bob.channels, 5, &channel_events, &twin),
	   "5 is none before it is announced");
	ok(!channel_announced(&bob.channels, 4), "which 4 cannot be");
	ok(channel_announced(&bob.channels, 5) &&
		   channel_accept(&bob.channels, 5, &channel_events, &twin) != NULL,
	   "then it is");
	ok(!channel_announced(&bob.channels, 5) && !channel_announced(&bob.channels, 3),
	   "numbers rise");
	ok(!channel_accept(&bob.channels, 5, &channel_events, &twin), "once");
	ok(channel_accept(&bob.channels, 3, &channel_events, &twin) != NULL, "in any order");
	finish();
}

static void test_stderr_bound(void)
{
	static char text[CHANNEL_STDERR_MAX];
	struct end *a;

	begin();
	a = open_end(&alice, 0);
	settle();
	for (int i = 0; i < 5; i++)
		channel_write_stderr(bob.ends[0].ch, text, sizeof(text) / 3);
	channel_exit(bob.ends[0].ch, 0);
	settle();
	is_int(a->held, CHANNEL_STDERR_MAX, "standard error is cut, not refused");
	is_str(a->trace, "accepted end exit(0)", "and the status comes after it");
	finish();
}

/*
 * What a correct peer does not send; channel 1 is open, 3 was closed, in 5 bob
 * has said END, 4 he has announced.
 */
static void test_protocol_errors(void)
{
	static const uint8_t zeros[RECORD_PAYLOAD_MAX];
	static const struct {
		enum record_type type;
		uint32_t number;
		const char *payload;
		size_t len;
		int verdict;
		const char *what;
	} rows[] = {
		{ RECORD_DATA, 1, "x", 1, 0, "data" },
		{ RECORD_DATA, 1, "", 0, 0, "no data" },
		{ RECORD_DATA, 3, "x", 1, 0, "late data" },
		{ RECORD_ACCEPT, 3, "\0\0\0\1", 4, 0, "a late accept" },
		{ RECORD_DATA, 7, "x", 1, -1, "data for a channel not opened yet" },
		{ RECORD_CLOSE, 2, "", 0, 0, "a close of one that was not accepted" },
		{ RECORD_DATA, 4, "x", 1, 0, "data for one" },
		{ RECORD_CLOSE, 6, "", 0, -1, "a close of one that was never announced" },
		{ RECORD_DATA, 6, "x", 1, -1, "data for one" },
		{ RECORD_CLOSE, 7, "", 0, -1, "a close of one that is ours to open" },
		{ RECORD_DATA, 0, "x", 1, -1, "data for channel 0" },
		{ RECORD_ACCEPT, 1, "\0\0\0\1", 4, -1, "a second accept" },
		{ RECORD_ACCEPT, 1, "\0\0\1", 3, -1, "a short accept" },
		{ RECORD_CREDIT, 1, "\0\0\0\1", 4, 0, "credit" },
		{ RECORD_CREDIT, 1, "\0\0\0", 3, -1, "short credit" },
		{ RECORD_CREDIT, 1, "\xff\xff\xff\xff", 4, -1, "nonsensical credit" },
		{ RECORD_CREDIT, 1, "\x40\0\0\0", 4, -1, "credit that adds up to nonsense" },
		{ RECORD_END, 1, "x", 1, -1, "an end with more" },
		{ RECORD_END, 5, "", 0, -1, "a second end" },
		{ RECORD_DATA, 5, "x", 1, -1, "data after the end" },
		{ RECORD_STDERR, 5, "x", 1, 0, "standard error after the end" },
		{ RECORD_EXIT, 5, "\0\0\0\0", 4, 0, "a status" },
		{ RECORD_EXIT, 5, "\0\0", 2, -1, "a short status" },
		{ RECORD_EXIT, 1, "\0\0\0\0", 4, -1, "a status before the end" },
		{ RECORD_CLOSE, 1, "reason=", 7, -1, "a close without the end of its reason" },
		{ RECORD_CLOSE, 1, "reason=", 8, 0, "a close without reason" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct record r = { .type = rows[i].type, .number = 1 };
		struct buf payload = { 0 };

		begin();
		for (int k = 0; k < 3; k++)
			open_end(&alice, k);
		settle();
		channel_close(alice.ends[1].ch, "done");
		channel_end(bob.ends[2].ch);
		channel_announced(&alice.channels, 4);
		settle();
		put_be32(buf_reserve(&payload, 4), rows[i].number);
		buf_added(&payload, 4);
		buf_append(&payload, rows[i].payload, rows[i].len);
		r.payload = (const uint8_t *)buf_data(&payload);
		r.len = buf_len(&payload);
		alice.ends[0].read = alice.ends[2].read = 0;
		is_int(channels_record(&alice.channels, &r) ? -1 : 0, rows[i].verdict,
		       rows[i].what);
		buf_finish(&payload);
		finish();
	}

	for (int err = 0; err < 2; err++) {
		size_t sent = 0, allowed = err ? CHANNEL_STDERR_MAX : CHANNEL_WINDOW;
		uint8_t payload[4 + 8192] = { 0, 0, 0, 1 };
		struct record r = { .type = err ? RECORD_STDERR : RECORD_DATA, .number = 1,
				    .payload = payload, .len = sizeof(payload) };

		begin();
		open_end(&alice, 0);
		settle();
		while (sent < 4 * CHANNEL_WINDOW && !channels_record(&alice.channels, &r))
			sent += sizeof(payload) - 4;
		is_int(sent, allowed,
		       err ? "too much standard error" : "more data than was granted");
		finish();
	}
	begin();
	settle();
	link_send(&bob.link, RECORD_DATA, zeros, 3);
	settle();
	is_int(alice.refused, -1, "a record too short for a number");
	finish();
}

/* Random transfers both ways over a path that is cut now and then. */
static void stress(unsigned seed)
{
	unsigned steps = 0, paths = 1, wrong = 0, over = 0;
	uint64_t total = 0;

	srand(seed);
	begin();
	settle();
	for (int i = 0; i < ENDS; i++) {
		struct side *s = i % 2 ? &alice : &bob;

		open_end(s, i);
		settle();
		for (int k = 0; k < 2; k++) {
			struct end *e = k ? &alice.ends[i] : &bob.ends[i];

			e->greedy = true;
			e->to_send = rand() % 1000000;
			total += e->to_send;
			write_some(e);
		}
	}
	while (alice.channels.count + bob.channels.count > 0 && steps++ < 100000) {
		struct side *s = rand() % 2 ? &alice : &bob;
		struct end *e = &s->ends[rand() % ENDS];

		now += rand() % 10;
		link_tick(&s->link, now);
		if (rand() % 100 == 0) {
			paths++;
			buf_reset(&alice.wire);
			buf_reset(&bob.wire);
			buf_reset(&alice.plain);
			buf_reset(&bob.plain);
			link_detach(&alice.link, "cut", now);
			link_detach(&bob.link, "cut", now);
			join_path();
		}
		talk(s, 1 + rand() % 8000);
		arrive(s, rand() % 8000);
		if (!e->ch)
			continue;
		if (e->held > 0) {
			size_t n = rand() % (e->held + 1);

			e->held -= n;
			channel_consumed(e->ch, n);
		}
		if (e->to_send > 0)
			continue;
		if (s == ((e - s->ends) % 2 ? &alice : &bob))
			channel_end(e->ch);
		else if (strstr(e->trace, "end"))
			/* Any sooner, and what is still to come would be dropped. */
			channel_exit(e->ch, 7);
	}
	for (int i = 0; i < ENDS; i++) {
		struct end *a = &alice.ends[i], *b = &bob.ends[i];

		wrong += a->wrong + b->wrong + (a->read != b->written) + (b->read != a->written);
		total -= a->read + b->read;
		over += !!strstr(a->trace, "closed()") + !!strstr(b->trace, "closed()");
	}
	ok(wrong == 0 && total == 0, "every byte of %d channels arrives over %u paths (seed %u)",
	   ENDS, paths, seed);
	is_int(over, 2 * ENDS, "and every channel ends as it should");
	finish();
}

/* It ends in mid-stream: what it has not read gives no credit any more. */
static void test_early_exit(void)
{
	struct end *a, *b = &bob.ends[0];

	begin();
	a = open_end(&alice, 0);
	a->to_send = 2 * CHANNEL_WINDOW;
	write_some(a);
	settle();
	write_some(a);
	settle();
	ok(channel_room(a->ch) == 0, "the sender is stopped, with more to send");
	channel_exit(b->ch, 1);
	settle();
	is_str(a->trace, "accepted end exit(1)", "the far process ends");
	channel_end(a->ch);
	settle();
	is_int(b->read, CHANNEL_WINDOW, "nothing more is sent to it");
	is_str(a->trace, "accepted end exit(1) closed()", "but the end of data,");
	is_str(b->trace, "end closed()", "without waiting for credit");
	finish();
}

/* Lets a millisecond pass on a long path between the two. */
static void step_long(struct longpath paths[2])
{
	struct side *sides[] = { &alice, &bob };

	now++;
	for (int i = 0; i < 2; i++) {
		struct side *s = sides[i];
		size_t room = longpath_room(&paths[i]);

		link_tick(&s->link, now);
		/* As a broker does: a piece at a time, while the socket takes it. */
		while (s->kicked && room > 0) {
			s->kicked = link_output(&s->link, &paths[i].socket,
						room < 65536 ? room : 65536, now) > 0;
			room = longpath_room(&paths[i]);
		}
		longpath_step(&paths[i], &s->other->plain, now);
		link_input(&s->other->link, &s->other->plain, now);
	}
	for (int i = 0; i < 2; i++) {
		for (int k = 0; k < ENDS; k++) {
			struct end *e = &sides[i]->ends[k];
			size_t n = e->held < e->appetite ? e->held : e->appetite;

			if (!e->ch || n == 0)
				continue;
			e->held -= n;
			channel_consumed(e->ch, n);
		}
	}
}

/* Streams of bytes from alice to bob, who consumes so much a millisecond: how long that takes. */
static uint64_t time_long(struct longpath paths[2], int streams, uint64_t bytes, uint64_t appetite)
{
	uint64_t begun, left;

	for (int k = 0; k < streams; k++) {
		struct end *e = open_end(&alice, k);

		e->greedy = true;
		e->to_send = bytes;
	}
	for (int i = 0; i < 200; i++)
		step_long(paths);
	begun = now;
	for (int k = 0; k < streams; k++) {
		bob.ends[k].appetite = appetite;
		write_some(&alice.ends[k]);
	}
	do {
		step_long(paths);
		left = 0;
		for (int k = 0; k < streams; k++)
			left += bytes - bob.ends[k].read;
	} while (left > 0 && now < begun + 60000);
	for (int k = 0; k < streams; k++)
		is_int(alice.ends[k].wrong + bob.ends[k].wrong, 0,
		       "every byte was right, and none too many");
	return now - begun;
}

static void begin_long(struct longpath paths[2], unsigned round_trip)
{
	begin();
	memset(paths, 0, 2 * sizeof(paths[0]));
	paths[0].delay = paths[1].delay = round_trip / 2;
	for (unsigned i = 0; i < 3 * round_trip; i++)
		step_long(paths);
}

static void finish_long(struct longpath paths[2])
{
	longpath_finish(&paths[0]);
	longpath_finish(&paths[1]);
	finish();
}

/*
 * 100 MB/s and 50 ms hold 5 MB, which neither the first window nor the first
 * bound of the link does.
 */
static void test_long_path(void)
{
	static struct longpath paths[2];
	const uint64_t bytes = 300 * 1000 * 1000;
	uint64_t took;

	begin_long(paths, 50);
	took = time_long(paths, 1, bytes, SIZE_MAX);
	ok(bytes / LONGPATH_RATE * 10 >= took * 9, "a long path is filled: %" PRIu64 " MB/s of 100",
	   bytes / 1000 / took);
	ok(bob.channels.extra <= CHANNEL_WINDOW_MAX - CHANNEL_WINDOW,
	   "with a window that has a bound");
	channel_close(bob.ends[0].ch, "cancelled");
	is_int(bob.channels.extra, 0, "and is given back");
	finish_long(paths);

	begin_long(paths, 50);
	took = time_long(paths, 4, bytes / 4, SIZE_MAX);
	ok(bytes / LONGPATH_RATE * 10 >= took * 9, "by four streams as well: %" PRIu64 " MB/s",
	   bytes / 1000 / took);
	finish_long(paths);

	begin_long(paths, 2);
	took = time_long(paths, 1, bytes / 4, SIZE_MAX);
	ok(bytes / LONGPATH_RATE * 10 >= took * 4 * 9, "a short one is");
	ok(bob.channels.extra <= CHANNEL_WINDOW, "and needs little more than the first window");
	finish_long(paths);
}

static void test_slow_on_long_path(void)
{
	static struct longpath paths[2];

	begin_long(paths, 50);
	time_long(paths, 1, 4 * 1000 * 1000, 1000);
	is_int(bob.channels.extra, 0, "who reads slowly gets no larger window");
	ok(bob.ends[0].most <= CHANNEL_WINDOW, "and so no more to keep");
	finish_long(paths);
}

/* Many streams on a very long path: their windows have a bound together. */
static void test_many_on_long_path(void)
{
	static struct longpath paths[2];
	size_t most = 0, kept = 0;

	begin_long(paths, 200);
	for (int k = 0; k < ENDS; k++) {
		struct end *e = open_end(&alice, k);

		e->greedy = true;
		e->to_send = 40 * 1000 * 1000;
	}
	for (int i = 0; i < 500; i++)
		step_long(paths);
	for (int k = 0; k < ENDS; k++) {
		bob.ends[k].appetite = SIZE_MAX;
		write_some(&alice.ends[k]);
	}
	for (int i = 0; i < 2500; i++) {
		size_t granted = ENDS * CHANNEL_WINDOW + bob.channels.extra;

		step_long(paths);
		if (bob.channels.extra > most)
			most = bob.channels.extra;
		/* Whatever they were granted, one of them stops reading, then all. */
		for (int k = 0; i >= 2000 && k < ENDS; k++)
			bob.ends[k].appetite = 0;
		kept = 0;
		for (int k = 0; k < ENDS; k++)
			kept += bob.ends[k].held;
		if (kept > granted)
			break;
	}
	ok(most > CHANNEL_WINDOW_MAX && most <= CHANNELS_EXTRA_MAX,
	   "windows grow by %zu bytes in all, not more", most);
	ok(kept > CHANNELS_EXTRA_MAX / 2 && kept <= ENDS * CHANNEL_WINDOW + most,
	   "when nobody reads any more, no more than that is kept (%zu)", kept);
	is_int(bob.refused, 0, "and it was all granted");
	for (int k = 0; k < ENDS; k++)
		channel_close(bob.ends[k].ch, "cancelled");
	is_int(bob.channels.extra, 0, "what is closed gives it back");
	finish_long(paths);
}

/* What is queued for the peer grows with what it wants, up to a bound. */
static void test_room(void)
{
	struct end *a;

	begin();
	for (int k = 0; k < ENDS; k++)
		open_end(&alice, k);
	settle();
	a = &alice.ends[0];
	is_int(channel_room(a->ch), CHANNEL_WINDOW, "at first a window may be queued");
	for (int k = 0; k < ENDS; k++) {
		uint8_t payload[8];
		struct record r = { .type = RECORD_CREDIT,
				    .number = 1,
				    .payload = payload,
				    .len = sizeof(payload) };

		put_be32(payload, channel_number(alice.ends[k].ch));
		put_be32(payload + 4, 1 << 29);
		alice.ends[k].writable = 0;
		ok(!channels_record(&alice.channels, &r), "the peer wants much");
		is_int(alice.ends[k].writable, 1, "which is told");
	}
	is_int(channel_room(a->ch), CHANNEL_WINDOW_MAX, "a large one, then");
	for (int k = 0; k < ENDS; k++) {
		alice.ends[k].to_send = UINT64_MAX / 2;
		write_some(&alice.ends[k]);
		alice.ends[k].to_send = 0;
	}
	is_int((int64_t)(alice.ends[0].written), CHANNEL_WINDOW_MAX,
	       "as much as that for the first");
	is_int((int64_t)(alice.ends[ENDS - 1].written), CHANNEL_WINDOW,
	       "but the last has what all have");
	is_int(channel_room(a->ch), 0, "and there is no more room");
	finish();
}

/*
 * A link may ask for data as soon as there is some; what that leaves of a
 * channel is not there any more.
 */
static void test_closed_by_what_is_sent(void)
{
	struct end *a, *b = &bob.ends[0];
	unsigned writable;

	begin();
	a = open_end(&alice, 0);
	a->to_send = CHANNEL_WINDOW + 1000;
	write_some(a);
	settle();
	write_some(a);
	is_int(b->read, CHANNEL_WINDOW, "alice has used up her credit, and has more to say");
	alice.at_once = true;
	a->close_in_writable = "enough";
	writable = a->writable;
	channel_consumed(b->ch, b->held);
	settle();
	ok(!a->ch, "she closes the channel when some of it has left");
	is_int(a->writable, writable + 1,
	       "and is not told of it again by the credit that it left with");
	is_str(a->trace, "accepted closed(enough)", "nor of anything else");
	finish();
}

int main(void)
{
	log_set_level(0);
	test_life();
	test_granted();
	test_slow_reader();
	test_early_exit();
	test_turns();
	test_close();
	test_numbers();
	test_stderr_bound();
	test_protocol_errors();
	for (unsigned seed = 1; seed <= 3; seed++)
		stress(seed);
	test_long_path();
	test_slow_on_long_path();
	test_many_on_long_path();
	test_room();
	test_closed_by_what_is_sent();
	return tap_done();
}
