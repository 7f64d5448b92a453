/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netwatch.h"

/*
 * A timer compares the addresses with those before. It also compares the wall clock with a
 * clock that stops during suspend: the latter falls behind. It does so as well when somebody
 * sets the wall clock, and then our server is asked for a sign of life without need.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <sys/time.h>

#include "alloc.h"
#include "log.h"
#include "reachable.h"

enum {
	LOOK_EVERY = 30 * 1000,	/* ms */
	ASLEEP_MIN = 5 * 1000,	/* ms; less may be a correction of the wall clock */
};

struct netwatch {
	void (*changed)(void *owner, enum netwatch_news news);
	void *owner;
	uv_timer_t timer;
	uint64_t addresses;		/* reachable_digest() as last told */
	int64_t ahead;			/* ms, by which the wall clock is ahead of uv_hrtime() */
};

static int64_t clock_ahead(void)
{
	struct timeval wall;

	gettimeofday(&wall, NULL);
	return (int64_t)wall.tv_sec * 1000 + wall.tv_usec / 1000 - (int64_t)(uv_hrtime() / 1000000);
}

static bool has_slept(struct netwatch *n)
{
	int64_t before = n->ahead;

	n->ahead = clock_ahead();
	return n->ahead >= before + ASLEEP_MIN;
}

static bool has_moved(struct netwatch *n)
{
	uint64_t before = n->addresses;

	n->addresses = reachable_digest();
	return n->addresses != before;
}

static void on_timer(uv_timer_t *timer)
{
	struct netwatch *n = timer->data;

	if (has_slept(n)) {
		log_info("netwatch: woke up");
		n->changed(n->owner, NETWATCH_WOKE);
	}
	if (has_moved(n)) {
		log_about("the network", LOG_INFO, "netwatch: the network changed");
		n->changed(n->owner, NETWATCH_NETWORK);
	}
}

struct netwatch *netwatch_create(uv_loop_t *loop,
				 void (*changed)(void *owner, enum netwatch_news news), void *owner)
{
	struct netwatch *n = xcalloc(1, sizeof(*n));

	n->changed = changed;
	n->owner = owner;
	n->addresses = reachable_digest();
	n->ahead = clock_ahead();
	uv_timer_init(loop, &n->timer);
	n->timer.data = n;
	uv_timer_start(&n->timer, on_timer, LOOK_EVERY, LOOK_EVERY);
	return n;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void netwatch_destroy(struct netwatch *n)
{
	if (n)
		uv_close((uv_handle_t *)&n->timer, on_closed);
}
