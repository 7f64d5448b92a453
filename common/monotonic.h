/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_MONOTONIC_H
#define COMMON_MONOTONIC_H

#include <stdint.h>

/*
 * The time in ms of CLOCK_MONOTONIC, which nobody can set; for programs without an event
 * loop.
 */
int64_t monotonic_ms(void);

#endif
