/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bounds.h"
#include "flight.h"
#include "tap.h"

static struct flight f;
static uint64_t now, number;

/* A lap: so many bytes are acknowledged in so many ms, while data was held back or not. */
static void lap(size_t bytes, uint64_t ms, bool held_back)
{
	flight_sent(&f, ++number, now);
	if (held_back)
		flight_full(&f, f.limit);
	now += ms;
	flight_acked(&f, number, bytes, now);
}

static void begin(void)
{
	flight_start(&f);
	now = 1000;
	number = 0;
}

static void test_growth(void)
{
	begin();
	is_int((int64_t)f.limit, LINK_UNACKED_FIRST, "a path begins with a little");
	ok(!flight_full(&f, LINK_UNACKED_FIRST - 1), "below that nothing waits");
	ok(flight_full(&f, LINK_UNACKED_FIRST), "from there on it does");
	flight_round_trip(&f, 50, now);
	lap(LINK_UNACKED_FIRST, 50, false);
	is_int((int64_t)f.limit, LINK_UNACKED_FIRST, "as long as it holds nothing back, it stays");
	lap(LINK_UNACKED_FIRST, 50, true);
	is_int((int64_t)f.limit, 2 * LINK_UNACKED_FIRST, "when it does, it doubles");
	lap(f.limit, 300, true);
	is_int((int64_t)f.limit, 2 * LINK_UNACKED_FIRST, "unless a queue is what makes the lap long");
	is_int((int64_t)f.least, 50, "which is not taken for the length of the path");
	for (int i = 0; i < 20; i++)
		lap(f.limit, 50, true);
	is_int((int64_t)f.limit, LINK_UNACKED_MAX, "up to a bound");
	flight_rest(&f);
	is_int((int64_t)f.limit, LINK_UNACKED_FIRST, "at rest it is as at first");
	is_int((int64_t)f.least, 50, "but for what is known of the path");
	lap(f.limit, 50, true);
	flight_start(&f);
	is_int((int64_t)f.limit, LINK_UNACKED_FIRST, "another path begins with a little");
	is_int((int64_t)f.least, 0, "and nothing is known of it");
}

static void test_laps(void)
{
	begin();
	flight_sent(&f, 1, now);
	flight_sent(&f, 2, now + 10);
	flight_acked(&f, 0, 0, now + 20);
	is_int((int64_t)f.least, 0, "an ACK of what left before ends no lap");
	flight_acked(&f, 2, 1000, now + 30);
	is_int((int64_t)f.least, 30, "that of its record does");
	flight_acked(&f, 2, 0, now + 31);
	is_int((int64_t)f.least, 30, "once");
	flight_sent(&f, 3, now);
	flight_acked(&f, 3, 100, now);
	is_int((int64_t)f.least, 1, "what takes no time takes a millisecond");
}

/* The link was there when the route changed. */
static void test_longer(void)
{
	begin();
	lap(1000, 2, false);
	lap(1000, 50, false);
	is_int((int64_t)f.least, 2, "one long lap does not make a path long");
	for (int i = 0; i < 100; i++)
		lap(1000, 50 + i % 7, false);
	ok(f.least >= 50 && f.least < 57, "but seconds of them do: %d ms", (int)f.least);
	lap(1000, 2, false);
	is_int((int64_t)f.least, 2, "and one short lap makes it short again");
}

int main(void)
{
	test_longer();
	test_growth();
	test_laps();
	return tap_done();
}
