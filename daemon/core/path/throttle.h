/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_THROTTLE_H
#define CORE_THROTTLE_H

/*
 * Recognises a server that throttles. The server does not say so, but a queue of ours
 * stands before it all the time, and the rate stays the same whatever the congestion
 * control (congestion.h) offers. Then this rate is all there is to have in-band, and the
 * user is told so with an estimate.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "congestion.h"

enum {
	THROTTLE_PERIOD = 2000,		/* ms over which rate and queue are measured */
	THROTTLE_QUEUE = CONGESTION_TARGET / 2,	/* ms of delay by which a queue stands */
	THROTTLE_FLAT = 30,		/* percent by which the rates of two periods may differ */
	THROTTLE_SURE = 3,		/* such periods in a row: the server throttles */
	THROTTLE_OVER = 2,		/* other periods in a row: it does not any more */
};

struct throttle {
	uint64_t since;			/* when this period began */
	uint64_t bytes, queue;		/* acknowledged in this period; sum of bytes times
					   queueing delay */
	uint64_t rate;			/* bytes a second in the period before; 0: none */
	bool held;			/* the queue stood in that period */
	unsigned alike, unlike;		/* periods in a row that look like a throttle, or do
					   not */
	bool on;
};

void throttle_init(struct throttle *t, uint64_t now);

/* Bytes were acknowledged. queue: their round trip less the least one, in ms. */
void throttle_acked(struct throttle *t, size_t bytes, uint64_t queue, uint64_t now);

/*
 * Whether the server throttles; then t->rate is what it lets through. False also when
 * nothing was acknowledged for some periods.
 */
bool throttle_on(const struct throttle *t, uint64_t now);

#endif
