/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_TAP_H
#define T_TAP_H

/*
 * Unit tests speak TAP: ok(), is_int(), is_str() print one line each and go
 * on after a failure; main() ends with `return tap_done();`.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 2, 3), unused))
static bool ok(bool good, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (!good)
		tap_failed++;
	fflush(stdout);
	return good;
}

__attribute__((unused))
static bool is_int(int64_t actual, int64_t expected, const char *what)
{
	bool good = ok(actual == expected, "%s", what);

	if (!good)
		printf("# is %" PRId64 ", expected %" PRId64 "\n", actual, expected);
	return good;
}

__attribute__((unused))
static bool is_str(const char *actual, const char *expected, const char *what)
{
	bool good =
		ok(actual && expected ? !strcmp(actual, expected) : actual == expected, "%s", what);

	if (!good)
		printf("# is '%s', expected '%s'\n", actual ? actual : "(null)",
		       expected ? expected : "(null)");
	return good;
}

__attribute__((unused))
static int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif
