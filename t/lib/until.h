/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_UNTIL_H
#define T_UNTIL_H

/*
 * Runs a loop until a condition is true, or until a time limit. One turn of a loop runs
 * what is due and then waits for the next event, even if the condition has become true by
 * then. A timer therefore makes an event every few ms.
 */

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum { UNTIL_BEAT = 5 };	/* ms */

static inline void until_beat(uv_timer_t *timer)
{
}

static inline bool run_until(uv_loop_t *loop, bool (*is_so)(void *arg), void *arg, uint64_t ms)
{
	uint64_t end = uv_hrtime() + ms * 1000000;
	uv_timer_t beat;

	uv_timer_init(loop, &beat);
	uv_timer_start(&beat, until_beat, UNTIL_BEAT, UNTIL_BEAT);
	while (!is_so(arg) && uv_hrtime() < end)
		uv_run(loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&beat, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
	return is_so(arg);
}

/* The condition that a counter has grown. */
struct until_more {
	const unsigned *count;
	unsigned before;
};

static inline bool until_is_more(void *arg)
{
	const struct until_more *m = arg;

	return *m->count > m->before;
}

static inline bool run_until_more(uv_loop_t *loop, const unsigned *count, uint64_t ms)
{
	struct until_more m = { count, *count };

	return run_until(loop, until_is_more, &m, ms);
}

#endif
