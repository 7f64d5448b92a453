/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CLOCK_H
#define DAEMON_CLOCK_H

/*
 * Runs timers (timers.h) in a libuv loop: one timer of the loop stands for all.
 */

#include <stdbool.h>
#include <uv.h>

#include "timers.h"

struct clock {
	struct timers *timers;		/* borrowed */
	uv_timer_t next;
	uv_prepare_t arm;		/* does not keep the loop alive */
	bool running, stopping;
};

/* The timers must outlive the loop's last turn. */
void clock_start(struct clock *c, uv_loop_t *loop, struct timers *timers);

/* As soon as no timer is set any more the loop is let go. One that was not started is fine. */
void clock_stop(struct clock *c);

#endif
