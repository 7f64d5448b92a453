/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_MONOTONIC_H
#define COMMON_MONOTONIC_H

#include <stdint.h>

/* The time in ms by a clock that nobody sets (CLOCK_MONOTONIC): for what waits without a loop. */
int64_t monotonic_ms(void);

#endif
