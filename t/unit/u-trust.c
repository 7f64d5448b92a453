/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "tap.h"
#include "trust.h"

#define HEX1 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEX2 "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEX3 "f7112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
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

#define EVE "eve@example.org"

static void t_first_use(void)
{
	struct trust *t = trust_create();
	bool changed;

	is_int(trust_lookup(t, BOB, fp(1)), TRUST_UNKNOWN, "nobody is known");
	is_int(trust_observe(t, BOB, fp(1), 10, &changed), TRUST_PENDING,
	       "a key nobody waits for is pending");
	ok(changed, "which is kept");
	is_int(trust_observe(t, BOB, fp(1), 11, &changed), TRUST_PENDING,
	       "showing itself again does not help");
	ok(!changed, "nor changes anything");
	is_int(trust_invite(t, BOB, 12), TRUST_ADMITTED,
	       "with one device that waits, and no other known,");
	is_int(trust_lookup(t, BOB, fp(1)), TRUST_SEEN, "accepting bob trusts it");
	ok(!trust_expected(t, BOB, 12), "and no other");
	is_int(trust_observe(t, BOB, fp(2), 13, &changed), TRUST_PENDING, "a second device waits");
	trust_destroy(t);

	t = trust_create();
	is_int(trust_invite(t, "Bob@example.org", 10), TRUST_EXPECTS,
	       "added before any device was seen,");
	ok(trust_expected(t, BOB, 11), "bob's first one is expected");
	is_int(trust_invite(t, BOB, 500), TRUST_EXPECTED, "said again,");
	ok(!trust_expected(t, BOB, 10 + EXPECTATION_MAX), "that does not last longer");
	is_int(trust_observe(t, EVE, fp(9), 11, &changed), TRUST_PENDING, "eve's is not bob's");
	is_int(trust_observe(t, BOB, fp(1), 12, &changed), TRUST_SEEN, "bob's first is trusted");
	ok(changed && !trust_expected(t, BOB, 12), "which ends the expectation");
	is_int(trust_observe(t, BOB, fp(2), 13, &changed), TRUST_PENDING, "his second is not");
	trust_destroy(t);

	t = trust_create();
	trust_observe(t, BOB, fp(1), 10, &changed);
	trust_observe(t, BOB, fp(2), 10, &changed);
	is_int(trust_invite(t, BOB, 11), TRUST_COMPARE, "of two that wait none is the first");
	ok(!trust_any(t, BOB, TRUST_SEEN) && !trust_expected(t, BOB, 11), "nothing is granted");
	is_int(trust_observe(t, BOB, fp(3), 12, &changed), TRUST_PENDING, "nor to a third");
	trust_destroy(t);
}

/* Somebody has bob's password, and alice says add as often as she is told that it does not work. */
static void t_thief(void)
{
	struct trust *t = trust_create();
	bool changed;

	trust_invite(t, BOB, 10);
	trust_observe(t, BOB, fp(1), 11, &changed);
	is_int(trust_observe(t, BOB, fp(66), 12, &changed), TRUST_PENDING,
	       "the thief's key is pending");
	is_int(trust_invite(t, BOB, 13), TRUST_COMPARE, "add");
	is_int(trust_invite(t, BOB, 14), TRUST_COMPARE, "accept");
	is_int(trust_invite(t, BOB, 15), TRUST_COMPARE, "add");
	is_int(trust_lookup(t, BOB, fp(66)), TRUST_PENDING, "and it is still pending");
	trust_verify(t, BOB, fp(1), 20);
	is_int(trust_invite(t, BOB, 16), TRUST_COMPARE, "with a verified device it is no other");
	is_int(trust_observe(t, BOB, fp(67), 17, &changed), TRUST_PENDING, "nor with a new key");
	trust_suspend(t, BOB, 20);
	is_int(trust_lookup(t, BOB, fp(66)), TRUST_UNKNOWN,
	       "removing bob forgets what was pending");
	is_int(trust_invite(t, BOB, 18), TRUST_COMPARE, "when he is added anew");
	is_int(trust_observe(t, BOB, fp(66), 19, &changed), TRUST_PENDING,
	       "the thief is pending again");
	is_int(trust_lookup(t, BOB, fp(1)), TRUST_SUSPENDED,
	       "and bob's own key is shown, and counts nothing");
	trust_verify(t, BOB, fp(1), 20);
	is_int(trust_lookup(t, BOB, fp(1)), TRUST_VERIFIED, "until it is named");
	is_int(trust_lookup(t, BOB, fp(66)), TRUST_PENDING, "which is for that key alone");
	trust_destroy(t);

	t = trust_create();
	trust_invite(t, BOB, 10);
	trust_observe(t, BOB, fp(1), 11, &changed);
	trust_invite(t, EVE, 12);
	is_int(trust_observe(t, EVE, fp(1), 13, &changed), TRUST_PENDING,
	       "bob's key is nobody else's first one");
	is_str(trust_other_owner(t, EVE, fp(1)), BOB, "and it is said whose it is");
	is_int(trust_observe(t, EVE, fp(2), 14, &changed), TRUST_PENDING,
	       "a second one is not the first");
	trust_destroy(t);

	t = trust_create();
	trust_invite(t, BOB, 10);
	trust_observe(t, BOB, fp(1), 11, &changed);
	trust_observe(t, EVE, fp(1), 12, &changed);
	is_int(trust_invite(t, EVE, 13), TRUST_COMPARE, "nor is it admitted when it waits");
	ok(!trust_other_owner(t, EVE, fp(7)), "a key that nobody has is nobody's");
	trust_destroy(t);
}

/* The ways in which an expectation ends, and that nothing opens it again by the way. */
static void t_expectation_ends(void)
{
	struct trust *t = trust_create();
	bool changed;

	trust_invite(t, BOB, 100);
	ok(trust_expected(t, BOB, 100 + EXPECTATION_MAX - 1), "an expectation has its time");
	ok(trust_asked(t, BOB, 100 + EXPECTATION_MAX - 1), "as the answer to a request of theirs");
	ok(!trust_expected(t, BOB, 100 + EXPECTATION_MAX), "and no more");
	ok(!trust_asked(t, BOB, 100 + EXPECTATION_MAX), "either");
	is_int(trust_observe(t, BOB, fp(1), 100 + EXPECTATION_MAX, &changed), TRUST_PENDING,
	       "who comes later is pending");
	trust_destroy(t);

	t = trust_create();
	trust_invite(t, BOB, 100);
	trust_expire(t, 100 + EXPECTATION_MAX);
	is_written(t, "", "what has expired is not kept");
	is_int(trust_invite(t, BOB, 200 + EXPECTATION_MAX), TRUST_EXPECTS,
	       "it is opened again by hand");
	trust_suspend(t, BOB, 20);
	ok(!trust_expected(t, BOB, 201 + EXPECTATION_MAX), "removing them ends it");
	is_written(t, "", "and nothing is left");
	trust_invite(t, BOB, 300);
	trust_mark(t, BOB, MARK_LISTED, true, 301);
	ok(trust_decline(t, BOB), "declining their request ends it");
	ok(!trust_expected(t, BOB, 302) && !trust_asked(t, BOB, 302), "both halves of it");
	ok(!trust_decline(t, BOB), "once");
	is_written(t, "", "and what the roster says of them is not kept without a reason");
	trust_destroy(t);

	t = trust_create();
	trust_invite(t, BOB, 100);
	trust_observe(t, BOB, fp(1), 101, &changed);
	trust_distrust(t, BOB, NULL, 20);
	is_int(trust_invite(t, BOB, 102), TRUST_COMPARE,
	       "with a distrusted device nobody is the first");
	is_int(trust_observe(t, BOB, fp(2), 103, &changed), TRUST_PENDING, "whatever comes");
	is_int(trust_invite(t, BOB, 104), TRUST_COMPARE,
	       "one that waits beside it is not admitted");
	trust_destroy(t);
}

static void t_expiry(void)
{
	struct trust *t = trust_create();
	bool changed;

	trust_observe(t, BOB, fp(1), 101, &changed);
	trust_observe(t, EVE, fp(2), 102, &changed);
	trust_expire(t, 100 + PENDING_EXPIRY);
	is_int(trust_lookup(t, BOB, fp(1)), TRUST_PENDING, "a pending device is kept for its time");
	trust_observe(t, BOB, fp(1), 100 + PENDING_EXPIRY, &changed);
	ok(!changed, "which does not begin anew when it comes again");
	trust_observe(t, BOB, fp(50), 101 + PENDING_EXPIRY, &changed);
	ok(changed, "another one is new");
	is_int(trust_lookup(t, BOB, fp(1)), TRUST_UNKNOWN, "as if it had never been");
	is_int(trust_invite(t, EVE, 1000 + PENDING_EXPIRY), TRUST_EXPECTS,
	       "who is accepted too late shows itself once more");
	is_int(trust_observe(t, EVE, fp(2), 1001 + PENDING_EXPIRY, &changed), TRUST_SEEN,
	       "and is trusted");
	trust_distrust(t, BOB, fp(50), 20);
	trust_expire(t, 100 * (uint64_t)PENDING_EXPIRY);
	is_int(trust_lookup(t, BOB, fp(50)), TRUST_DISTRUSTED, "what was decided does not expire");
	is_int(trust_lookup(t, EVE, fp(2)), TRUST_SEEN, "either way");
	trust_destroy(t);

	t = trust_create();
	trust_observe(t, BOB, fp(1), 1, &changed);
	trust_observe(t, EVE, fp(2), 1, &changed);
	trust_expire(t, 1 + PENDING_EXPIRY);
	is_written(t, "", "with all of them gone nothing is left");
	trust_observe(t, BOB, fp(1), 2 + PENDING_EXPIRY, &changed);
	ok(changed, "and who comes again is new");
	trust_destroy(t);
}

static void t_decided(void)
{
	struct trust *t = trust_create();
	bool changed;

	ok(!trust_verify(t, BOB, fp(1), 20), "a device never met cannot be verified");
	ok(!trust_distrust(t, BOB, fp(1), 20) && !trust_distrust(t, BOB, NULL, 20),
	   "nor distrusted");
	trust_observe(t, BOB, fp(1), 10, &changed);
	ok(trust_distrust(t, BOB, fp(1), 20), "one that waits can");
	is_int(trust_observe(t, BOB, fp(1), 11, &changed), TRUST_DISTRUSTED,
	       "it is distrusted when it comes again");
	trust_suspend(t, BOB, 20);
	trust_invite(t, BOB, 12);
	is_int(trust_lookup(t, BOB, fp(1)), TRUST_DISTRUSTED,
	       "after its person was removed and added, too");
	ok(trust_verify(t, BOB, fp(1), 20), "only naming it ends that");
	ok(trust_any(t, BOB, TRUST_VERIFIED), "bob has a device now");
	trust_observe(t, BOB, fp(2), 13, &changed);
	trust_verify(t, BOB, fp(2), 20);
	ok(trust_distrust(t, BOB, NULL, 20), "all of them at once");
	ok(trust_lookup(t, BOB, fp(1)) == TRUST_DISTRUSTED &&
		   trust_lookup(t, BOB, fp(2)) == TRUST_DISTRUSTED,
	   "are distrusted");
	ok(trust_verify(t, BOB, fp(2), 20), "and one of them verified");
	is_int(trust_lookup(t, BOB, fp(1)), TRUST_DISTRUSTED, "is not the other");
	trust_destroy(t);

	t = trust_create();
	trust_invite(t, BOB, 10);
	trust_observe(t, BOB, fp(1), 11, &changed);
	trust_observe(t, BOB, fp(2), 11, &changed);
	trust_mark(t, BOB, MARK_GRANTED, true, 12);
	ok(trust_suspend(t, BOB, 20), "bob is removed");
	is_int(trust_lookup(t, BOB, fp(1)), TRUST_SUSPENDED, "his device is suspended");
	ok(!trust_allows(trust_observe(t, BOB, fp(1), 13, &changed)), "which allows nothing");
	is_int(trust_lookup(t, BOB, fp(2)), TRUST_UNKNOWN, "what waited is forgotten");
	ok(!trust_marked(t, BOB, MARK_GRANTED), "and what the roster had said");
	ok(!trust_suspend(t, BOB, 20), "twice is once");
	ok(!trust_suspend(t, EVE, 20), "and of somebody who is not known nothing");
	trust_mark(t, EVE, MARK_BLOCKED, true, 14);
	ok(trust_marked(t, EVE, MARK_BLOCKED), "somebody of whom nothing is known can be blocked");
	trust_suspend(t, EVE, 20);
	ok(trust_marked(t, EVE, MARK_BLOCKED), "who is removed stays blocked");
	trust_mark(t, EVE, MARK_BLOCKED, false, 0);
	ok(!trust_person(t, EVE), "until they are unblocked");
	ok(!trust_mark(t, EVE, MARK_LISTED, true, 15),
	   "what the roster says of anybody else makes no entry");
	trust_destroy(t);

	for (int i = TRUST_UNKNOWN; i <= TRUST_DISTRUSTED; i++)
		is_int(trust_allows(i),
		       i == TRUST_SEEN || i == TRUST_VOUCHED || i == TRUST_VERIFIED,
		       trust_state_name(i));
}

static void t_admit(void)
{
	struct trust *t = trust_create();
	bool changed;

	ok(trust_admit(t, BOB, fp(1), 10),
	   "who proves an invitation is admitted, unseen as they are");
	is_int(trust_lookup(t, BOB, fp(1)), TRUST_VERIFIED, "and verified");
	ok(trust_asked(t, BOB, 11), "their request to see us is accepted");
	ok(!trust_expected(t, BOB, 11), "but no other device is expected");
	is_int(trust_observe(t, BOB, fp(2), 12, &changed), TRUST_PENDING, "a second device waits");
	ok(trust_admit(t, BOB, fp(2), 13), "and is admitted by another invitation");
	trust_suspend(t, BOB, 13);
	ok(trust_admit(t, BOB, fp(1), 14), "who was removed comes back by one");
	is_int(trust_lookup(t, BOB, fp(2)), TRUST_SUSPENDED, "with that device alone");
	trust_distrust(t, BOB, fp(1), 14);
	ok(!trust_admit(t, BOB, fp(1), 15), "a key that was rejected does not");
	is_int(trust_lookup(t, BOB, fp(1)), TRUST_DISTRUSTED, "and stays rejected");
	trust_destroy(t);

	t = trust_create();
	trust_invite(t, BOB, 10);
	ok(trust_admit(t, BOB, fp(1), 11), "an invitation comes before a first use");
	is_int(trust_observe(t, BOB, fp(2), 12, &changed), TRUST_PENDING, "and ends that");
	for (unsigned i = 2; i < DEVICES_PER_BUDDY; i++)
		trust_admit(t, BOB, fp(i + 1), 13);
	ok(trust_admit(t, BOB, fp(99), 14), "a device that waits makes room");
	is_int(trust_lookup(t, BOB, fp(2)), TRUST_UNKNOWN, "and is forgotten");
	ok(!trust_admit(t, BOB, fp(100), 15), "one that was decided about does not");
	trust_destroy(t);
}

static void t_bounds(void)
{
	struct trust *t = trust_create();
	unsigned kept;
	bool changed;
	char jid[64];

	for (unsigned i = 0; i < 100; i++) {
		snprintf(jid, sizeof(jid), "buddy%u@example.org", i);
		if (trust_observe(t, jid, fp(i), 1, &changed) != TRUST_PENDING)
			ok(false, "every unknown one is pending");
	}
	kept = 0;
	for (const struct trusted_device *d = trust_first(t); d; d = d->next)
		kept++;
	ok(kept < PENDING_DEVICES_MAX, "not all pending ones are kept");
	trust_invite(t, "buddy99@example.org", 2);
	is_int(trust_observe(t, "buddy99@example.org", fp(99), 3, &changed), TRUST_SEEN,
	       "an expected one is, however many are pending");
	trust_destroy(t);

	t = trust_create();
	for (unsigned i = 0; i < 100; i++) {
		trust_observe(t, BOB, fp(i), 1, &changed);
		trust_distrust(t, BOB, fp(i), 20);
	}
	kept = 0;
	for (const struct trusted_device *d = trust_first(t); d; d = d->next)
		kept++;
	is_int(kept, DEVICES_PER_BUDDY, "so many devices of one buddy are kept");
	is_int(trust_observe(t, BOB, fp(200), 2, &changed), TRUST_PENDING, "one more is pending");
	ok(!changed && trust_lookup(t, BOB, fp(200)) == TRUST_UNKNOWN, "and not kept");
	is_int(trust_observe(t, "not a jid", fp(1), 3, &changed), TRUST_PENDING,
	       "nobody's device gets nothing");
	ok(!changed, "and is not kept");
	is_int(trust_invite(t, "not a jid", 4), TRUST_FULL, "nobody is not expected");
	ok(!trust_expected(t, "not a jid", 4), "at all");
	trust_destroy(t);
}

static void t_file(void)
{
	static const char good[] =
		BOB " " HEX1 " seen 1700000000\n"
		    "carol@example.org " HEX1 " verified 1 since=5 seen=9 by=" HEX2
		    " compared=1 told=1 name=Carol's laptop, the \xc3\xa4lter one\n"
		    "carol@example.org " HEX2 " vouched 5 seen=0 by=" HEX1 "\n" BOB " " HEX3
		    " revoked 2 since=3 by=" HEX1 " was=seen settled=1\n" BOB " " HEX2
		    " distrusted 4294967295\n"
		    "eve@example.org " HEX2 " pending 0\n"
		    "frank@example.org " HEX2 " suspended 7\n" BOB " - listed 1700000002\n" BOB
		    " - granted 1700000003\n"
		    "frank@example.org - lost 8\n"
		    "dave@example.org - expected 1700000001\n"
		    "dave@example.org - asked 1700000001\n"
		    "mallory@example.org - blocked 9\n"
		    "- - named 10 desk = top\n"
		    "- - retired 11\n";
	int dropped;
	struct trust *t = parsed(good, &dropped);

	is_int(dropped, 0, "a file is understood");
	is_written(t, good, "and written as it was");
	ok(!memcmp(trust_first(t)->next->by, trust_first(t)->next->next->fp, 2),
	   "and so is who vouches or revoked");
	is_str(trust_first(t)->next->name, "Carol's laptop, the \xc3\xa4lter one",
	       "names are kept");
	ok(trust_expected(t, "dave@example.org", 1700000001),
	   "expectations are, with the time they have");
	ok(!trust_expected(t, "dave@example.org", 1700000001 + EXPECTATION_MAX), "left");
	trust_destroy(t);

	t = parsed("\n\n" BOB " " HEX1 " seen 7", &dropped);
	is_int(dropped, 0, "empty lines and a missing last newline are no fault");
	is_int(trust_first(t)->first_seen, 7, "the line counts");
	trust_destroy(t);

	t = parsed(BOB " - expected 5\n" BOB " " HEX1 " seen 7\n", &dropped);
	ok(!trust_expected(t, BOB, 7),
	   "who has a trusted device is not expected, whatever the file says");
	trust_destroy(t);

	t = parsed(BOB " " HEX1 " refused 7\n", &dropped);
	is_written(t, BOB " " HEX1 " distrusted 7\n", "what was once refused is distrusted");
	trust_destroy(t);

	t = parsed(BOB " " HEX1 " seen 7 my old name=x\n", &dropped);
	is_written(t, BOB " " HEX1 " seen 7 name=my old name=x\n",
		   "a name as older versions wrote it");
	trust_destroy(t);

	t = parsed(BOB " " HEX1 " vouched 7 by=" HEX2 "\n", &dropped);
	is_written(t, BOB " " HEX1 " pending 7\n", "without its voucher it waits");
	trust_destroy(t);

	t = parsed(BOB " " HEX1 " vouched 7\n" BOB " " HEX2 " verified 8\n", &dropped);
	is_int(trust_first(t)->state, TRUST_PENDING, "and so does who names none");
	trust_destroy(t);

	t = parsed(BOB " " HEX1 " vouched 7 by=" HEX2 "\n" BOB " " HEX2 " vouched 8 by=" HEX1 "\n",
		   &dropped);
	ok(!trust_any_allowed(trust_person(t, BOB)), "two that vouch for each other both wait");
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
		BOB " " HEX1 " seen 4294967296",
		BOB " " HEX1 " seen 1 ",
		BOB " " HEX1 " seen 1 with a \x1b[31m",
		BOB " " HEX1 " seen 1 with bad \xff utf-8",
		BOB " " HEX1
		    " seen 1 0123456789012345678901234567890123456789012345678901234567890123",
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
		BOB " - expected 0",
		BOB " - verified 1",
		BOB " - expected 1 name",
		"- - named 1",
		"- - named 1 ",
		"- - retired 1 name",
		"- - retired 0",
		BOB " - retired 1",
		"- - blocked 1",
		BOB " " HEX1 " seen 1 since=",
		BOB " " HEX1 " seen 1 since=1 ",
		BOB " " HEX1 " seen 1 since=1 name",
		BOB " " HEX1 " seen 1 since=1 laptop",
		BOB " " HEX1 " seen 1 since=1 unheard=1",
		BOB " " HEX1 " seen 1 by=" HEX1 "0",
		BOB " " HEX1 " seen 1 by=x",
		BOB " " HEX1 " seen 1 was=unknown",
		BOB " " HEX1 " seen 1 told=2",
		BOB " " HEX1 " seen 1 name=",
		BOB " " HEX1 " seen 1 name= x",
		BOB " " HEX1 " seen 1 name=x\xe2\x80\xaey",
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

	t = parsed(BOB " " HEX1 " distrusted 1\nnonsense\n" BOB " " HEX1 " seen 2\n" BOB " " HEX2
		       " seen 3\n",
		   &dropped);
	is_int(dropped, 2, "nonsense and what is said twice is counted");
	is_written(t, BOB " " HEX1 " distrusted 1\n" BOB " " HEX2 " seen 3\n",
		   "the rest is understood");
	trust_destroy(t);

	t = trust_create();
	is_int(trust_parse(t, BOB " " HEX1 " seen 1\0 \n", sizeof(BOB " " HEX1 " seen 1\0 \n") - 1),
	       1, "a NUL does not end a line early");
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
	is_int(dropped, 20 - DEVICES_PER_BUDDY + 20 - PENDING_DEVICES_MAX,
	       "lines beyond the bounds are dropped");
	trust_destroy(t);
	buf_reset(&text);
	for (unsigned i = 0; i < BUDDIES_MAX + 5; i++)
		buf_printf(&text, "buddy%u@example.org - expected 1\n", i);
	t = parsed(buf_str(&text), &dropped);
	is_int(dropped, 5, "buddies beyond the bound too");
	trust_destroy(t);
	buf_finish(&text);
}

#define BOB2 "bob@example.net"

static void t_move(void)
{
	static const char kept[] =
		" " HEX1 " verified 5 since=6 seen=7 compared=1 told=1 name=desk\n";
	static const char more[] = " " HEX2 " vouched 8 since=9 seen=10 by=" HEX1 "\n";
	struct buf text = { 0 };
	struct trust *t;
	bool changed;
	int dropped;

	/* Its own key waits there already, and another one does. */
	buf_printf(&text, BOB "%s" BOB "%s", kept, more);
	buf_puts(&text,
		 BOB " " HEX3 " pending 11\n" BOB2 " " HEX1 " pending 12\n" BOB2 " " HEX3
		     " pending 12\n" BOB " - asked 3\n" BOB " - listed 3\n" BOB " - meant 3\n");
	t = parsed(buf_str(&text), &dropped);
	is_int(dropped, 0, "a buddy with three devices");
	is_int(trust_may_move(t, BOB, BOB2), TRUST_MOVED, "may be moved,");
	ok(!trust_may_have_moved(t, BOB, BOB2), "and was not yet,");
	is_int(trust_move(t, BOB, BOB2, 20), TRUST_MOVED, "and is");
	buf_reset(&text);
	buf_printf(&text, BOB2 " " HEX3 " pending 12\n" BOB2 "%s" BOB2 "%s", kept, more);
	buf_puts(&text, BOB2 " - asked 20\n");
	is_written(t, buf_str(&text), "with all that is known of what was decided, and no more");
	buf_finish(&text);
	ok(!trust_person(t, BOB), "nothing is left of the old address");
	ok(trust_may_have_moved(t, BOB, BOB2) && !trust_may_have_moved(t, BOB2, BOB) &&
		   !trust_may_have_moved(t, BOB, EVE),
	   "which can be told");
	is_int(trust_observe(t, BOB2, fp(9), 21, &changed), TRUST_PENDING,
	       "another device of the new address is not trusted on first use");
	is_int(trust_observe(t, BOB, fp(9), 21, &changed), TRUST_PENDING,
	       "nor is one of the old address");
	is_int(trust_move(t, BOB, BOB2, 22), TRUST_MOVE_TAKEN, "it has devices of its own now,");
	is_int(trust_move(t, BOB2, BOB2, 22), TRUST_MOVE_TAKEN, "also for itself");
	is_int(trust_move(t, BOB, EVE, 22), TRUST_MOVE_NOTHING, "what waits is not moved");
	is_int(trust_move(t, BOB2, "@", 22), TRUST_MOVE_FULL, "nor to what is no JID");
	ok(trust_person(t, BOB2), "which changes nothing");
	trust_destroy(t);

	t = parsed(BOB " " HEX1 " distrusted 5\n" BOB " " HEX2 " revoked 5 by=" HEX1
		       " was=seen settled=1\n",
		   &dropped);
	trust_move(t, BOB, BOB2, 20);
	is_int(trust_invite(t, BOB2, 21), TRUST_COMPARE, "who was shut out stays so");
	ok(!trust_expected(t, BOB2, 21), "and no device is expected");
	is_written(t,
		   BOB2 " " HEX1 " distrusted 5\n" BOB2 " " HEX2 " revoked 5 by=" HEX1
			" was=seen settled=1\n" BOB2 " - asked 20\n",
		   "with who did it");
	trust_destroy(t);
}

#define ME  "me@example.org"
#define ME2 "me@example.net"

/* The own account has another address. */
static void t_move_self(void)
{
	struct trust *t;
	int dropped;

	t = parsed(ME " " HEX1 " verified 5 told=1\n" ME " " HEX2 " pending 5\n" ME2 " " HEX1
		      " pending 6\n" BOB " " HEX3 " verified 5 compared=1 told=1\n" EVE " " HEX2
		      " distrusted 5\n"
		      "carol@example.org " HEX2 " suspended 5\n"
		      "dave@example.org " HEX2 " seen 5\n" BOB " - listed 3\n" BOB
		      " - granted 3\n" EVE " - listed 3\n"
		      "dave@example.org - blocked 3\n"
		      "dave@example.org - listed 3\n"
		      "frank@example.org - expected 3\n"
		      "frank@example.org - asked 3\n",
		   &dropped);
	is_int(dropped, 0, "one who has a second device, and buddies");
	is_int(trust_may_move_self(t, ME, BOB), TRUST_MOVE_TAKEN,
	       "a buddy's devices do not become own ones");
	is_int(trust_may_move_self(t, ME, ME), TRUST_MOVE_NOTHING, "nor does anybody move nowhere");
	is_int(trust_may_move_self(t, ME, "@"), TRUST_MOVE_FULL, "nor to what is no JID");
	is_int(trust_move_self(t, ME, ME2, 20), TRUST_MOVED, "moves:");
	is_written(t,
		   BOB " " HEX3 " verified 5 compared=1\n" EVE " " HEX2 " distrusted 5\n"
		       "carol@example.org " HEX2 " suspended 5\n"
		       "dave@example.org " HEX2 " seen 5\n" ME2 " " HEX1 " verified 5\n"
		       BOB " - asked 20\n" BOB " - meant 20\n"
		       "dave@example.org - blocked 3\n"
		       "frank@example.org - expected 3\n" "frank@example.org - asked 20\n"
		       "frank@example.org - meant 20\n",
		   "buddies are asked anew, the blocked one, the removed one and the one shut out "
		   "are not");
	ok(!trust_person(t, ME), "nothing is left at the old address");
	is_int(trust_move_self(t, ME2, ME, 21), TRUST_MOVED, "it may move back");
	trust_destroy(t);
}

/* As many as a person may have go where as many wait. */
static void t_move_bounds(void)
{
	struct trust *t = trust_create();
	bool changed;
	unsigned n = 0;

	for (unsigned i = 0; i < DEVICES_PER_BUDDY; i++) {
		trust_admit(t, BOB, fp(i), 1);
		trust_observe(t, BOB2, fp(100 + i), 1, &changed);
	}
	is_int(trust_move(t, BOB, BOB2, 2), TRUST_MOVED,
	       "as many devices as there may be are moved");
	for (const struct trusted_device *d = trust_devices(t, BOB2); d; d = d->sibling)
		n += d->state == TRUST_VERIFIED;
	is_int(n, DEVICES_PER_BUDDY, "all of them");
	is_int(trust_person(t, BOB2)->count, DEVICES_PER_BUDDY, "and no more");
	trust_destroy(t);
}

/* Whatever is parsed, what is written is understood and written alike again. */
static void t_random(void)
{
	static const char seed[] =
		BOB " " HEX1 " seen 1700000000 since=7 name=laptop\n" BOB " " HEX2
		    " distrusted 5\n" BOB " " HEX3 " revoked 5 by=" HEX1 " was=seen\n"
		    "dave@example.org - expected 17\ndave@example.org - granted "
		    "17\ncarol@example.org " HEX2 " pending 99\n";
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
	t_thief();
	t_expectation_ends();
	t_expiry();
	t_decided();
	t_admit();
	t_move();
	t_move_bounds();
	t_move_self();
	t_bounds();
	t_file();
	t_bad_lines();
	t_file_bounds();
	t_random();
	return tap_done();
}
