/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decimal.h"

#include <stddef.h>

#include "tap.h"

int main(void)
{
	static const struct {
		const char *text;
		uint64_t max, value;	/* UINT64_MAX: none */
	} rows[] = {
		{ "0", 0, 0 },
		{ "000017", 20, 17 },
		{ "20", 20, 20 },
		{ "21", 20, UINT64_MAX },
		{ "65536", 65535, UINT64_MAX },
		{ "18446744073709551614", UINT64_MAX, UINT64_MAX - 1 },
		{ "18446744073709551616", UINT64_MAX, UINT64_MAX },
		{ "99999999999999999999999", UINT64_MAX, UINT64_MAX },
		{ "5", 3, UINT64_MAX },
		{ "", 9, UINT64_MAX },
		{ NULL, 9, UINT64_MAX },
		{ "-1", 9, UINT64_MAX },
		{ "+1", 9, UINT64_MAX },
		{ " 1", 9, UINT64_MAX },
		{ "1 ", 9, UINT64_MAX },
		{ "0x1", 9, UINT64_MAX },
		{ "\xb9", 9, UINT64_MAX },
	};
	uint64_t value;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		value = 4711;
		if (rows[i].value == UINT64_MAX)
			ok(!decimal_parse(rows[i].text, rows[i].max, &value) && value == 4711,
			   "'%s' is none", rows[i].text ? rows[i].text : "NULL");
		else
			ok(decimal_parse(rows[i].text, rows[i].max, &value) &&
				   value == rows[i].value,
			   "'%s' is a number", rows[i].text);
	}
	ok(decimal_parse("18446744073709551615", UINT64_MAX, &value) && value == UINT64_MAX,
	   "the greatest of all");
	return tap_done();
}
