/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_HEAP_TRIM_H
#define DAEMON_HEAP_TRIM_H

/*
 * Gives memory that a burst has left free back to the system: a roster of
 * thousands, a pack of megabytes. Once, some seconds after the last such event, so
 * that work in a row is not slowed down by it; a broker at rest has no timer running.
 */

#include <uv.h>

struct heap_trim {
	uv_timer_t timer;
};

void heap_trim_init(struct heap_trim *t, uv_loop_t *loop);

/* A burst has ended, or may have. */
void heap_trim_later(struct heap_trim *t);

/* Closes the timer, whose memory is the loop's until then. */
void heap_trim_finish(struct heap_trim *t);

#endif
