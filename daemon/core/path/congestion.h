/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CONGESTION_H
#define CORE_CONGESTION_H

/*
 * The congestion control of in-band data, by delay (LEDBAT, RFC 6817): how many bytes may
 * be in flight, so that a throttling server holds a queue of about CONGESTION_TARGET and
 * no more. Its input is the round trip of every acknowledged block. The queueing delay is
 * the round trip less the least one seen in a minute. While that delay is small, the
 * window grows; when it is too long, the window shrinks in proportion. If no round trip
 * of a minute was free of our own queue, the controller lets the queue drain before it
 * accepts a longer base.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

enum {
	CONGESTION_TARGET = 280,	/* ms of queue */
	CONGESTION_WINDOW_MIN = 1024,
	CONGESTION_WINDOW_START = 4096,
	CONGESTION_BASE_PERIOD = 60 * 1000,
	CONGESTION_BYTE = 4096,		/* the window is kept in fractions of 1/4096 byte */
};

struct congestion {
	uint64_t window;		/* bytes times CONGESTION_BYTE */
	uint64_t base_rtt;		/* least round trip of this period, ms */
	uint64_t base_next;		/* least one of the period that began at base_since */
	uint64_t base_since;
	uint64_t cut_at;		/* when the window was last reduced */
	bool slow_start;
	uint64_t round_since, round_rtt;	/* this round: when it began, its least round trip
						   so far */
	bool round_full;		/* the window was full in it */
	bool draining;			/* one small block at a time, to measure the base again */
	uint64_t drain_since;
	uint64_t srtt;
	uint64_t heard_at;		/* when a block was last acknowledged */
	/* of acknowledged bytes, over the last half second or so */
	uint64_t rate_since, rate_bytes;
	uint64_t rate_full;		/* how many of them while the window was full */
	uint64_t rate;			/* bytes per second; 0: not known */
	bool rate_grows;		/* the last period was much faster than the one before */
};

void congestion_init(struct congestion *p, uint64_t now);
void congestion_acked(struct congestion *p, size_t bytes, uint64_t rtt, bool window_was_full,
		      uint64_t now);
/*
 * A stanza error asks for less: resource-constraint, policy-violation. Halves the window,
 * at most once in a round trip.
 */
void congestion_backoff(struct congestion *p, uint64_t now);
size_t congestion_window(const struct congestion *p);
/*
 * The best size in bytes of the next block, at most block_max. A block that measures the
 * base is smaller than CONGESTION_WINDOW_MIN.
 */
size_t congestion_block(const struct congestion *p, size_t block_max);

#endif
