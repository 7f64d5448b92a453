/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backoff-timer.h"

#include "backoff.h"
#include "random.h"

static void on_over(uv_timer_t *timer)
{
	struct backoff_timer *p = timer->data;

	p->over(p->owner);
}

void backoff_timer_init(struct backoff_timer *p, uv_loop_t *loop, void (*over)(void *owner),
			void *owner)
{
	p->first = BACKOFF_TIMER_FIRST;
	p->max = BACKOFF_TIMER_MAX;
	p->length = 0;
	p->over = over;
	p->owner = owner;
	random_bytes(&p->random, sizeof(p->random));
	uv_timer_init(loop, &p->timer);
	uv_unref((uv_handle_t *)&p->timer);
	p->timer.data = p;
}

void backoff_timer_slow(struct backoff_timer *p, unsigned first, unsigned max)
{
	p->first = first;
	p->max = max;
}

bool backoff_timer_begin(struct backoff_timer *p)
{
	bool first = p->length == 0;

	if (uv_is_active((uv_handle_t *)&p->timer))
		return false;
	uv_timer_start(&p->timer, on_over, backoff_next(&p->length, p->first, p->max, &p->random),
		       0);
	return first;
}

bool backoff_timer_end(struct backoff_timer *p)
{
	bool failed = p->length != 0;

	uv_timer_stop(&p->timer);
	p->length = 0;
	return failed;
}

uint64_t backoff_timer_left(const struct backoff_timer *p)
{
	return uv_is_active((const uv_handle_t *)&p->timer) ? uv_timer_get_due_in(&p->timer) : 0;
}

void backoff_timer_close(struct backoff_timer *p, uv_close_cb closed, void *data)
{
	p->timer.data = data;
	uv_close((uv_handle_t *)&p->timer, closed);
}
