/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CONGESTION_H
#define CORE_CONGESTION_H

/*
 * The delay-based controller of in-band data: how many bytes may be in flight
 * so that a throttling server holds a queue of about CONGESTION_TARGET and no more.
 * Fed with the round trip of every acknowledged block; the window grows while
 * the queueing delay (round trip less the least one seen in a minute) is
 * small, and shrinks by what it is too long. Once a minute, if no round trip
 * was free of our own queue, it lets that drain before it believes in a longer base.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CONGESTION_TARGET = 280,	/* ms of queue */
	CONGESTION_WINDOW_MIN = 1024,
	CONGESTION_WINDOW_START = 4096,
	CONGESTION_BASE_PERIOD = 60 * 1000,
	CONGESTION_BYTE = 4096,		/* the window is kept in such parts of a byte */
};

struct congestion {
	uint64_t window;		/* bytes times CONGESTION_BYTE */
	uint64_t base_rtt;		/* least round trip of this period, ms */
	uint64_t base_next;		/* least one of the period that began at base_since */
	uint64_t base_since;
	uint64_t cut_at;		/* when the window was last reduced */
	bool slow_start;
	bool draining;			/* one small block at a time, to measure the base afresh */
	uint64_t drain_since;
	uint64_t srtt;
	/* as acknowledged, over the last half second or so */
	uint64_t rate_since, rate_bytes, rate;	/* rate: bytes per second */
};

void congestion_init(struct congestion *p, uint64_t now);
void congestion_acked(struct congestion *p, size_t bytes, uint64_t rtt, bool window_was_full,
		      uint64_t now);
/* An error that asks for less: resource-constraint, policy-violation. */
void congestion_backoff(struct congestion *p, uint64_t now);
size_t congestion_window(const struct congestion *p);
/*
 * Best size of the next block: at most block_max; a measuring one is smaller than
 * CONGESTION_WINDOW_MIN.
 */
size_t congestion_block(const struct congestion *p, size_t block_max);

#endif
