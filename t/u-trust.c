/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "tap.h"
#include "trust.h"

#define HEX1 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEX2 "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define BOB "bob@example.org"

static const unsigned char *fp(unsigned n)
{
	static unsigned char bytes[FINGERPRINT_BYTES];

	memset(bytes, 0, sizeof(bytes));
	bytes[0] = n >> 8;
	bytes[31] = n;
	return bytes;
}

static struct trust *parsed(const char *text, int *dropped)
{
	struct trust *t = trust_create();

	*dropped = trust_parse(t, text, strlen(text));
	return t;
}

static void is_written(const struct trust *t, const char *expected, const char *what)
{
	struct buf out = { 0 };

	trust_write(t, &out);
	is_str(buf_str(&out), expected, what);
	buf_finish(&out);
}

static void t_first_use(void)
{
	struct trust *t = trust_create();
	bool changed;

	is_int(trust_look(t, BOB, fp(1)), TRUST_UNKNOWN, "nobody is known");
	is_int(trust_meet(t, BOB, fp(1), 10, &changed), TRUST_PENDING,
	       "a key nobody waits for is pending");
	ok(changed, "which is kept");
	is_int(trust_meet(t, BOB, fp(1), 11, &changed), TRUST_PENDING,
	       "showing itself again does not help");
	ok(!changed, "nor changes anything");
	ok(!trust_any(t, BOB), "bob has no device that is allowed");
	trust_expect(t, BOB, 12);
	is_int(trust_look(t, BOB, fp(1)), TRUST_SEEN, "accepting bob trusts the one that waits");
	ok(!trust_expected(t, BOB), "and no other");
	is_int(trust_meet(t, BOB, fp(2), 13, &changed), TRUST_PENDING, "a second device waits");
	trust_destroy(t);

	t = trust_create();
	trust_expect(t, "Bob@example.org", 10);
	ok(trust_expected(t, BOB), "added before any device was seen, bob's first one is expected");
	is_int(trust_meet(t, "eve@example.org", fp(9), 11, &changed), TRUST_PENDING,
	       "eve's is not bob's");
	is_int(trust_meet(t, BOB, fp(1), 12, &changed), TRUST_SEEN, "bob's first is trusted");
	ok(changed && !trust_expected(t, BOB), "which ends the expectation");
	is_int(trust_meet(t, BOB, fp(2), 13, &changed), TRUST_PENDING, "his second is not");
	trust_set(t, BOB, fp(2), TRUST_REFUSED);
	trust_expect(t, BOB, 14);
	is_int(trust_look(t, BOB, fp(2)), TRUST_REFUSED, "refused stays refused");
	ok(!trust_expected(t, BOB), "who has a device is not waited for");
	is_int(trust_meet(t, BOB, fp(3), 15, &changed), TRUST_PENDING,
	       "so a third one waits as well");
	trust_destroy(t);
}

static void t_expiry(void)
{
	struct trust *t = trust_create();
	bool changed;

	for (unsigned i = 1; i <= PENDING_DEVICES_MAX; i++)
		trust_meet(t, i % 2 ? BOB : "eve@example.org", fp(i), 100 + i, &changed);
	trust_meet(t, BOB, fp(50), 200, &changed);
	ok(!changed, "with so many pending no other one is kept");
	trust_expire(t, 100 + PENDING_EXPIRY);
	is_int(trust_look(t, BOB, fp(1)), TRUST_PENDING, "a pending device is kept for its time");
	trust_meet(t, BOB, fp(1), 100 + PENDING_EXPIRY, &changed);
	ok(!changed, "which does not begin anew when it comes again");
	trust_meet(t, BOB, fp(50), 101 + PENDING_EXPIRY, &changed);
	ok(changed, "then it is forgotten, and makes room");
	is_int(trust_look(t, BOB, fp(1)), TRUST_UNKNOWN, "as if it had never been");
	trust_expect(t, "eve@example.org", 1000 + PENDING_EXPIRY);
	ok(trust_expected(t, "eve@example.org"), "who is accepted too late shows itself once more");
	is_int(trust_meet(t, "eve@example.org", fp(2), 1001 + PENDING_EXPIRY, &changed), TRUST_SEEN, "and is trusted");
	trust_set(t, BOB, fp(50), TRUST_REFUSED);
	trust_expire(t, 100 * (uint64_t)PENDING_EXPIRY);
	is_int(trust_look(t, BOB, fp(50)), TRUST_REFUSED, "what was decided does not expire");
	is_int(trust_look(t, "eve@example.org", fp(2)), TRUST_SEEN, "either way");
	trust_destroy(t);

	t = trust_create();
	trust_meet(t, BOB, fp(1), 1, &changed);
	trust_meet(t, "eve@example.org", fp(2), 1, &changed);
	trust_expire(t, 1 + PENDING_EXPIRY);
	is_written(t, "", "with all of them gone nothing is left");
	trust_meet(t, BOB, fp(1), 2 + PENDING_EXPIRY, &changed);
	ok(changed, "and who comes again is new");
	trust_destroy(t);
}

static void t_set(void)
{
	struct trust *t = trust_create();
	bool changed;

	ok(!trust_set(t, BOB, fp(1), TRUST_VERIFIED), "a device never met cannot be verified");
	trust_meet(t, BOB, fp(1), 10, &changed);
	trust_set(t, BOB, fp(1), TRUST_REFUSED);
	is_int(trust_meet(t, BOB, fp(1), 11, &changed), TRUST_REFUSED,
	       "a refused device is refused");
	trust_expect(t, BOB, 12);
	ok(trust_expected(t, BOB), "with only a refused one, another is expected");
	ok(trust_set(t, BOB, fp(1), TRUST_VERIFIED), "the user changes his mind");
	ok(!trust_expected(t, BOB), "then that was the expected one");
	ok(trust_any(t, BOB), "bob has a device now");
	trust_meet(t, "eve@example.org", fp(1), 13, &changed);
	is_int(trust_look(t, "eve@example.org", fp(1)), TRUST_PENDING,
	       "the same key of another JID is another device");
	trust_forget(t, "BOB@example.org");
	is_int(trust_look(t, BOB, fp(1)), TRUST_UNKNOWN, "forgotten");
	is_int(trust_look(t, "eve@example.org", fp(1)), TRUST_PENDING, "the other is not");
	trust_forget(t, BOB);
	trust_expect(t, BOB, 14);
	trust_forget(t, BOB);
	ok(!trust_expected(t, BOB), "an expectation is forgotten too");
	trust_forget(t, "eve@example.org");
	ok(!trust_first(t), "nothing is left");
	is_int(trust_meet(t, BOB, fp(1), 15, &changed), TRUST_PENDING, "and it begins anew");
	ok(trust_first(t) && !trust_first(t)->next, "with one");
	trust_destroy(t);

	for (int i = TRUST_UNKNOWN; i <= TRUST_REFUSED; i++)
		is_int(trust_allows(i), i == TRUST_SEEN || i == TRUST_VERIFIED, trust_state_name(i));
}

static void t_bounds(void)
{
	struct trust *t = trust_create();
	unsigned kept = 0;
	bool changed;
	char jid[64];

	for (unsigned i = 0; i < 100; i++) {
		snprintf(jid, sizeof(jid), "buddy%u@example.org", i);
		if (trust_meet(t, jid, fp(i), 1, &changed) != TRUST_PENDING)
			ok(false, "every unknown one is pending");
		kept += changed;
	}
	is_int(kept, PENDING_DEVICES_MAX, "so many pending ones are kept");
	trust_expect(t, "buddy99@example.org", 2);
	is_int(trust_meet(t, "buddy99@example.org", fp(99), 3, &changed), TRUST_SEEN,
	       "an expected one is, however many are pending");
	trust_destroy(t);

	t = trust_create();
	for (unsigned i = 0; i < 100; i++) {
		trust_meet(t, BOB, fp(i), 1, &changed);
		trust_set(t, BOB, fp(i), TRUST_REFUSED);
	}
	kept = 0;
	for (const struct trusted_device *d = trust_first(t); d; d = d->next)
		kept++;
	is_int(kept, DEVICES_PER_BUDDY, "so many devices of one buddy are kept");
	is_int(trust_meet(t, BOB, fp(200), 2, &changed), TRUST_PENDING, "one more is pending");
	ok(!changed && trust_look(t, BOB, fp(200)) == TRUST_UNKNOWN, "and not kept");
	is_int(trust_meet(t, "not a jid", fp(1), 3, &changed), TRUST_PENDING,
	       "nobody's device gets nothing");
	ok(!changed, "and is not kept");
	trust_expect(t, "not a jid", 4);
	ok(!trust_expected(t, "not a jid"), "nobody is not expected");
	trust_destroy(t);
}

static void t_file(void)
{
	static const char good[] =
		BOB " " HEX1 " seen 1700000000\n"
		"carol@example.org " HEX1 " verified 1 Carol's laptop, the \xc3\xa4lter one\n"
		BOB " " HEX2 " refused 18446744073709551615\n"
		"eve@example.org " HEX2 " pending 0\n"
		"dave@example.org - expected 1700000001\n";
	int dropped;
	struct trust *t = parsed(good, &dropped);

	is_int(dropped, 0, "a file is understood");
	is_written(t, good, "and written as it was");
	is_str(trust_first(t)->next->name, "Carol's laptop, the \xc3\xa4lter one", "names are kept");
	ok(trust_expected(t, "dave@example.org"), "expectations are");
	trust_destroy(t);

	t = parsed("\n\n" BOB " " HEX1 " seen 7", &dropped);
	is_int(dropped, 0, "empty lines and a missing last newline are no fault");
	is_int(trust_first(t)->first_seen, 7, "the line counts");
	trust_destroy(t);

	t = parsed(BOB " - expected 5\n" BOB " " HEX1 " seen 7\n", &dropped);
	ok(!trust_expected(t, BOB), "who has a trusted device is not expected, whatever the file says");
	trust_destroy(t);

	t = parsed("BOB@example.org " HEX1 " seen 7\n", &dropped);
	is_written(t, BOB " " HEX1 " seen 7\n", "a JID is written in lower case");
	trust_destroy(t);
}

static void t_bad_lines(void)
{
	static const char *const lines[] = {
		"# " BOB " " HEX1 " seen 1",
		BOB,
		BOB " " HEX1,
		BOB " " HEX1 " seen",
		BOB " " HEX1 " seen ",
		BOB " " HEX1 " seen x",
		BOB " " HEX1 " seen -1",
		BOB " " HEX1 " seen 1x",
		BOB " " HEX1 " seen 18446744073709551616",
		BOB " " HEX1 " seen 1 ",
		BOB " " HEX1 " seen 1 with a \x1b[31m",
		BOB " " HEX1 " seen 1 with bad \xff utf-8",
		BOB " " HEX1 " seen 1 0123456789012345678901234567890123456789012345678901234567890123",
		BOB " " HEX1 " seen 1\r",
		BOB " " HEX1 " Seen 1",
		BOB " " HEX1 " unknown 1",
		BOB " " HEX1 " trusted 1",
		BOB " " HEX1 "0 seen 1",
		BOB " 0" HEX1 " seen 1",
		BOB " x" HEX1 " seen 1",
		BOB " - seen 1",
		BOB " - expected",
		BOB " - expected x",
		BOB " - expected 1 name",
		BOB " " HEX1 " expected 1",
		BOB "  " HEX1 " seen 1",
		" " BOB " " HEX1 " seen 1",
		BOB "/phone " HEX1 " seen 1",
		"example.org " HEX1 " seen 1",
		BOB "\t" HEX1 "\tseen\t1",
	};
	int dropped;
	struct trust *t;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		t = parsed(lines[i], &dropped);
		ok(dropped == 1 && !trust_first(t), "bad line %zu is dropped", i);
		is_written(t, "", "and leaves nothing");
		trust_destroy(t);
	}

	t = parsed(BOB " " HEX1 " refused 1\nnonsense\n" BOB " " HEX1 " seen 2\n" BOB " " HEX2 " seen 3\n",
		   &dropped);
	is_int(dropped, 2, "nonsense and what is said twice is counted");
	is_written(t, BOB " " HEX1 " refused 1\n" BOB " " HEX2 " seen 3\n", "the rest is understood");
	trust_destroy(t);

	t = trust_create();
	is_int(trust_parse(t, BOB " " HEX1 " seen 1\0 \n", sizeof(BOB " " HEX1 " seen 1\0 \n") - 1), 1,
	       "a NUL does not end a line early");
	trust_destroy(t);
}

static void t_file_bounds(void)
{
	struct buf text = { 0 };
	struct trust *t;
	int dropped;

	for (unsigned i = 0; i < 20; i++)
		buf_printf(&text, BOB " %02x" "%s seen 1\n", i, &HEX1[2]);
	for (unsigned i = 0; i < 20; i++)
		buf_printf(&text, "buddy%u@example.org " HEX1 " pending 1\n", i);
	t = parsed(buf_str(&text), &dropped);
	is_int(dropped, 20 - DEVICES_PER_BUDDY + 20 - PENDING_DEVICES_MAX, "lines beyond the bounds are dropped");
	trust_destroy(t);
	buf_reset(&text);
	for (unsigned i = 0; i < BUDDIES_MAX + 5; i++)
		buf_printf(&text, "buddy%u@example.org - expected 1\n", i);
	t = parsed(buf_str(&text), &dropped);
	is_int(dropped, 5, "buddies beyond the bound too");
	trust_destroy(t);
	buf_finish(&text);
}

/* Whatever is parsed, what is written is understood and written alike again. */
static void t_random(void)
{
	static const char seed[] = BOB " " HEX1 " seen 1700000000 laptop\n" BOB " " HEX2 " refused 5\n"
		"dave@example.org - expected 17\ncarol@example.org " HEX2 " pending 99\n";
	unsigned bad = 0;

	srand(20);
	for (unsigned round = 0; round < 3000; round++) {
		char text[sizeof(seed)];
		struct buf first = { 0 }, second = { 0 };
		struct trust *t = trust_create(), *again = trust_create();
		size_t n = sizeof(seed) - 1;

		memcpy(text, seed, sizeof(text));
		for (unsigned i = round % 8; i > 0; i--)
			text[rand() % n] = rand() % 3 ? (char)rand() : " \n-0"[rand() % 4];
		if (round % 10 == 9)
			for (size_t i = 0; i < n; i++)
				text[i] = (char)rand();
		trust_parse(t, text, n - round % 3);
		trust_write(t, &first);
		bad += trust_parse(again, buf_data(&first), buf_len(&first)) != 0;
		trust_write(again, &second);
		bad += strcmp(buf_str(&first), buf_str(&second)) != 0;
		trust_destroy(t);
		trust_destroy(again);
		buf_finish(&first);
		buf_finish(&second);
	}
	is_int(bad, 0, "damaged files are survived, and what is written of them is sound");
}

int main(void)
{
	t_first_use();
	t_expiry();
	t_set();
	t_bounds();
	t_file();
	t_bad_lines();
	t_file_bounds();
	t_random();
	return tap_done();
}
