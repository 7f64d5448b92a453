/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tap.h"
#include "throttle.h"

/* For ms, a block of 1,024 bytes is acknowledged each `every` ms with that queueing delay. */
struct phase {
	uint64_t ms, every, queue;
};

static const struct {
	const char *what;
	struct phase phases[4];
	bool on;
} rows[] = {
	{ "10 kB/s with a queue before it", { { 12000, 100, 350 } }, true },
	{ "3 kB/s, three blocks a period", { { 20000, 341, 700 } }, true },
	{ "the first seconds", { { 5000, 100, 350 } }, false },
	{ "as fast, but nothing queues", { { 30000, 100, 20 } }, false },
	{ "a queue, but the rate grows all the time",
	  { { 2000, 200, 350 }, { 2000, 100, 350 }, { 2000, 50, 350 }, { 2000, 25, 350 } }, false },
	{ "after the minute's pause to measure",
	  { { 12000, 100, 350 }, { 1000, 500, 20 }, { 1000, 100, 350 } }, true },
	{ "let go by the server", { { 12000, 100, 350 }, { 6000, 10, 20 } }, false },
	{ "let go, and held again", { { 12000, 100, 350 }, { 6000, 10, 20 }, { 12000, 100, 350 } },
	  true },
	{ "nothing to send for a while, then little",
	  { { 12000, 100, 350 }, { 8000, 100000, 0 }, { 300, 100, 350 } }, false },
};

static bool play(const struct phase *phases, uint64_t *now, struct throttle *t)
{
	throttle_init(t, *now);
	for (size_t i = 0; i < 4; i++) {
		uint64_t end = *now + phases[i].ms;

		while (phases[i].ms && *now < end) {
			*now += phases[i].every < end - *now ? phases[i].every : end - *now;
			if (phases[i].every <= phases[i].ms)
				throttle_acked(t, 1024, phases[i].queue, *now);
		}
	}
	return throttle_on(t, *now);
}

int main(void)
{
	struct throttle t;
	uint64_t now = 777;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(play(rows[i].phases, &now, &t) == rows[i].on, "%s: %s", rows[i].what,
		   rows[i].on ? "throttled" : "not throttled");
	play(rows[0].phases, &now, &t);
	is_int(t.rate, 10240, "its rate is told");
	ok(throttle_on(&t, now + 3000), "a moment without data changes nothing");
	ok(!throttle_on(&t, now + 60 * 1000), "a minute without data does");
	return tap_done();
}
