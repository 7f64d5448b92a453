/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_METER_H
#define CORE_METER_H

/*
 * Measures throughput over the last few seconds, for display. Zero it before the first
 * use. Pure.
 */

#include <stdint.h>

enum { METER_PERIOD = 2000 };	/* ms */

struct meter {
	uint64_t since;		/* ms; when the present period began. 0: nothing has passed yet */
	uint64_t bytes;		/* in the present period */
	uint64_t before;	/* in the period before it */
	uint64_t first;		/* ms; when the first byte passed */
};

void meter_add(struct meter *m, uint64_t bytes, uint64_t now);

/* Bytes a second over the previous and the present period; 0 if nothing passed in them. */
uint64_t meter_rate(const struct meter *m, uint64_t now);

#endif
