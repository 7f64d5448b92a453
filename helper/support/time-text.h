/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_TIME_TEXT_H
#define HELPER_TIME_TEXT_H

/* Times in words. */

#include <stdint.h>

/* A span of time for people, like "3 days". */
const char *span_text(uint64_t seconds, char out[32]);

/* The same, short: "24 s", "3 min", "2 h", "5 days". */
const char *span_short(uint64_t seconds, char out[32]);

/*
 * A time in the user's time zone, as they would say it at the time now: "today 21:44",
 * "yesterday 21:44", "Tue 14:02", "12 Nov", "12 Nov 2025". "-" for 0.
 */
const char *when_text(uint64_t unix_time, uint64_t now, char out[32]);

/* The same on a terminal; in a pipe, which may be read later, "2025-11-12 21:44". */
const char *when_shown(uint64_t unix_time, char out[32]);

/* The day in the user's time zone, "2025-11-12", or "-" for 0. */
const char *date_text(uint64_t unix_time, char out[32]);

/* A time as RFC 3339, UTC, or "-" for 0. */
const char *time_text(uint64_t unix_time, char out[32]);

#endif
