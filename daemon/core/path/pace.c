/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pace.h"

#include <string.h>

#include "bounds.h"

/*
 * A server that throttles does not say so; it lets our stanzas queue, and the
 * queue delays everything else we send. So the window is steered by delay:
 * it doubles each round trip until a queue shows, then grows by a block each
 * round trip up to the target, and is cut in proportion above it. While a
 * queue stands the throughput is all there is to have, whatever its length.
 *
 * What can go wrong is the yardstick. With a queue that never empties, no
 * round trip is free of it, and a minimum over the last minute would creep up
 * by the target every minute. So before the base may rise, the window closes to
 * one small block: the next one sent finds our own queue drained, and its round
 * trip is the honest new base. That costs one queue's length of silence a minute.
 */

enum {
	PACE_QUEUE_SEEN = PACE_TARGET / 3,	/* ms: slow start ends */
	PACE_BASE_SLACK = PACE_TARGET / 16,	/* ms: a base off by this is good enough */
	PACE_PROBE = 256,			/* bytes; little, for its own time counts as base */
	PACE_RATE_PERIOD = 500,
	PACE_SPARE = 2 * IBB_BLOCK,		/* bytes in flight beyond what the path itself holds */
};

#define RTT_NONE UINT64_MAX

/*
 * All in whole numbers: what a floating-point number comes to depends on the processor and the
 * compiler's options (x87 keeps more digits in a register than in memory), and a seed of the
 * simulator is to be the same world on each.
 */
static void set_window(struct pace *p, uint64_t window)
{
	const uint64_t low = PACE_WINDOW_MIN * PACE_BYTE, high = IBB_IN_FLIGHT_MAX * PACE_BYTE;

	p->window = window < low ? low : window > high ? high : window;
}

void pace_init(struct pace *p, uint64_t now)
{
	memset(p, 0, sizeof(*p));
	p->window = PACE_WINDOW_START * PACE_BYTE;
	p->base_rtt = RTT_NONE;
	p->base_next = RTT_NONE;
	p->base_since = now;
	p->slow_start = true;
	p->cut_at = now;
	p->rate_since = now;
}

/*
 * A server that is slow only because it is busy gains nothing from a queue, and
 * some lose by it (Prosody spends a fifth more on each block when many wait):
 * twice what the path holds at the present rate, and two blocks, is enough.
 */
static uint64_t worth_it(const struct pace *p)
{
	if (!p->rate || p->base_rtt == RTT_NONE)
		return IBB_IN_FLIGHT_MAX;
	return 2 * p->rate * p->base_rtt / 1000 + PACE_SPARE;
}

size_t pace_window(const struct pace *p)
{
	uint64_t most = worth_it(p), window = p->window / PACE_BYTE;

	if (p->draining)
		return PACE_PROBE;
	return window < most ? window : most;
}

size_t pace_block(const struct pace *p, size_t block_max)
{
	size_t block = pace_window(p);

	/* Two blocks in a window where that can be, so that the server never waits for us. */
	if (block >= 2 * PACE_WINDOW_MIN)
		block /= 2;
	else if (block > PACE_WINDOW_MIN)
		block = PACE_WINDOW_MIN;
	return block < block_max ? block : block_max;
}

static void begin_base_period(struct pace *p, uint64_t now)
{
	p->base_next = RTT_NONE;
	p->base_since = now;
}

/* Takes a round trip into the base. False while draining, when it tells nothing about the window. */
static bool update_base(struct pace *p, uint64_t rtt, uint64_t now)
{
	if (rtt < p->base_rtt)
		p->base_rtt = rtt;
	if (rtt < p->base_next)
		p->base_next = rtt;
	if (p->draining) {
		/* Blocks from before the drain still measure the queue. */
		if (now < rtt || now - rtt <= p->drain_since)
			return false;
		p->draining = false;
		p->base_rtt = p->base_next;
		begin_base_period(p, now);
		return false;
	}
	if (now - p->base_since < PACE_BASE_PERIOD)
		return true;
	if (p->base_next - p->base_rtt > PACE_BASE_SLACK) {
		p->draining = true;
		p->drain_since = now;
		return false;
	}
	begin_base_period(p, now);
	return true;
}

static void update_rate(struct pace *p, size_t bytes, uint64_t now)
{
	uint64_t elapsed = now - p->rate_since;

	p->rate_bytes += bytes;
	if (elapsed < PACE_RATE_PERIOD)
		return;
	p->rate = p->rate_bytes * 1000 / elapsed;
	p->rate_bytes = 0;
	p->rate_since = now;
}

/*
 * To numerator / denominator of what it was, once in a round trip: what was in flight at the last cut must
 * have come back before the next.
 */
static void cut(struct pace *p, uint64_t numerator, uint64_t denominator, uint64_t rtt, uint64_t now)
{
	p->slow_start = false;
	if (now - p->cut_at < rtt)
		return;
	set_window(p, p->window * numerator / denominator);
	p->cut_at = now;
}

void pace_acked(struct pace *p, size_t bytes, uint64_t rtt, bool window_was_full, uint64_t now)
{
	uint64_t growth = (uint64_t)bytes * PACE_BYTE, queue;

	p->srtt = p->srtt ? (7 * p->srtt + rtt) / 8 : rtt;
	update_rate(p, bytes, now);
	if (!update_base(p, rtt, now))
		return;
	queue = rtt - p->base_rtt;
	if (queue > PACE_TARGET) {
		cut(p, PACE_TARGET, queue < 2 * PACE_TARGET ? queue : 2 * PACE_TARGET, rtt, now);
		return;
	}
	if (queue > PACE_QUEUE_SEEN)
		p->slow_start = false;
	if (!window_was_full)
		return;
	/* Past slow start by a block each round trip, and ever less of it towards the target. */
	if (!p->slow_start)
		growth = growth * bytes * PACE_BYTE / p->window;
	if (queue > PACE_QUEUE_SEEN)
		growth = growth * (PACE_TARGET - queue) / (PACE_TARGET - PACE_QUEUE_SEEN);
	set_window(p, p->window + growth);
}

void pace_backoff(struct pace *p, uint64_t now)
{
	cut(p, 1, 2, p->srtt, now);
}
