/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_HEAP_TRIM_H
#define DAEMON_HEAP_TRIM_H

/*
 * Gives free memory back to the system after a burst, such as a roster of thousands or a
 * pack of megabytes. This is done once, some seconds after the last burst, so that it does
 * not slow down bursts in a row. A broker at rest has no timer running.
 */

#include <uv.h>

struct heap_trim {
	uv_timer_t timer;
};

void heap_trim_init(struct heap_trim *t, uv_loop_t *loop);

/* A burst has ended, or may have. */
void heap_trim_later(struct heap_trim *t);

/* Closes the timer. The loop uses its memory until it has turned once more. */
void heap_trim_finish(struct heap_trim *t);

#endif
