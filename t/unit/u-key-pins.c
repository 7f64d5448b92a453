/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "key-pins.h"

#include "login-tries.h"
#include "tap.h"

#define ZERO "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define ONES "sha256//AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="

static void test_pins(void)
{
	static const unsigned char zero[KEY_PIN_DIGEST];
	char text[KEY_PIN_TEXT_MAX];

	key_pin_format(zero, text);
	is_str(text, ZERO, "a digest as it is pinned");
	ok(key_pins_valid(ZERO) && key_pins_valid(ZERO ";" ONES) &&
		   key_pins_valid(" " ZERO " ; " ONES),
	   "one, two, with blanks");
	ok(!key_pins_valid("") && !key_pins_valid(ZERO ";") && !key_pins_valid("sha256//") &&
		   !key_pins_valid("sha1//AAAA") && !key_pins_valid(ZERO "A") &&
		   !key_pins_valid("sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=AA"),
	   "nothing else");
	ok(key_pins_have(ZERO, ZERO) && key_pins_have(ZERO ";" ONES, ONES) &&
		   key_pins_have("nonsense; " ONES " ", ONES),
	   "the key is among them");
	ok(!key_pins_have(ZERO, ONES) && !key_pins_have("", ZERO) && !key_pins_have(ZERO, "") &&
		   !key_pins_have("sha256//", "sha256//") && !key_pins_have("x", "x"),
	   "another one is not, nor is a part that is no pin");
}

static void test_tries(void)
{
	static struct login_tries tries;

	for (int i = 0; i <= LOGIN_TRIES_MAX; i++)
		login_tries_add(&tries)->until = i + 1;
	is_int(tries.count, LOGIN_TRIES_MAX + 1, "all tries are counted");
	is_int(tries.list[LOGIN_TRIES_MAX - 1].until, LOGIN_TRIES_MAX + 1, "the last one is kept");
	login_tries_begin(&tries);
	is_int(tries.count, 0, "a round begins with none");
}

int main(void)
{
	test_pins();
	test_tries();
	return tap_done();
}
