/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backoff.h"

uint64_t backoff_next(unsigned *pause, unsigned first, unsigned max, uint32_t *random)
{
	unsigned half;

	*pause = !*pause ? first : *pause < max / 2 ? *pause * 2 : max;
	half = *pause / 2;
	/*
	 * To guess the pause is of no use to anybody, so the upper bits of a linear
	 * congruential generator will do.
	 */
	*random = *random * 1664525u + 1013904223u;
	return *pause + (uint64_t)(*random >> 16) * half / 0xffff;
}
