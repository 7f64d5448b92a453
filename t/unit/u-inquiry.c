/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "inquiry.h"

#include "asked.h"
#include "bounds.h"

/*
 * What is asked is written down: "p" and a full JID, "s" and a bare one; "g"
 * and a full JID that is left.
 */
static struct presence *presence;
static struct inquiry *inquiry;
static bool mute;			/* pings cannot be sent */
static enum interest interest;

#define DEV1 "aaaaaaaaaaaaaaaa"
#define DEV2 "bbbbbbbbbbbbbbbb"

static enum interest on_interest(void *owner, const char *jid)
{
	return strcmp(jid, "chat@x.org") ? interest : INTEREST_NONE;
}

static bool on_ping(void *owner, const char *full)
{
	if (!mute)
		asked_note("p ", full);
	return !mute;
}

static void on_show(void *owner, const char *bare)
{
	asked_note("s ", bare);
}

static void on_gone(void *owner, const char *full, const char *device)
{
	asked_note("g ", full);
}

static const struct inquiry_events events = {
	.interest = on_interest,
	.ping = on_ping,
	.show = on_show,
	.gone = on_gone,
};

static void begin(void)
{
	presence = presence_create();
	inquiry = inquiry_create(presence, &events, NULL, 1);
	interest = INTEREST_SOME;
	mute = false;
	asked_begin();
}

static void finish(void)
{
	inquiry_destroy(inquiry);
	presence_destroy(presence);
}

static void buddy(const char *jid, enum subscription subscription)
{
	presence_roster_item(presence, jid, subscription, false, false);
}

static void here(const char *full, const char *device)
{
	struct resource *r;

	presence_available(presence, full, device, 1, &r);
}

static void gone(const char *full)
{
	char device[DEVICE_ID_LEN + 1];

	presence_unavailable(presence, full, 1, device);
}

static void pass(uint64_t ms)
{
	PASS(ms, inquiry, inquiry_deadline, inquiry_tick);
}

static void test_who(void)
{
	begin();
	buddy("seen@x.org", SUBSCRIPTION_BOTH);
	here("seen@x.org/git", DEV1);
	buddy("lost@x.org", SUBSCRIPTION_BOTH);
	here("lost@x.org/git", DEV1);
	gone("lost@x.org/git");
	buddy("new@x.org", SUBSCRIPTION_FROM);
	buddy("hidden@x.org", SUBSCRIPTION_TO);
	buddy("chat@x.org", SUBSCRIPTION_BOTH);
	presence_pending_in(presence, "stranger@x.org");
	inquiry_online(inquiry, now);
	pass(INQUIRY_SETTLE - 1);
	expect("", "after a login presences have time to come");
	pass(1);
	expect("p lost@x.org/git, s new@x.org", "then a device is asked where it was, and shown "
						"ourselves who never had one; nobody else");
	finish();

	begin();
	buddy("lost@x.org", SUBSCRIPTION_BOTH);
	here("lost@x.org/old", DEV1);
	here("lost@x.org/two", DEV2);
	here("lost@x.org/new", DEV1);
	gone("lost@x.org/old");
	inquiry_online(inquiry, now);
	pass(INQUIRY_SETTLE);
	expect("", "the ghost of a device that is here is not asked");
	presence_reset(presence, 1);
	inquiry_online(inquiry, now);
	pass(INQUIRY_SETTLE);
	expect("p lost@x.org/two, p lost@x.org/new",
	       "after our own loss all are asked where they were");
	finish();
}

static void test_answer(void)
{
	struct resource *r;

	begin();
	buddy("bob@x.org", SUBSCRIPTION_BOTH);
	here("bob@x.org/git", DEV1);
	gone("bob@x.org/git");
	is_int(presence_answered(presence, "bob@x.org/other", 1, &r), PRESENCE_SAME,
	       "who was not there does not answer");
	is_int(presence_answered(presence, "bob@x.org/git", 1, &r), PRESENCE_APPEARED,
	       "who answers is here");
	ok(presence_device(presence, "bob@x.org", DEV1) == r, "with the device that it was");
	inquiry_online(inquiry, now);
	pass(INQUIRY_MAX);
	expect("", "who is seen is not asked");
	ok(inquiry_deadline(inquiry) == UINT64_MAX, "and nothing is waited for");
	finish();
}

static void test_pauses(void)
{
	unsigned rounds;

	begin();
	buddy("bob@x.org", SUBSCRIPTION_BOTH);
	inquiry_online(inquiry, now);
	pass(INQUIRY_SETTLE);
	is_int(asked_count, 1, "one question");
	pass(INQUIRY_FIRST * 3 / 2);
	is_int(asked_count, 2, "another one after a pause");
	for (rounds = 0; rounds < 12; rounds++)
		pass(INQUIRY_MAX);
	asked_count = 0;
	pass(10 * (uint64_t)INQUIRY_MAX);
	ok(asked_count >= 6 && asked_count <= 10, "in the end one in half an hour");
	interest = INTEREST_WAITS;
	inquiry_want(inquiry, "bob@x.org", now);
	asked_count = 0;
	pass(10 * INQUIRY_EAGER);
	ok(asked_count >= 6 && asked_count <= 10, "one in a minute while somebody waits");
	finish();
}

static void test_domains(void)
{
	char jid[32];

	begin();
	for (unsigned i = 0; i < 20; i++) {
		snprintf(jid, sizeof(jid), "u%u@x.org", i);
		buddy(jid, SUBSCRIPTION_BOTH);
	}
	buddy("bob@y.org", SUBSCRIPTION_BOTH);
	inquiry_online(inquiry, now);
	pass(INQUIRY_SETTLE);
	is_int(asked_count, INQUIRY_AT_ONCE + 1, "so many of a domain are asked at once");
	pass(2 * INQUIRY_MORE);
	is_int(asked_count, 21, "the others soon, each once");

	/* What one asks of a domain that cannot be reached. */
	inquiry_heard(inquiry, "u3@x.org", "remote-server-timeout", now);
	asked_count = 0;
	*asked = '\0';
	pass(60 * INQUIRY_EAGER);
	ok(asked_count > 40 && asked_count <= 60 + 10,
	   "of one that cannot be reached one is asked in a minute");
	asked_count = 0;
	inquiry_heard(inquiry, "u7@x.org", NULL, now);
	pass(5 * INQUIRY_MORE);
	ok(asked_count >= 20, "and all, once it is heard again");
	finish();
}

/* More people than are asked at a time. */
static void test_within_a_round(void)
{
	begin();
	buddy("first@x.org", SUBSCRIPTION_BOTH);
	here("first@x.org/git", DEV1);
	for (char c = 'a'; c <= 'j'; c++) {
		char jid[] = "?@x.org";

		jid[0] = c;
		buddy(jid, SUBSCRIPTION_BOTH);
	}
	inquiry_online(inquiry, now);
	pass(INQUIRY_SETTLE);
	expect("s a@x.org, s b@x.org, s c@x.org, s d@x.org, s e@x.org, s f@x.org, s g@x.org, "
	       "s h@x.org",
	       "so many are asked at a time");
	gone("first@x.org/git");
	inquiry_unseen(inquiry, "first@x.org", now);
	buddy("late@x.org", SUBSCRIPTION_BOTH);
	presence_roster_item(presence, "i@x.org", SUBSCRIPTION_NONE, false, true);
	pass(INQUIRY_MORE);
	expect("p first@x.org/git, s j@x.org",
	       "one who went away after the round had passed them is asked in it, a buddy who is "
	       "new in the next one, and who is none any more is not");
	pass(INQUIRY_EAGER);
	ok(strstr(asked, "s late@x.org"), "which follows");
	finish();
}

static void test_flapping(void)
{
	begin();
	buddy("mute@x.org", SUBSCRIPTION_BOTH);
	buddy("bob@x.org", SUBSCRIPTION_BOTH);
	here("bob@x.org/git", DEV1);
	inquiry_online(inquiry, now);
	pass(INQUIRY_SETTLE);
	/* Each question is followed by its error, and that by another one's presence. */
	for (unsigned i = 0; i < 200; i++) {
		inquiry_heard(inquiry, "mute@x.org", "timeout", now);
		pass(300);
		inquiry_heard(inquiry, "bob@x.org", NULL, now);
		pass(INQUIRY_MORE + INQUIRY_PATIENCE + 300);
	}
	ok(asked_count < 25, "one who never answers is not asked more often because others do");
	finish();
}

static void test_want(void)
{
	begin();
	buddy("bob@x.org", SUBSCRIPTION_BOTH);
	buddy("new@x.org", SUBSCRIPTION_BOTH);
	buddy("hidden@x.org", SUBSCRIPTION_TO);
	here("bob@x.org/git", DEV1);
	gone("bob@x.org/git");
	inquiry_want(inquiry, "bob@x.org", now);
	expect("", "without a connection nobody is asked");
	inquiry_online(inquiry, now);
	inquiry_want(inquiry, "bob@x.org", now);
	expect("p bob@x.org/git", "who is wanted is asked at once");
	ok(inquiry_pending(inquiry, "bob@x.org", now), "and may be there");
	inquiry_want(inquiry, "bob@x.org", now);
	expect("", "once, for as many as want them");
	inquiry_answered(inquiry, "bob@x.org/git", "service-unavailable", now);
	expect("s bob@x.org",
	       "who is not where they were may be elsewhere, and is shown ourselves at once");
	ok(inquiry_pending(inquiry, "bob@x.org", now), "and is waited for");
	inquiry_want(inquiry, "bob@x.org", now);
	expect("", "for a moment");
	now += INQUIRY_PATIENCE;
	ok(!inquiry_pending(inquiry, "bob@x.org", now), "and not longer");
	inquiry_want(inquiry, "bob@x.org", now);
	expect("s bob@x.org", "and asked so from then on");
	inquiry_want(inquiry, "new@x.org", now);
	expect("s new@x.org", "who never was seen is shown ourselves");
	ok(inquiry_pending(inquiry, "new@x.org", now + INQUIRY_PATIENCE - 1),
	   "who can take a moment");
	ok(!inquiry_pending(inquiry, "new@x.org", now + INQUIRY_PATIENCE), "and not more");
	inquiry_want(inquiry, "hidden@x.org", now);
	inquiry_want(inquiry, "nobody@x.org", now);
	expect("", "who must not see us is not");
	ok(!inquiry_pending(inquiry, "hidden@x.org", now), "and not waited for");
	buddy("eve@x.org", SUBSCRIPTION_TO);
	here("eve@x.org/git", DEV2);
	gone("eve@x.org/git");
	mute = true;
	inquiry_want(inquiry, "eve@x.org", now);
	ok(!inquiry_pending(inquiry, "eve@x.org", now),
	   "nor is a question that could not be asked");
	finish();
}

static void test_unseen(void)
{
	begin();
	buddy("bob@x.org", SUBSCRIPTION_BOTH);
	here("bob@x.org/git", DEV1);
	inquiry_online(inquiry, now);
	pass(INQUIRY_MAX);
	gone("bob@x.org/git");
	inquiry_unseen(inquiry, "bob@x.org", now);
	pass(INQUIRY_FIRST * 3 / 2);
	expect("p bob@x.org/git", "who is said to be gone is asked soon");
	inquiry_offline(inquiry);
	ok(inquiry_deadline(inquiry) == UINT64_MAX, "and nobody without a connection");
	finish();
}

/* Something that was sent to a device came back. */
static void test_doubt(void)
{
	begin();
	buddy("bob@x.org", SUBSCRIPTION_BOTH);
	here("bob@x.org/git", DEV1);
	inquiry_online(inquiry, now);
	pass(INQUIRY_MAX);
	inquiry_doubt(inquiry, "bob@x.org/git", "resource-constraint", now);
	inquiry_doubt(inquiry, "bob@x.org/chat", "item-not-found", now);
	expect("", "an error that tells nothing of it, or one of nobody's, is no doubt");
	inquiry_doubt(inquiry, "bob@x.org/git", "item-not-found", now);
	expect("p bob@x.org/git", "a device that is seen, and seems not to be there, is asked");
	ok(inquiry_pending(inquiry, "bob@x.org", now), "and waited for");
	inquiry_doubt(inquiry, "bob@x.org/git", "service-unavailable", now);
	expect("", "once at a time");
	inquiry_answered(inquiry, "bob@x.org/git", NULL, now);
	ok(presence_device(presence, "bob@x.org", DEV1) != NULL, "who answers is there as before");
	inquiry_doubt(inquiry, "bob@x.org/git", "service-unavailable", now);
	expect("", "and is not doubted again so soon");
	pass(INQUIRY_FIRST);
	inquiry_doubt(inquiry, "bob@x.org/git", "service-unavailable", now);
	expect("p bob@x.org/git", "but later");
	inquiry_answered(inquiry, "bob@x.org/git", "timeout", now);
	ok(presence_device(presence, "bob@x.org", DEV1) != NULL, "no answer is no answer");
	pass(INQUIRY_FIRST);
	*asked = '\0';
	inquiry_doubt(inquiry, "bob@x.org/git", "service-unavailable", now);
	inquiry_answered(inquiry, "bob@x.org/git", "service-unavailable", now);
	expect("p bob@x.org/git, g bob@x.org/git, s bob@x.org",
	       "where nobody is it is not any more; it may be elsewhere");
	ok(!presence_device(presence, "bob@x.org", DEV1), "and is not seen");
	here("bob@x.org/new", DEV1);
	inquiry_answered(inquiry, "bob@x.org/git", "service-unavailable", now);
	expect("", "what was asked before says nothing of where it is now");
	finish();

	begin();
	buddy("bob@x.org", SUBSCRIPTION_BOTH);
	here("bob@x.org/git", DEV1);
	inquiry_online(inquiry, now);
	inquiry_doubt(inquiry, "bob@x.org/git", "service-unavailable", now);
	gone("bob@x.org/git");
	here("bob@x.org/git", DEV1);
	inquiry_answered(inquiry, "bob@x.org/git", "service-unavailable", now);
	ok(presence_device(presence, "bob@x.org", DEV1) != NULL,
	   "who came after the question is not meant by the answer");
	pass(INQUIRY_FIRST);
	inquiry_doubt(inquiry, "bob@x.org/git", "service-unavailable", now);
	here("bob@x.org/git", DEV1);
	inquiry_answered(inquiry, "bob@x.org/git", "service-unavailable", now);
	ok(presence_device(presence, "bob@x.org", DEV1) != NULL,
	   "nor is who has shown itself again since");
	finish();
}

/* The newer one of two resources of a device is not there. */
static void test_ghost(void)
{
	unsigned before;

	begin();
	buddy("bob@x.org", SUBSCRIPTION_BOTH);
	here("bob@x.org/git", DEV1);
	here("bob@x.org/ghost", DEV1);
	inquiry_online(inquiry, now);
	before = presence_buddy(presence, "bob@x.org")->appeared;
	inquiry_doubt(inquiry, "bob@x.org/ghost", "service-unavailable", now);
	inquiry_answered(inquiry, "bob@x.org/ghost", "service-unavailable", now);
	expect("p bob@x.org/ghost", "a ghost is found out");
	is_str(presence_where(presence, "bob@x.org", DEV1), "bob@x.org/git",
	       "and the device is where it is");
	ok(presence_buddy(presence, "bob@x.org")->appeared != before, "which is news");
	finish();
}

/* A device that is known, and was never seen. */
static void test_expected(void)
{
	struct resource *r;

	begin();
	buddy("bob@x.org", SUBSCRIPTION_BOTH);
	presence_expect(presence, "bob@x.org", DEV2);
	inquiry_online(inquiry, now);
	pass(INQUIRY_SETTLE);
	expect("s bob@x.org",
	       "of whom nothing is seen is shown ourselves, wherever the device may be");
	here("bob@x.org/git", DEV1);
	inquiry_want(inquiry, "bob@x.org", now);
	expect("p bob@x.org/git." DEV2,
	       "beside another device it is asked where it would be, whatever was asked before");
	inquiry_answered(inquiry, "bob@x.org/git." DEV2, "service-unavailable", now);
	inquiry_want(inquiry, "bob@x.org", now);
	expect("", "once in a moment");
	now += INQUIRY_PATIENCE;
	inquiry_want(inquiry, "bob@x.org", now);
	expect("p bob@x.org/git." DEV2, "and again later");
	inquiry_answered(inquiry, "bob@x.org/git." DEV2, NULL, now);
	is_int(presence_answered(presence, "bob@x.org/git." DEV2, 1, &r), PRESENCE_APPEARED,
	       "and is there");
	ok(presence_device(presence, "bob@x.org", DEV2) == r, "itself");
	pass(INQUIRY_MAX);
	expect("", "then all are seen");
	finish();

	begin();
	buddy("bob@x.org", SUBSCRIPTION_BOTH);
	here("bob@x.org/git", DEV1);
	presence_expect(presence, "bob@x.org", DEV1);
	presence_expect(presence, "eve@x.org", DEV2);
	inquiry_online(inquiry, now);
	pass(INQUIRY_MAX);
	expect("", "who is seen is not expected, nor is a stranger");
	presence_expect(presence, "bob@x.org", DEV2);
	inquiry_online(inquiry, now);
	for (unsigned round = 0; round < 20; round++) {
		if (round == 10)
			asked_count = 0;
		pass(INQUIRY_MAX);
		inquiry_answered(inquiry, "bob@x.org/git." DEV2, "service-unavailable", now);
	}
	ok(asked_count >= 6 && asked_count <= 10,
	   "a device that is not there costs one question in half an hour");
	finish();
}

int main(void)
{
	test_who();
	test_answer();
	test_pauses();
	test_domains();
	test_within_a_round();
	test_flapping();
	test_want();
	test_unseen();
	test_doubt();
	test_ghost();
	test_expected();
	return tap_done();
}
