/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monotonic.h"

#include <time.h>

int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * (int64_t)1000 + t.tv_nsec / 1000000;
}
