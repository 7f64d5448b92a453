/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netwatch.h"

/*
 * The clock on the wall, the addresses and the pauses are the test's:
 * meson.build has these called instead.
 */

#include <sys/time.h>

#include "tap.h"

#include "log.h"
#include "reachable.h"

static uv_loop_t loop;
static unsigned news, woke, looks;
static int64_t ahead;		/* ms */
static uint64_t addresses;
static uint64_t every;

int __wrap_gettimeofday(struct timeval *restrict t, void *restrict zone);
int __wrap_gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	int64_t us = (int64_t)(uv_hrtime() / 1000) + ahead * 1000;

	t->tv_sec = us / 1000000;
	t->tv_usec = us % 1000000;
	return 0;
}

uint64_t __wrap_reachable_digest(void);
uint64_t __wrap_reachable_digest(void)
{
	looks++;
	return addresses;
}

int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t in, uint64_t repeat);
int __real_uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t in, uint64_t repeat);
int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t in, uint64_t repeat)
{
	every = repeat;
	return __real_uv_timer_start(timer, cb, 1, 1);
}

static void on_news(void *owner, enum netwatch_news what)
{
	if (what == NETWATCH_NETWORK)
		news++;
	else
		woke++;
}

/* Until it has looked once more. */
static void run(void)
{
	unsigned before = looks;

	while (looks == before)
		uv_run(&loop, UV_RUN_ONCE);
}

int main(void)
{
	struct netwatch *n;

	log_init();
	log_set_level(LOG_WARNING);
	uv_loop_init(&loop);
	ahead = 1000 * 1000;
	addresses = 1;
	n = netwatch_create(&loop, on_news, NULL);
	ok(every >= 10 * 1000, "it looks no more than a few times a minute");
	run();
	ok(!news && !woke, "nothing happens, and nothing is told");
	addresses = 2;
	run();
	is_int(news, 1, "an address comes: it is told");
	run();
	is_int(news, 1, "once");
	ahead += 1000;
	run();
	is_int(woke, 0, "a clock that is put right by a second tells nothing");
	ahead += 60 * 1000;
	run();
	is_int(woke, 1, "one that is a minute ahead tells that we slept");
	ahead -= 60 * 1000;
	run();
	ok(woke == 1 && news == 1, "one that is set back does not");
	netwatch_destroy(n);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(uv_loop_close(&loop), 0, "it ends, and leaves no handle");
	return tap_done();
}
