/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_THROTTLE_H
#define CORE_THROTTLE_H

/*
 * Recognises a server that throttles: it does not say so, but a queue of ours
 * stands before it all the time, and the rate stays the same whatever the
 * controller (congestion.h) offers. Then this rate is all there is to have in-band, and the
 * user is told, with an estimate that can be trusted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "congestion.h"

enum {
	THROTTLE_PERIOD = 2000,		/* ms over which rate and queue are measured */
	THROTTLE_QUEUE = CONGESTION_TARGET / 2,	/* ms of queue that stands */
	THROTTLE_FLAT = 30,		/* percent between the rates of two periods */
	THROTTLE_SURE = 3,		/* such periods in a row, and it is one */
	THROTTLE_OVER = 2,		/* others in a row, and it is none any more */
};

struct throttle {
	uint64_t since;			/* when this period began */
	uint64_t bytes, queue;		/* acknowledged in it; the sum of bytes times queueing
					   delay */
	uint64_t rate;			/* of the period before, bytes a second; 0: none */
	bool held;			/* the queue stood in it */
	unsigned alike, unlike;		/* periods in a row that look like it, or do not */
	bool on;
};

void throttle_init(struct throttle *t, uint64_t now);

/* An acknowledgement: queue is its round trip less the least one. */
void throttle_acked(struct throttle *t, size_t bytes, uint64_t queue, uint64_t now);

/*
 * True: t->rate is what is let through. False also when nothing was
 * acknowledged for some periods.
 */
bool throttle_on(const struct throttle *t, uint64_t now);

#endif
