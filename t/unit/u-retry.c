/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "retry.h"

#include "tap.h"

#include "alloc.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static const struct {
	const char *what;
	enum retry_cause cause;
	uint64_t first, max;	/* without what chance adds */
} rows[] = {
	{ "a machine that gives out no more", RETRY_MACHINE, SECOND, 30 * SECOND },
	{ "a server that is not there", RETRY_SERVER, SECOND, 30 * SECOND },
	{ "a certificate that is not trusted", RETRY_CERTIFICATE, SECOND, 30 * SECOND },
	{ "a password that is refused", RETRY_ACCOUNT, MINUTE, 30 * MINUTE },
	{ "a place that somebody else has", RETRY_PLACE, 10 * SECOND, 30 * MINUTE },
};

static void test_pauses(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t pause, first = rows[i].first, max = rows[i].max;
		struct retry r;

		retry_init(&r, 4711);
		pause = retry_pause(&r, rows[i].cause);
		ok(pause >= first && pause <= first + first / 2,
		   "%s: tried again after %" PRIu64 " s or a little more", rows[i].what,
		   first / SECOND);
		for (int n = 0; n < 20; n++)
			pause = retry_pause(&r, rows[i].cause);
		ok(pause >= max && pause <= max + max / 2,
		   "... however often it failed, within %" PRIu64 " s", (max + max / 2) / SECOND);
		retry_reset(&r);
		pause = retry_pause(&r, rows[i].cause);
		ok(pause <= first + first / 2, "... and soon, once it has worked");
	}
}

static void test_another_cause(void)
{
	struct retry r;

	retry_init(&r, 1);
	for (int n = 0; n < 20; n++)
		retry_pause(&r, RETRY_ACCOUNT);
	ok(retry_pause(&r, RETRY_SERVER) <= 3 * SECOND / 2,
	   "what fails for another reason is tried soon");
}

static void test_hurry(void)
{
	uint64_t now = 1000 * MINUTE;
	unsigned n = 0;
	struct retry r;

	retry_init(&r, 1);
	while (n < 100 && retry_may_hurry(&r, now))
		n++;
	is_int(n, 5, "a password that was refused is tried again for five commands");
	ok(!retry_may_hurry(&r, now + MINUTE - 1), "not for more of them within a minute");
	ok(retry_may_hurry(&r, now + MINUTE), "for one after a minute");
	ok(!retry_may_hurry(&r, now + MINUTE), "... and no other");
	for (n = 0; retry_may_hurry(&r, now + 60 * MINUTE); n++)
		;
	is_int(n, 5, "after an hour it is as at first");
	for (n = 0; retry_may_hurry(&r, 0); n++)
		;
	is_int(n, 0, "a clock that stands still gives nothing");
}

int main(void)
{
	test_pauses();
	test_another_cause();
	test_hurry();
	return tap_done();
}
