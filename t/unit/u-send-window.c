/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bounds.h"
#include "send-window.h"
#include "tap.h"

static struct send_window f;
static uint64_t now, number;

/* A round: so many bytes are acknowledged in so many ms, while data was held back or not. */
static void round_trip(size_t bytes, uint64_t ms, bool window_limited)
{
	send_window_sent(&f, ++number, now);
	if (window_limited)
		send_window_full(&f, f.limit);
	now += ms;
	send_window_acked(&f, number, bytes, now);
}

static void begin(void)
{
	send_window_start(&f);
	now = 1000;
	number = 0;
}

static void test_growth(void)
{
	begin();
	is_int((int64_t)f.limit, LINK_UNACKED_FIRST, "a path begins with a little");
	ok(!send_window_full(&f, LINK_UNACKED_FIRST - 1), "below that nothing waits");
	ok(send_window_full(&f, LINK_UNACKED_FIRST), "from there on it does");
	send_window_round_trip(&f, 50, now);
	round_trip(LINK_UNACKED_FIRST, 50, false);
	is_int((int64_t)f.limit, LINK_UNACKED_FIRST, "as long as it holds nothing back, it stays");
	round_trip(LINK_UNACKED_FIRST, 50, true);
	is_int((int64_t)f.limit, 2 * LINK_UNACKED_FIRST, "when it does, it doubles");
	round_trip(f.limit, 300, true);
	is_int((int64_t)f.limit, 2 * LINK_UNACKED_FIRST,
	       "unless a queue is what makes the round long");
	is_int((int64_t)f.min_rtt, 50, "which is not taken for the length of the path");
	for (int i = 0; i < 20; i++)
		round_trip(f.limit, 50, true);
	is_int((int64_t)f.limit, LINK_UNACKED_MAX, "up to a bound");
	send_window_rest(&f);
	is_int((int64_t)f.limit, LINK_UNACKED_FIRST, "at rest it is as at first");
	is_int((int64_t)f.min_rtt, 50, "but for what is known of the path");
	round_trip(f.limit, 50, true);
	send_window_start(&f);
	is_int((int64_t)f.limit, LINK_UNACKED_FIRST, "another path begins with a little");
	is_int((int64_t)f.min_rtt, 0, "and nothing is known of it");
}

static void test_laps(void)
{
	begin();
	send_window_sent(&f, 1, now);
	send_window_sent(&f, 2, now + 10);
	send_window_acked(&f, 0, 0, now + 20);
	is_int((int64_t)f.min_rtt, 0, "an ACK of what left before ends no round");
	send_window_acked(&f, 2, 1000, now + 30);
	is_int((int64_t)f.min_rtt, 30, "that of its record does");
	send_window_acked(&f, 2, 0, now + 31);
	is_int((int64_t)f.min_rtt, 30, "once");
	send_window_sent(&f, 3, now);
	send_window_acked(&f, 3, 100, now);
	is_int((int64_t)f.min_rtt, 1, "what takes no time takes a millisecond");
}

/* The link was there when the route changed. */
static void test_longer(void)
{
	begin();
	round_trip(1000, 2, false);
	round_trip(1000, 50, false);
	is_int((int64_t)f.min_rtt, 2, "one long round does not make a path long");
	for (int i = 0; i < 100; i++)
		round_trip(1000, 50 + i % 7, false);
	ok(f.min_rtt >= 50 && f.min_rtt < 57, "but seconds of them do: %d ms", (int)f.min_rtt);
	round_trip(1000, 2, false);
	is_int((int64_t)f.min_rtt, 2, "and one short round makes it short again");
}

int main(void)
{
	test_longer();
	test_growth();
	test_laps();
	return tap_done();
}
