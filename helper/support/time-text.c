/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "time-text.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "alloc.h"
#include "screen.h"

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

const char *span_short(uint64_t seconds, char out[32])
{
	/* Rounded to the nearest: a minute and a half is not one. */
	if (seconds < 90)
		snprintf(out, 32, "%" PRIu64 " s", seconds);
	else if (seconds < 5400)
		snprintf(out, 32, "%" PRIu64 " min", (seconds + 30) / 60);
	else if (seconds < 86400)
		snprintf(out, 32, "%" PRIu64 " h", (seconds + 1800) / 3600);
	else
		span_text(seconds, out);
	return out;
}

/* The number of a day in the user's time zone; days that follow each other differ by one. */
static long day_of(const struct tm *tm)
{
	long year = tm->tm_year + 1899L;	/* of the last one that is over */

	return year * 365 + year / 4 - year / 100 + year / 400 + tm->tm_yday;
}

const char *when_text(uint64_t unix_time, uint64_t now, char out[32])
{
	time_t t = unix_time, n = now;
	struct tm tm, today;
	long days;

	snprintf(out, 32, "-");
	if (!unix_time || !localtime_r(&t, &tm) || !localtime_r(&n, &today))
		return out;
	days = day_of(&today) - day_of(&tm);
	if (days == 0)
		strftime(out, 32, "today %H:%M", &tm);
	else if (days == 1)
		strftime(out, 32, "yesterday %H:%M", &tm);
	else if (days > 1 && days < 7)
		strftime(out, 32, "%a %H:%M", &tm);
	else
		strftime(out, 32, tm.tm_year == today.tm_year ? "%e %b" : "%e %b %Y", &tm);
	return *out == ' ' ? out + 1 : out;
}

/* "-" for 0. split: localtime_r() or gmtime_r(). */
static const char *put_time(uint64_t unix_time, struct tm *(*split)(const time_t *, struct tm *),
			    const char *pattern, char out[32])
{
	time_t t = unix_time;
	struct tm tm;

	snprintf(out, 32, "-");
	if (unix_time && split(&t, &tm))
		strftime(out, 32, pattern, &tm);
	return out;
}

const char *when_shown(uint64_t unix_time, char out[32])
{
	if (screen_is_terminal())
		return when_text(unix_time, time(NULL), out);
	return put_time(unix_time, localtime_r, "%Y-%m-%d %H:%M", out);
}

const char *date_text(uint64_t unix_time, char out[32])
{
	return put_time(unix_time, localtime_r, "%Y-%m-%d", out);
}

const char *time_text(uint64_t unix_time, char out[32])
{
	return put_time(unix_time, gmtime_r, "%Y-%m-%dT%H:%M:%SZ", out);
}
