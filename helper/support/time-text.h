/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_TIME_TEXT_H
#define HELPER_TIME_TEXT_H

/* Times in words. */

#include <stdint.h>

/* A span of time for people, like "3 days". */
const char *span_text(uint64_t seconds, char out[32]);

/* A time as RFC 3339, UTC, or "-" for 0. */
const char *time_text(uint64_t unix_time, char out[32]);

#endif
