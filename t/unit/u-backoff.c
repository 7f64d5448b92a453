/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backoff.h"
#include "tap.h"

enum { FIRST = 5000, MAX = 60000 };

int main(void)
{
	static const unsigned expected[] = { 5000, 10000, 20000, 40000, 60000, 60000, 60000 };
	unsigned pause = 0, low = 0, high = 0;
	uint32_t random = 7, other = 8;

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		uint64_t next = backoff_next(&pause, FIRST, MAX, &random);

		is_int(pause, expected[i], "doubled, up to the maximum");
		ok(next >= expected[i] && next <= expected[i] + expected[i] / 2,
		   "and up to half as long again by chance");
	}
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t next = backoff_next(&pause, FIRST, MAX, &random);

		low += next < MAX + MAX / 8;
		high += next > MAX + MAX / 2 - MAX / 8;
	}
	ok(low > 200 && low < 300 && high > 200 && high < 300, "evenly");
	pause = 0;
	ok(backoff_next(&pause, FIRST, MAX, &random) < 2 * FIRST,
	   "a pause forgotten is the first again");
	random = 7;
	other = 8;
	pause = MAX;
	ok(backoff_next(&pause, FIRST, MAX, &random) != backoff_next(&pause, FIRST, MAX, &other),
	   "two brokers do not try at the same moment");
	return tap_done();
}
