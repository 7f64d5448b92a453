/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "meter.h"

#include "tap.h"

int main(void)
{
	struct meter m = { .since = 0 };
	uint64_t now = 1000;

	is_int(meter_rate(&m, now), 0, "nothing has passed");
	meter_add(&m, 500, now);
	is_int(meter_rate(&m, now), 1000, "what has just begun has a rate that is bounded");
	is_int(meter_rate(&m, now + 1), 1000, "a moment later, too");
	for (; now < 11000; now += 100)
		meter_add(&m, 100, now);
	is_int(meter_rate(&m, now) / 10, 100, "a steady stream");
	is_int(meter_rate(&m, now + METER_PERIOD / 2) < 1000, 1, "that stops is slower");
	is_int(meter_rate(&m, now + 2 * METER_PERIOD), 0, "and then is none");
	meter_add(&m, 3000, now + 100000);
	is_int(meter_rate(&m, now + 100000 + METER_PERIOD), 3000 * 1000 / METER_PERIOD,
	       "and comes back after any pause");
	return tap_done();
}
