/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backoff-timer.h"

#include "tap.h"

enum { TRIES = 12 };

static uv_loop_t loop;
static uint64_t asked;		/* ms, of the last timer */
static unsigned tries, works_at;
static struct backoff_timer pause_of_it;

/* meson.build has this called instead: what is waited for is written down, and comes at once. */
int __real_uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t timeout, uint64_t repeat);
int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t timeout, uint64_t repeat);

int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t timeout, uint64_t repeat)
{
	asked = timeout;
	return __real_uv_timer_start(timer, cb, 1, repeat);
}

static void attempt(void *owner)
{
	if (++tries < works_at)
		backoff_timer_begin(&pause_of_it);
	else
		backoff_timer_end(&pause_of_it);
}

/* It has failed: until it works. */
static void run(void)
{
	uv_ref((uv_handle_t *)&pause_of_it.timer);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_unref((uv_handle_t *)&pause_of_it.timer);
}

int main(void)
{
	int nobody = 0;

	uv_loop_init(&loop);
	backoff_timer_init(&pause_of_it, &loop, attempt, NULL);
	is_int(backoff_timer_left(&pause_of_it), 0, "what did not fail is not waited for");
	ok(!backoff_timer_end(&pause_of_it), "... and does not come as a surprise");

	ok(backoff_timer_begin(&pause_of_it), "the first failure is worth a line");
	ok(asked >= BACKOFF_TIMER_FIRST && asked <= BACKOFF_TIMER_FIRST * 3 / 2,
	   "it is tried again soon");
	ok(backoff_timer_left(&pause_of_it) > 0, "... and waited for");
	asked = 0;
	ok(!backoff_timer_begin(&pause_of_it), "another one meanwhile is not worth a line");
	is_int(asked, 0, "... and makes it no longer");
	works_at = TRIES;
	run();
	is_int(tries, TRIES, "it is tried until it works");
	ok(asked >= BACKOFF_TIMER_MAX && asked <= 60 * 1000,
	   "with pauses that grow, up to a minute");
	ok(!backoff_timer_end(&pause_of_it), "... and ends there");

	ok(backoff_timer_begin(&pause_of_it), "what fails anew is worth a line");
	ok(asked <= BACKOFF_TIMER_FIRST * 3 / 2, "... and tried soon");
	is_int(uv_run(&loop, UV_RUN_NOWAIT), 0, "nobody is kept waiting at the end of the program");
	ok(backoff_timer_end(&pause_of_it), "it worked by itself, and had failed");
	is_int(backoff_timer_left(&pause_of_it), 0, "... and is not tried");
	backoff_timer_slow(&pause_of_it, 100 * 1000, 300 * 1000);
	backoff_timer_begin(&pause_of_it);
	ok(asked >= 100 * 1000 && asked <= 150 * 1000,
	   "what costs somebody something is tried later");
	backoff_timer_close(&pause_of_it, NULL, &nobody);
	tries = 0;
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(tries, 0, "what has ended is not tried");
	is_int(uv_loop_close(&loop), 0, "nothing is left in the loop");
	return tap_done();
}
