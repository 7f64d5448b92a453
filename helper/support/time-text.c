/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "time-text.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "alloc.h"

const char *span_text(uint64_t seconds, char out[32])
{
	static const struct {
		uint64_t length;
		const char *name;
	} units[] = {
		{ 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" },
	};
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(units) && seconds < units[i].length)
		i++;
	seconds /= units[i].length;
	snprintf(out, 32, "%" PRIu64 " %s%s", seconds, units[i].name, seconds == 1 ? "" : "s");
	return out;
}

const char *time_text(uint64_t unix_time, char out[32])
{
	time_t t = unix_time;
	struct tm tm;

	snprintf(out, 32, "-");
	if (unix_time > 0 && gmtime_r(&t, &tm))
		strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return out;
}
