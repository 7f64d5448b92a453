/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_BACKOFF_TIMER_H
#define DAEMON_BACKOFF_TIMER_H

/*
 * The pause before something that failed on this machine is tried again: a watch that got
 * no descriptor, a port that another program has, a file that could not be read. The cause
 * will pass, nobody tells us when, and a try costs little. So the first pause is a second,
 * and each failure doubles it, with chance added (backoff.h). Once the cause has passed,
 * the next try comes within a minute.
 */

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* ms, without the random part */
enum { BACKOFF_TIMER_FIRST = 1000, BACKOFF_TIMER_MAX = 40 * 1000 };

/*
 * A member of the object that tries, which must live until the timer is closed. It does
 * not keep the loop alive.
 */
struct backoff_timer {
	uv_timer_t timer;
	unsigned first, max;		/* ms */
	unsigned length;		/* ms; the last pause, without the random part; 0: the
					   last try worked */
	uint32_t random;
	void (*over)(void *owner);
	void *owner;
};

/* over is called when the pause is over: try again. */
void backoff_timer_init(struct backoff_timer *p, uv_loop_t *loop, void (*over)(void *owner),
			void *owner);

/* Sets other pauses, in ms, where a try costs others something. */
void backoff_timer_slow(struct backoff_timer *p, unsigned first, unsigned max);

/*
 * A try failed: begins a pause. A failure during a pause does not prolong it. True for the
 * first failure, which is worth a log line.
 */
bool backoff_timer_begin(struct backoff_timer *p);

/* A try worked, or no more are wanted: stops the pause. True if a try had failed before. */
bool backoff_timer_end(struct backoff_timer *p);

/* ms until the next try; 0 if no pause is running. */
uint64_t backoff_timer_left(const struct backoff_timer *p);

/*
 * Closes the timer; over is not called any more. closed, which may be NULL, gets a handle
 * whose data is `data`.
 */
void backoff_timer_close(struct backoff_timer *p, uv_close_cb closed, void *data);

#endif
