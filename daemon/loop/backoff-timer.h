/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_BACKOFF_TIMER_H
#define DAEMON_BACKOFF_TIMER_H

/*
 * What failed here, on this machine, is tried again: a watch for which there was no descriptor, a
 * port that somebody else has, a file that could not be read. What it takes will be there
 * again, and nobody tells us when; a try costs little. So the pauses begin with a second,
 * double with each failure, and with what chance adds (core/backoff.h) no cause is outlived by
 * a minute.
 */

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* ms, without what chance adds */
enum { BACKOFF_TIMER_FIRST = 1000, BACKOFF_TIMER_MAX = 40 * 1000 };

/* Lies in whatever fails, which must live until it is closed. It does not keep the loop alive. */
struct backoff_timer {
	uv_timer_t timer;
	unsigned first, max;		/* ms */
	unsigned length;		/* ms, of the last one; 0: the last try worked */
	uint32_t random;
	void (*over)(void *owner);
	void *owner;
};

/* over: it is to be tried again. */
void backoff_timer_init(struct backoff_timer *p, uv_loop_t *loop, void (*over)(void *owner),
			void *owner);

/* Where a try costs somebody else something: other pauses, in ms. */
void backoff_timer_slow(struct backoff_timer *p, unsigned first, unsigned max);

/*
 * It failed. What fails while a pause runs makes it no longer. True for the
 * first failure, which is worth a line.
 */
bool backoff_timer_begin(struct backoff_timer *p);

/* It worked, or is not wanted. True if it had failed before. */
bool backoff_timer_end(struct backoff_timer *p);

/* ms until the next try; 0: none is waited for. */
uint64_t backoff_timer_left(const struct backoff_timer *p);

/*
 * over is not called any more. data is that of the handle that closed is given;
 * closed may be NULL.
 */
void backoff_timer_close(struct backoff_timer *p, uv_close_cb closed, void *data);

#endif
