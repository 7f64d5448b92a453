/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_METER_H
#define CORE_METER_H

/* How many bytes a second passed in the last few: for people to look at. Zero it to begin. Pure. */

#include <stdint.h>

enum { METER_PERIOD = 2000 };	/* ms */

struct meter {
	uint64_t since;		/* ms; the present period's begin. 0: nothing has passed yet */
	uint64_t bytes;		/* in it */
	uint64_t before;	/* in the one before it */
	uint64_t first;		/* ms; when the first byte passed */
};

void meter_add(struct meter *m, uint64_t bytes, uint64_t now);

/* Bytes a second, of the period before and the present one; 0 when nothing passed in them. */
uint64_t meter_rate(const struct meter *m, uint64_t now);

#endif
