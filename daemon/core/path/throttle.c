/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "throttle.h"

#include <string.h>

/*
 * Time is divided into periods long enough for a few blocks at the slowest known default
 * (ejabberd's 3,000 bytes a second are three blocks in one). A period looks like a
 * throttle if the queue stood throughout and the rate was that of the period before. A
 * single other period does not count: once a minute the congestion control lets its queue
 * drain, to measure the path again.
 */

/* Periods without an acknowledgement, after which nothing is known. */
enum { IDLE_PERIODS = 3 };

static void begin(struct throttle *t, uint64_t now)
{
	t->since = now;
	t->bytes = t->queue = 0;
}

void throttle_init(struct throttle *t, uint64_t now)
{
	memset(t, 0, sizeof(*t));
	begin(t, now);
}

static bool flat(uint64_t rate, uint64_t last)
{
	uint64_t more = rate > last ? rate : last, less = rate > last ? last : rate;

	return (more - less) * 100 <= more * THROTTLE_FLAT;
}

static void judge(struct throttle *t, uint64_t elapsed)
{
	uint64_t rate = t->bytes * 1000 / elapsed;
	bool held = t->queue >= t->bytes * THROTTLE_QUEUE;

	if (held && t->held && flat(rate, t->rate)) {
		t->alike++;
		t->unlike = 0;
	} else {
		t->unlike++;
		t->alike = 0;
	}
	t->rate = rate;
	t->held = held;
	t->on = t->on ? t->unlike < THROTTLE_OVER : t->alike >= THROTTLE_SURE;
}

void throttle_acked(struct throttle *t, size_t bytes, uint64_t queue, uint64_t now)
{
	uint64_t elapsed = now - t->since;

	/* An acknowledgement after silence says nothing about the time before. */
	if (elapsed >= IDLE_PERIODS * THROTTLE_PERIOD) {
		throttle_init(t, now);
		elapsed = 0;
	}
	t->bytes += bytes;
	t->queue += bytes * queue;
	if (elapsed < THROTTLE_PERIOD)
		return;
	judge(t, elapsed);
	begin(t, now);
}

bool throttle_on(const struct throttle *t, uint64_t now)
{
	return t->on && now - t->since < IDLE_PERIODS * THROTTLE_PERIOD;
}
