/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pass.h"

#include "tap.h"

static void test_identity(void)
{
	static const struct {
		const char *identity;
		bool good;
	} rows[] = {
		{ "00112233445566778899aabbccddeeff.0000000000000001", true },
		{ "00112233445566778899aabbccddeeff.ffffffffffffffff", true },
		{ "00112233445566778899aabbccddeeff.000000000000001", false },
		{ "00112233445566778899aabbccddeeff.00000000000000001", false },
		{ "00112233445566778899aabbccddeeff.000000000000000G", false },
		{ "00112233445566778899aabbccddeeff.+000000000000001", false },
		{ "00112233445566778899aabbccddeeff-0000000000000001", false },
		{ "00112233445566778899AABBCCDDEEFF.0000000000000001", false },
		{ "0112233445566778899aabbccddeeff.00000000000000001", false },
		{ "00112233445566778899aabbccddeeff", false },
		{ "", false },
	};
	char token[PASS_TOKEN_LEN + 1];
	uint64_t number = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(pass_identity(rows[i].identity, token, &number) == rows[i].good, "'%s' is %s",
		   rows[i].identity, rows[i].good ? "an identity" : "none");
	pass_identity(rows[1].identity, token, &number);
	is_str(token, "00112233445566778899aabbccddeeff", "its token");
	ok(number == UINT64_MAX, "... and number");
}

static void test_seen(void)
{
	struct pass_seen seen = { 0 };
	unsigned again = 0, missed = 0;

	ok(!pass_is_new(&seen, 0), "0 is no number");
	for (uint64_t n = 1; n <= 200; n++) {
		missed += !pass_is_new(&seen, n);
		pass_mark(&seen, n);
		for (uint64_t m = 1; m <= n; m++)
			again += pass_is_new(&seen, m);
	}
	ok(!missed && !again, "in order, each is good once");
	pass_mark(&seen, 210);
	ok(pass_is_new(&seen, 209) && pass_is_new(&seen, 201) && !pass_is_new(&seen, 200),
	   "some may be late");
	pass_mark(&seen, 205);
	ok(!pass_is_new(&seen, 205) && pass_is_new(&seen, 204), "... and are good once, too");
	pass_mark(&seen, 210 + PASS_WINDOW);
	ok(!pass_is_new(&seen, 210) && pass_is_new(&seen, 211), "not later than %d", PASS_WINDOW);
	pass_mark(&seen, 204);
	ok(!pass_is_new(&seen, 204), "what is too late stays so");
	pass_mark(&seen, UINT64_MAX);
	ok(!pass_is_new(&seen, UINT64_MAX) && pass_is_new(&seen, UINT64_MAX - 1) &&
		   !pass_is_new(&seen, 1),
	   "at the end");
}

int main(void)
{
	test_identity();
	test_seen();
	return tap_done();
}
