/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "alloc.h"
#include "congestion.h"
#include "ibb.h"
#include "tap.h"

/*
 * A sender with endless data through a server that throttles with a token
 * bucket, in virtual time (microseconds inside, the milliseconds of a real
 * clock towards the controller). Blocks are served in order; base64 and the iq around
 * it are counted, as a server counts them.
 */
struct path {
	const char *name;
	double rate, burst;		/* wire bytes per second; bytes let through at once */
	uint64_t rtt;			/* us, without any queue */
	uint64_t run, settle;		/* seconds */
	double rate_least;		/* share of the rate that must be used after settling */
	uint64_t delay_most;		/* ms, p95 of what a control stanza would wait */
	bool throttled;			/* and so it is told (throttle.h) */
};

struct sim {
	const struct path *path;
	struct ibb ibb;
	uint64_t now, busy_until;	/* us; the server is done with all it has at busy_until */
	double tokens;
	uint64_t tokens_at;
	struct { uint64_t at; uint16_t seq; size_t wire; } flight[IBB_STANZAS_MAX];
	unsigned head, count;
	uint64_t delays[65536];
	size_t delay_count;
	uint64_t wire_done;
};

static uint64_t serve(struct sim *s, size_t wire)
{
	uint64_t start = s->busy_until > s->now ? s->busy_until : s->now;
	double missing;

	s->tokens += (start - s->tokens_at) * s->path->rate / 1e6;
	if (s->tokens > s->path->burst)
		s->tokens = s->path->burst;
	missing = wire - s->tokens;
	s->tokens = missing > 0 ? 0 : -missing;
	s->busy_until = start + (missing > 0 ? (uint64_t)(missing * 1e6 / s->path->rate) : 0);
	s->tokens_at = s->busy_until;
	return s->busy_until;
}

static void send_all(struct sim *s)
{
	size_t n;

	while ((n = ibb_can_send(&s->ibb)) > 0) {
		unsigned i = (s->head + s->count++) % IBB_STANZAS_MAX;

		s->flight[i].wire = (n + 2) / 3 * 4 + 220;
		s->flight[i].seq = ibb_sent(&s->ibb, n, s->now / 1000);
		s->flight[i].at = serve(s, s->flight[i].wire) + s->path->rtt;
	}
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void run_path(struct sim *s, const struct path *path)
{
	uint64_t settled = path->settle * 1000000, end = path->run * 1000000, next_look = settled;

	memset(s, 0, sizeof(*s));
	s->path = path;
	s->tokens = path->burst;
	ibb_init(&s->ibb, IBB_BLOCK, 0);
	send_all(s);
	while (s->now < end) {
		unsigned i = s->head;

		while (next_look < s->flight[i].at && next_look < end) {
			uint64_t wait = s->busy_until > next_look ? s->busy_until - next_look : 0;

			s->delays[s->delay_count++ % ARRAY_SIZE(s->delays)] = wait / 1000;
			next_look += 10000;
		}
		s->now = s->flight[i].at;
		s->head = (s->head + 1) % IBB_STANZAS_MAX;
		s->count--;
		if (s->now >= settled)
			s->wire_done += s->flight[i].wire;
		if (!ibb_acked(&s->ibb, s->flight[i].seq, s->now / 1000))
			ok(false, "%s: the block was in flight", path->name);
		send_all(s);
	}
	if (s->delay_count > ARRAY_SIZE(s->delays))
		s->delay_count = ARRAY_SIZE(s->delays);
	qsort(s->delays, s->delay_count, sizeof(*s->delays), by_size);
}

static const struct path paths[] = {
	{ "10 kB/s, no burst",         10e3,  0,    1000,   300, 20, 0.9, 1000, true },
	{ "10 kB/s, 40 ms away",       10e3,  0,    40000,  300, 20, 0.9, 1000, true },
	{ "10 kB/s, 300 ms away",      10e3,  0,    300000, 300, 20, 0.9, 1000, true },
	{ "3 kB/s after 20 kB",        3e3,   20e3, 1000,   300, 30, 0.9, 1000, true },
	{ "3 kB/s after 20 kB, 40 ms", 3e3,   20e3, 40000,  300, 30, 0.9, 1000, true },
	{ "3 kB/s, half an hour",      3e3,   20e3, 1000,  1800, 900, 0.9, 700, true },
	{ "30 kB/s, half an hour",     30e3,  0,    5000,  1800, 20, 0.9, 700, true },
	{ "10 kB/s, half an hour",     10e3,  0,    1000,  1800, 900, 0.9, 700, true },
	{ "1 MB/s, 50 ms away",        1e6,   0,    50000,  100, 5,  0.9, 100, false },
	{ "5 MB/s, 1 ms away",         5e6,   0,    1000,   30,  1,  0.98, 100, false },
	{ "50 MB/s, nearer than 1 ms", 50e6,  0,    50,     10,  1,  0.9, 100, false },
};

static void t_paths(void)
{
	struct sim *s = xmalloc(sizeof(*s));

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const struct path *p = &paths[i];
		uint64_t p95;
		double share;

		run_path(s, p);
		p95 = s->delays[s->delay_count * 95 / 100];
		share = s->wire_done / ((p->run - p->settle) * p->rate);
		ok(share >= p->rate_least, "%s: the rate is used", p->name);
		printf("# %.3f of the rate, window %zu\n", share,
		       congestion_window(&s->ibb.congestion));
		ok(p95 < p->delay_most, "%s: a control stanza waits little", p->name);
		ok(throttle_on(&s->ibb.throttle, s->now / 1000) == p->throttled, "%s: %s", p->name,
		   p->throttled ? "somebody holds it back" : "that is its speed");
		printf("# p95 %" PRIu64 " ms, base %" PRIu64 " ms\n", p95,
		       s->ibb.congestion.base_rtt);
	}
	free(s);
}

static void t_cap(void)
{
	struct congestion p;
	unsigned acks = 0;

	congestion_init(&p, 0);
	is_int(congestion_window(&p), CONGESTION_WINDOW_START, "the window starts small");
	while (congestion_window(&p) < IBB_IN_FLIGHT_MAX && acks < 1000)
		congestion_acked(&p, congestion_block(&p, IBB_BLOCK), 0, true, acks++ / 4);
	ok(acks < 30, "round trips of 0 ms open the window to its cap at once");
	for (unsigned i = 0; i < 100; i++)
		congestion_acked(&p, IBB_BLOCK, 0, true, 100);
	is_int(congestion_window(&p), IBB_IN_FLIGHT_MAX, "and never beyond");
	is_int(congestion_block(&p, IBB_BLOCK), IBB_BLOCK, "blocks are as large as agreed");
	is_int(congestion_block(&p, 512), 512, "even if that is very small");

	congestion_init(&p, 0);
	for (unsigned i = 0; i < 100; i++)
		congestion_acked(&p, 100, 1, false, i);
	is_int(congestion_window(&p), CONGESTION_WINDOW_START,
	       "a window that is not used does not grow");
}

static void t_cuts(void)
{
	struct congestion p;

	congestion_init(&p, 0);
	congestion_acked(&p, 2048, 10, false, 1000);
	p.window = 60000 * CONGESTION_BYTE;
	congestion_acked(&p, 2048, 10 + 700, true, 2000);
	is_int(p.window, 30000 * CONGESTION_BYTE, "twice the target halves the window");
	congestion_acked(&p, 2048, 10 + 700, true, 2100);
	is_int(p.window, 30000 * CONGESTION_BYTE, "not again within the round trip");
	congestion_acked(&p, 2048, 10 + 400, true, 3000);
	is_int(p.window, 30000 * CONGESTION_BYTE / 400 * CONGESTION_TARGET,
	       "a little above the target cuts a little");
	for (unsigned i = 1; i <= 5; i++)
		congestion_acked(&p, 2048, 10000, true, 3000 + 10000 * i);
	is_int(congestion_window(&p), CONGESTION_WINDOW_MIN, "the window never closes");
	is_int(congestion_block(&p, IBB_BLOCK), CONGESTION_WINDOW_MIN, "and holds one block then");

	congestion_init(&p, 0);
	congestion_acked(&p, 2048, 10, false, 1000);
	p.window = 60000 * CONGESTION_BYTE;
	congestion_backoff(&p, 2000);
	is_int(p.window, 30000 * CONGESTION_BYTE, "an error that asks for less halves the window");
}

/* A longer way, not our queue: believed within two minutes, after a look with an empty queue. */
static void t_base_moves(void)
{
	struct congestion p;
	uint64_t now = 0;
	bool drained = false;

	congestion_init(&p, 0);
	for (; now < 30000; now += 20)
		congestion_acked(&p, congestion_block(&p, IBB_BLOCK), 20, true, now);
	for (; now < 180000; now += 500) {
		congestion_acked(&p, congestion_block(&p, IBB_BLOCK), 500, true, now);
		drained |= p.draining;
	}
	ok(drained, "the base rises only after the queue was drained");
	is_int(p.base_rtt, 500, "a round trip that became longer for good is learnt");
	is_int(p.window, IBB_IN_FLIGHT_MAX * CONGESTION_BYTE, "and the window opens again");
	congestion_acked(&p, 100, 30, false, now);
	is_int(p.base_rtt, 30, "a shorter one is believed at once");
}

static void t_rate(void)
{
	struct congestion p;

	congestion_init(&p, 5000);
	for (uint64_t now = 5000; now <= 8000; now += 100)
		congestion_acked(&p, 1000, 150, true, now);
	ok(p.rate >= 9000 && p.rate <= 11000, "the rate is bytes in a second");
	p.slow_start = false;
	congestion_acked(&p, 1000, 50, true, 20000);
	ok(p.slow_start, "after silence the window grows fast again");
	ok(p.rate >= 9000 && p.rate <= 11000, "silence is none");
	for (uint64_t now = 20200; now <= 23000; now += 100)
		congestion_acked(&p, 100, 50, false, now);
	is_int(p.rate, 0, "a little now and then does not tell what the path would carry");
	is_int(congestion_window(&p), p.window / CONGESTION_BYTE,
	       "and does not hold back what follows");
}

/* The rate that was reached by a small window does not keep it small. */
static void t_grows(void)
{
	struct congestion p;
	uint64_t now = 1000;

	congestion_init(&p, now);
	for (unsigned blocks = 2; blocks <= 12; blocks++)
		for (unsigned i = 0; i < blocks; i++)
			congestion_acked(&p, IBB_BLOCK, 100, true, now += 100 / blocks);
	ok(p.rate > 0, "the rate is known");
	is_int(congestion_window(&p), p.window / CONGESTION_BYTE, "and no bound while it grows");
}

/* A busy server on a short path: more in flight only makes a queue. */
static void t_worth(void)
{
	struct congestion p;
	uint64_t now = 0;

	congestion_init(&p, 0);
	for (int i = 0; i < 4000; i++)
		congestion_acked(&p, IBB_BLOCK, 1, true, ++now);
	ok(p.window == IBB_IN_FLIGHT_MAX * CONGESTION_BYTE,
	   "nothing but the queue's length would stop the window");
	is_int(congestion_window(&p), 2 * p.rate * p.base_rtt / 1000 + 2 * IBB_BLOCK,
	       "twice what the path holds and two blocks are used of it");
	ok(congestion_window(&p) < IBB_IN_FLIGHT_MAX / 2, "which is little on a short path");
}

int main(void)
{
	t_worth();
	t_paths();
	t_cap();
	t_cuts();
	t_base_moves();
	t_rate();
	t_grows();
	return tap_done();
}
