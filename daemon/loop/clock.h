/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CLOCK_H
#define DAEMON_CLOCK_H

/* Runs timers (timers.h) in a libuv loop. One timer of the loop serves all of them. */

#include <stdbool.h>
#include <uv.h>

#include "timers.h"

struct clock {
	struct timers *timers;		/* borrowed */
	uv_timer_t next;
	uv_prepare_t arm;		/* does not keep the loop alive */
	bool running, stopping;
};

/* timers must live until the loop has ended. */
void clock_start(struct clock *c, uv_loop_t *loop, struct timers *timers);

/* Lets the loop end as soon as no timer is set. To stop a clock that was not started is fine. */
void clock_stop(struct clock *c);

#endif
