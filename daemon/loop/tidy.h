/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_TIDY_H
#define DAEMON_TIDY_H

/*
 * Gives memory that a burst has left free back to the system: a roster of
 * thousands, a pack of megabytes. Once, some seconds after the last such event, so
 * that work in a row is not slowed down by it; a broker at rest has no timer running.
 */

#include <uv.h>

struct tidy {
	uv_timer_t timer;
};

void tidy_init(struct tidy *t, uv_loop_t *loop);

/* A burst has ended, or may have. */
void tidy_later(struct tidy *t);

/* Closes the timer, whose memory is the loop's until then. */
void tidy_finish(struct tidy *t);

#endif
