/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "size-text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"

static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };

/* The unit that leaves less than 1000 of it; -1: bytes. */
static int unit_of(uint64_t bytes)
{
	int unit = -1;

	/* 999.5 would be printed as 1000. */
	for (double n = bytes; n >= 999.5 && unit + 1 < (int)ARRAY_SIZE(units); n /= 1024)
		unit++;
	return unit;
}

/* Three digits at most: one behind the point, if there is one before it. */
static void put_number(uint64_t bytes, int unit, char out[SIZE_TEXT_MAX])
{
	double n = bytes;

	for (int i = 0; i <= unit; i++)
		n /= 1024;
	snprintf(out, SIZE_TEXT_MAX, "%.*f", unit >= 0 && n < 9.95 ? 1 : 0, n);
}

const char *size_text(uint64_t bytes, char out[SIZE_TEXT_MAX])
{
	int unit = unit_of(bytes);
	size_t n;

	put_number(bytes, unit, out);
	n = strlen(out);
	snprintf(out + n, SIZE_TEXT_MAX - n, " %s",
		 unit >= 0    ? units[unit]
		 : bytes == 1 ? "byte"
			      : "bytes");
	return out;
}

const char *rate_text(uint64_t rate, char out[SIZE_TEXT_MAX])
{
	size_t n = strlen(size_text(rate, out));

	snprintf(out + n, SIZE_TEXT_MAX - n, "/s");
	return out;
}

const char *part_text(uint64_t done, uint64_t total, char out[2 * SIZE_TEXT_MAX])
{
	char of[SIZE_TEXT_MAX], part[SIZE_TEXT_MAX];

	if (unit_of(done) == unit_of(total))
		put_number(done, unit_of(done), part);
	else
		size_text(done, part);
	snprintf(out, 2 * SIZE_TEXT_MAX, "%s of %s", part, size_text(total, of));
	return out;
}
