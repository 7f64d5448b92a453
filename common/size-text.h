/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_SIZE_TEXT_H
#define COMMON_SIZE_TEXT_H

/* Sizes and rates in the unit that fits: "242 bytes", "6.2 KiB", "391 KiB", "1.2 MiB/s". */

#include <stdint.h>

enum { SIZE_TEXT_MAX = 32 };

/* Both write to out, and return it. rate: bytes a second. */
const char *size_text(uint64_t bytes, char out[SIZE_TEXT_MAX]);
const char *rate_text(uint64_t rate, char out[SIZE_TEXT_MAX]);

/* "1.2 of 40 MiB", with one unit where that is readable, or else "120 KiB of 4.0 MiB". */
const char *part_text(uint64_t done, uint64_t total, char out[2 * SIZE_TEXT_MAX]);

#endif
