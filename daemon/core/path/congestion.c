/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "congestion.h"

#include <string.h>

#include "bounds.h"

/*
 * A server that throttles does not say so. It lets our stanzas queue, and the queue
 * delays everything else that we send. So the delay steers the window: it doubles each
 * round trip until a queue shows, then grows by up to a block each round trip up to the
 * target, and is cut in proportion above the target. While there is a queue, a longer one
 * brings no more throughput.
 *
 * What can go wrong is the base. With a queue that never empties, no round trip is free
 * of it, and a minimum over the last minute would rise by the target every minute. So
 * before the base may rise, the window closes to one small block. The next block sent
 * then finds our own queue drained, and its round trip is the true new base. That costs
 * one queue's length of silence a minute.
 */

enum {
	CONGESTION_QUEUE_SEEN = CONGESTION_TARGET / 3,	/* ms: slow start ends */
	CONGESTION_BASE_SLACK = CONGESTION_TARGET / 16,	/* ms; such an error of the base does
							   not matter */
	CONGESTION_PROBE = 256,			/* bytes; few, since the time to send them
						   counts in the base */
	CONGESTION_RATE_PERIOD = 500,
	CONGESTION_REST = 1000,			/* ms of silence: how busy the server is has to be
						   found out anew */
	/* bytes in flight beyond what the path itself holds */
	CONGESTION_SPARE = 2 * IBB_BLOCK,
};

#define RTT_NONE UINT64_MAX

/*
 * All numbers here are integers. The result of floating point depends on the processor
 * and the compiler's options (x87 keeps more digits in a register than in memory), and a
 * seed of the simulator must give the same run everywhere.
 */
static void set_window(struct congestion *p, uint64_t window)
{
	const uint64_t low = CONGESTION_WINDOW_MIN * CONGESTION_BYTE,
		       high = IBB_IN_FLIGHT_MAX * CONGESTION_BYTE;

	p->window = window < low ? low : window > high ? high : window;
}

void congestion_init(struct congestion *p, uint64_t now)
{
	memset(p, 0, sizeof(*p));
	p->window = CONGESTION_WINDOW_START * CONGESTION_BYTE;
	p->base_rtt = RTT_NONE;
	p->base_next = RTT_NONE;
	p->base_since = now;
	p->slow_start = true;
	p->round_since = now;
	p->round_rtt = RTT_NONE;
	p->cut_at = now;
	p->rate_since = now;
}

/*
 * The most bytes in flight that are of use: twice what the path holds at the present
 * rate, and two blocks. A longer queue does not speed up a server that is slow only
 * because it is busy, and it slows some down (Prosody needs a fifth more for each block
 * when many wait). While the rate still grows with the window (by a quarter, as BBR asks in its
 * startup), it is not known yet what is of use.
 */
static uint64_t worth_it(const struct congestion *p)
{
	if (!p->rate || p->rate_grows || p->base_rtt == RTT_NONE)
		return IBB_IN_FLIGHT_MAX;
	return 2 * p->rate * p->base_rtt / 1000 + CONGESTION_SPARE;
}

size_t congestion_window(const struct congestion *p)
{
	uint64_t most = worth_it(p), window = p->window / CONGESTION_BYTE;

	if (p->draining)
		return CONGESTION_PROBE;
	return window < most ? window : most;
}

size_t congestion_block(const struct congestion *p, size_t block_max)
{
	size_t block = congestion_window(p);

	/* Two blocks fit in a window if possible, so that the server never waits for us. */
	if (block >= 2 * CONGESTION_WINDOW_MIN)
		block /= 2;
	else if (block > CONGESTION_WINDOW_MIN)
		block = CONGESTION_WINDOW_MIN;
	return block < block_max ? block : block_max;
}

static void begin_base_period(struct congestion *p, uint64_t now)
{
	p->base_next = RTT_NONE;
	p->base_since = now;
}

/*
 * Updates the base with a round trip. False while draining: this round trip says nothing
 * about the window.
 */
static bool update_base(struct congestion *p, uint64_t rtt, uint64_t now)
{
	if (rtt < p->base_rtt)
		p->base_rtt = rtt;
	if (rtt < p->base_next)
		p->base_next = rtt;
	if (p->draining) {
		/* Blocks that were sent before the drain still measure the queue. */
		if (now < rtt || now - rtt <= p->drain_since)
			return false;
		p->draining = false;
		p->base_rtt = p->base_next;
		begin_base_period(p, now);
		return false;
	}
	if (now - p->base_since < CONGESTION_BASE_PERIOD)
		return true;
	if (p->base_next - p->base_rtt > CONGESTION_BASE_SLACK) {
		p->draining = true;
		p->drain_since = now;
		return false;
	}
	begin_base_period(p, now);
	return true;
}

/*
 * The rate of a period in which the window held little back is that of whoever had so
 * little to say, and tells nothing of the path.
 */
static bool tells_of_the_path(const struct congestion *p)
{
	return 2 * p->rate_full >= p->rate_bytes;
}

static void begin_rate_period(struct congestion *p, uint64_t at)
{
	if (!tells_of_the_path(p))
		p->rate = 0;
	p->rate_bytes = p->rate_full = 0;
	p->rate_since = at;
}

/* A block that left when nothing was in flight begins a period, for silence has no rate. */
static void update_rate(struct congestion *p, size_t bytes, uint64_t rtt, bool window_was_full,
			uint64_t now)
{
	uint64_t before;

	if (now - rtt > p->heard_at)
		begin_rate_period(p, now - rtt);
	if (now - rtt > p->heard_at + CONGESTION_REST)
		p->slow_start = true;
	p->heard_at = now;
	p->rate_bytes += bytes;
	p->rate_full += window_was_full ? bytes : 0;
	if (now - p->rate_since < CONGESTION_RATE_PERIOD)
		return;
	before = p->rate;
	p->rate = p->rate_bytes * 1000 / (now - p->rate_since);
	p->rate_grows = 4 * p->rate >= 5 * before;
	begin_rate_period(p, now);
}

/*
 * Cuts the window to numerator / denominator of its size, at most once in a round trip:
 * what was in flight at the last cut must have come back first.
 */
static void cut(struct congestion *p, uint64_t numerator, uint64_t denominator, uint64_t rtt,
		uint64_t now)
{
	p->slow_start = false;
	if (now - p->cut_at < rtt)
		return;
	set_window(p, p->window * numerator / denominator);
	p->cut_at = now;
}

/*
 * Slow start ends with a round that filled the window, and of which no block came back fast. One
 * alone may have met a busy processor, or Nagle's algorithm at the server, which costs a round
 * trip; a queue is met by all.
 */
static void end_round(struct congestion *p, uint64_t rtt, bool window_was_full, uint64_t now)
{
	p->round_full |= window_was_full;
	if (rtt < p->round_rtt)
		p->round_rtt = rtt;
	/* The first block that was sent in this round has come back. */
	if (now - rtt < p->round_since)
		return;
	if (p->round_full && p->round_rtt - p->base_rtt > CONGESTION_QUEUE_SEEN)
		p->slow_start = false;
	p->round_since = now;
	p->round_full = false;
	p->round_rtt = RTT_NONE;
}

void congestion_acked(struct congestion *p, size_t bytes, uint64_t rtt, bool window_was_full,
		      uint64_t now)
{
	uint64_t growth = (uint64_t)bytes * CONGESTION_BYTE, queue;

	p->srtt = p->srtt ? (7 * p->srtt + rtt) / 8 : rtt;
	update_rate(p, bytes, rtt, window_was_full, now);
	if (!update_base(p, rtt, now))
		return;
	queue = rtt - p->base_rtt;
	end_round(p, rtt, window_was_full, now);
	if (queue > CONGESTION_TARGET) {
		cut(p, CONGESTION_TARGET,
		    queue < 2 * CONGESTION_TARGET ? queue : 2 * CONGESTION_TARGET, rtt, now);
		return;
	}
	if (!window_was_full)
		return;
	/*
	 * After slow start the window grows by a block each round trip, and by less near
	 * the target.
	 */
	if (!p->slow_start)
		growth = growth * bytes * CONGESTION_BYTE / p->window;
	if (queue > CONGESTION_QUEUE_SEEN)
		growth = growth * (CONGESTION_TARGET - queue) /
			 (CONGESTION_TARGET - CONGESTION_QUEUE_SEEN);
	set_window(p, p->window + growth);
}

void congestion_backoff(struct congestion *p, uint64_t now)
{
	cut(p, 1, 2, p->srtt, now);
}
