/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "twin.h"

#include "tap.h"

#define DEVICE "abcdefgh2345abcd"

static void test_signs_of_life(void)
{
	static struct twins t;

	ok(twins_seen(&t, "a@b/one"), "who shows our device is asked");
	ok(!twins_seen(&t, "a@b/one"), "... once, while the answer is on its way");
	ok(!twins_answered(&t, "a@b/one", false),
	   "a session that is over does not answer: that is no twin");
	ok(!twins_answered(&t, "a@b/one", true), "an answer that nobody waits for is none");
	ok(twins_seen(&t, "a@b/one"), "it shows itself again: it is asked again");
	ok(twins_answered(&t, "a@b/one", true), "it answers: it lives");
	ok(!twins_seen(&t, "a@b/one"), "that is known then");
	twins_gone(&t, "a@b/one");
	ok(!twins_answered(&t, "a@b/one", true), "it has gone");
	ok(twins_seen(&t, "a@b/one"), "and comes back: it is asked");
	twins_reset(&t);
	ok(!twins_answered(&t, "a@b/one", true), "our own connection was lost: nothing is known");
	twins_gone(&t, "a@b/none");
}

static void test_crowd(void)
{
	static struct twins t;
	char full[32];

	for (int i = 0; i < TWINS_MAX; i++) {
		snprintf(full, sizeof(full), "a@b/%d", i);
		twins_seen(&t, full);
	}
	ok(!twins_seen(&t, "a@b/more"), "no more are asked at once than there are places");
	twins_answered(&t, "a@b/2", false);
	ok(twins_seen(&t, "a@b/more"), "a ghost makes room");
}

static void test_who_stays(void)
{
	static const struct {
		const char *what, *one, *other;
	} rows[] = {
		{ "who is in the place of the device", "a@b/git." DEVICE, "a@b/" },
		{ "the same, whatever the other is called", "a@b/git." DEVICE,
		  "a@b/git." DEVICE ".0badcafe" },
		{ "of two that the server named, the first", "a@b/1111", "a@b/2222" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ok(twins_we_stay(DEVICE, rows[i].one, rows[i].other), "it stays: %s", rows[i].what);
		ok(!twins_we_stay(DEVICE, rows[i].other, rows[i].one),
		   "... and the other one thinks so, too");
	}
}

int main(void)
{
	test_signs_of_life();
	test_crowd();
	test_who_stays();
	return tap_done();
}
