/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Before the loop waits, its timer is set to the next deadline. So a deadline may change
 * at any time and any number of times, at no cost.
 */
#include "clock.h"

static void on_due(uv_timer_t *next)
{
	struct clock *c = next->data;

	timers_run(c->timers, uv_now(next->loop));
}

static void on_arm(uv_prepare_t *arm)
{
	struct clock *c = arm->data;
	uint64_t at = timers_next(c->timers), now = uv_now(arm->loop);

	if (at != UINT64_MAX) {
		uv_timer_start(&c->next, on_due, at > now ? at - now : 0, 0);
		return;
	}
	uv_timer_stop(&c->next);
	if (c->stopping) {
		uv_close((uv_handle_t *)&c->next, NULL);
		uv_close((uv_handle_t *)&c->arm, NULL);
	}
}

void clock_start(struct clock *c, uv_loop_t *loop, struct timers *timers)
{
	*c = (struct clock){ .timers = timers, .running = true };
	uv_timer_init(loop, &c->next);
	uv_prepare_init(loop, &c->arm);
	c->next.data = c->arm.data = c;
	uv_prepare_start(&c->arm, on_arm);
	uv_unref((uv_handle_t *)&c->arm);
}

void clock_stop(struct clock *c)
{
	if (!c->running)
		return;
	c->stopping = true;
	/*
	 * A loop with nothing else to do must turn once more, so that on_arm() closes the
	 * handles.
	 */
	uv_ref((uv_handle_t *)&c->arm);
}
