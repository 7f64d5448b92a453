/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tap.h"
#include "timers.h"

#include <stdlib.h>

enum { MANY = 500 };

static struct timers timers;
static char said[64];
static unsigned runs;
static uint64_t last_run;		/* the deadline of the last one that ran */
static bool sorted = true;

struct one {
	struct timer timer;
	char letter;
	uint64_t again;			/* it sets itself to that when it is due */
	struct timer *stops;		/* another one, that it stops */
};

static void on_due(void *owner)
{
	struct one *o = owner;
	size_t n = strlen(said);

	said[n] = o->letter;
	said[n + 1] = '\0';
	if (o->again != UINT64_MAX)
		timer_set(&o->timer, o->again);
	if (o->stops)
		timer_stop(o->stops);
}

static void init(struct one *o, char letter)
{
	*o = (struct one){ .letter = letter, .again = UINT64_MAX };
	timer_init(&o->timer, &timers, on_due, o);
}

static void run(uint64_t now, const char *expected, const char *what)
{
	*said = '\0';
	timers_run(&timers, now);
	is_str(said, expected, what);
}

static void test_order(void)
{
	struct one a, b, c;

	init(&a, 'a');
	init(&b, 'b');
	init(&c, 'c');
	is_int(timers_next(&timers), -1, "nothing is due when nothing is set");
	timer_set(&a.timer, 30);
	timer_set(&b.timer, 10);
	timer_set(&c.timer, 20);
	is_int(timers_next(&timers), 10, "the earliest is the next");
	run(9, "", "nothing is due too early");
	run(20, "bc", "those that are due run in order");
	ok(timer_is_set(&a.timer) && !timer_is_set(&b.timer), "one that ran is not set any more");
	timer_set(&b.timer, 30);
	timer_set(&a.timer, 30);
	run(30, "ab", "of the same moment, the one that was set first runs first");
	timer_set(&a.timer, 5);
	timer_set(&a.timer, 50);
	run(40, "", "a timer that is set anew forgets its old deadline");
	timer_set(&a.timer, UINT64_MAX);
	is_int(timers_next(&timers), -1, "the end of time stops a timer");
}

static void test_within(void)
{
	struct one a, b;

	init(&a, 'a');
	init(&b, 'b');
	a.again = 0;
	timer_set(&a.timer, 10);
	timer_set(&b.timer, 20);
	run(20, "ab", "one that sets itself within a run is for the next");
	is_int(timers_next(&timers), 0, "which is due at once");
	a.again = UINT64_MAX;
	run(20, "a", "and comes then");
	a.stops = &b.timer;
	timer_set(&a.timer, 30);
	timer_set(&b.timer, 30);
	run(30, "a", "one that another stops does not run");
	timer_set(&a.timer, 40);
	timer_set(&b.timer, 40);
	run(40, "a", "nor does one that is stopped at its own moment");
	is_int(timers_next(&timers), -1, "and none of them is left");
}

/* Owns itself, and ends when it is due. */
static void on_free(void *owner)
{
	struct timer *timer = owner;

	sorted = sorted && timer->at >= last_run;
	last_run = timer->at;
	runs++;
	free(timer);
}

static void test_many(void)
{
	static struct timer *all[MANY];
	uint64_t random = 1;

	for (unsigned i = 0; i < MANY; i++) {
		all[i] = malloc(sizeof(*all[i]));
		timer_init(all[i], &timers, on_free, all[i]);
	}
	for (unsigned i = 0; i < 4 * MANY; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		timer_set(all[i % MANY], (random >> 33) % 1000);
		if (i % 7 == 0)
			timer_stop(all[(random >> 20) % MANY]);
	}
	for (unsigned i = 0; i < MANY; i++)
		timer_set(all[i], timer_is_set(all[i]) ? all[i]->at : 1000);
	for (uint64_t at; (at = timers_next(&timers)) != UINT64_MAX;)
		timers_run(&timers, at);
	ok(sorted, "deadlines come in order, however they were set and stopped");
	is_int(runs, MANY, "each timer ran once, and freed its owner");
}

int main(void)
{
	timers_init(&timers);
	test_order();
	test_within();
	test_many();
	timers_finish(&timers);
	return tap_done();
}
