/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "quota.h"

#include <stdlib.h>

#include "alloc.h"
#include "tap.h"

enum { PLACES = 64 };

static struct quota quota;
static struct quota_place places[4096];
static unsigned taken;

static void begin(unsigned n, bool strangers_only)
{
	quota_init(&quota, n, strangers_only);
	memset(places, 0, sizeof(places));
	taken = 0;
}

static void end(void)
{
	for (unsigned i = 0; i < taken; i++)
		quota_leave(&places[i]);
	quota_finish(&quota);
}

/* Asks, makes room if that is the answer, and takes. False if the answer is no. */
static bool take(const char *jid, bool trusted)
{
	struct quota_place *victim;
	enum quota_verdict verdict = quota_ask(&quota, jid, trusted, &victim);

	if (verdict == QUOTA_ROOM)
		quota_leave(victim);
	if (verdict == QUOTA_NO)
		return false;
	quota_take(&quota, &places[taken++], jid, trusted);
	return true;
}

/* As many as they get without anybody making room, at most n. */
static unsigned grab(const char *jid, bool trusted, unsigned n)
{
	struct quota_place *victim;
	unsigned got = 0;

	while (got < n && quota_ask(&quota, jid, trusted, &victim) == QUOTA_YES) {
		quota_take(&quota, &places[taken++], jid, trusted);
		got++;
	}
	return got;
}

static void test_halves(void)
{
	begin(PLACES, false);
	is_int(grab("a@x.org", true, 1000), 32, "who is alone holds half");
	is_int(grab("b@x.org", true, 1000), 16, "the next one half of the rest");
	is_int(grab("c@x.org", true, 1000), 8, "and so on");
	is_int(grab("d@x.org", true, 1000), 4, "and so on");
	is_int(grab("e@x.org", true, 1000), 2, "and so on");
	is_int(grab("f@x.org", true, 1000), 1, "and so on");
	is_int(grab("g@x.org", true, 1000), 1, "the last one goes to who holds nothing");
	is_int(grab("a@x.org", true, 1000), 0, "and nobody gets more");
	is_int(quota_held(&quota, "a@x.org", true), 32, "what is held is known");
	quota_leave(&places[0]);
	quota_leave(&places[1]);
	is_int(grab("a@x.org", true, 1000), 0, "what was given back is for the others first");
	is_int(grab("h@x.org", true, 1000), 1, "who get it");
	end();
}

static void test_room(void)
{
	struct quota_place *victim;
	char jid[32];

	begin(8, false);
	for (unsigned i = 0; i < 8; i++)
		quota_take(&quota, &places[taken++], i < 5 ? "a@x.org" : "b@x.org", true);
	is_int(quota_ask(&quota, "a@x.org", true, &victim), QUOTA_NO, "who holds most is refused");
	is_int(quota_ask(&quota, "b@x.org", true, &victim), QUOTA_NO, "and who holds something");
	places[0].unfinished = false;
	is_int(quota_ask(&quota, "c@x.org", true, &victim), QUOTA_ROOM,
	       "who holds nothing is made room for");
	ok(victim == &places[1], "by the oldest unfinished place of who holds most");
	for (unsigned i = 0; i < 5; i++)
		places[i].unfinished = false;
	quota_ask(&quota, "c@x.org", true, &victim);
	ok(victim == &places[5], "by the next one, where that has nothing unfinished");
	for (unsigned i = 0; i < 8; i++)
		places[i].unfinished = false;
	is_int(quota_ask(&quota, "c@x.org", true, &victim), QUOTA_NO,
	       "by nobody, where all is in use");
	ok(!victim, "and no victim is named");
	end();

	begin(8, false);
	grab("a@x.org", true, 8);
	for (unsigned i = 0; i < 7; i++) {
		snprintf(jid, sizeof(jid), "n%u@x.org", i);
		ok(take(jid, true), "%s finds a place", jid);
	}
	is_int(quota_held(&quota, "a@x.org", true), 1, "as many as there are places hold one each");
	ok(!take("late@x.org", true), "and then no more");
	end();
}

static void test_strangers(void)
{
	struct quota_place *victim;
	char jid[32];
	unsigned got = 0;

	begin(PLACES, false);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(jid, sizeof(jid), "s%u@evil.org", i);
		got += grab(jid, false, 1000);
	}
	ok(got <= PLACES / 4, "a domain of strangers holds a quarter at most: %u", got);
	ok(take("one-more@evil.org", false), "another of them takes a place");
	ok(quota.used <= PLACES / 4, "of one of them");
	ok(grab("s1@good.org", false, 1) == 1, "another domain has places");
	ok(grab("bob@evil.org", true, 4) == 4, "and so has who is trusted, of the same domain");
	for (unsigned d = 0; d < 100; d++) {
		snprintf(jid, sizeof(jid), "s@d%u.org", d);
		grab(jid, false, 1);
	}
	ok(quota.used - quota_held(&quota, "bob@evil.org", true) <= PLACES / 2,
	   "all strangers together hold half at most");
	ok(grab("carol@home.org", true, 8) == 8, "the other half is for who is trusted");
	is_int(quota_ask(&quota, "late@d-late.org", false, &victim), QUOTA_ROOM,
	       "a new domain is made room for");
	quota_leave(victim);
	is_int(quota_held(&quota, "carol@home.org", true), 8, "but not by who is trusted");
	end();
}

static void test_strangers_only(void)
{
	begin(16, true);
	is_int(grab("a@x.org", false, 100), 4, "a JID holds a quarter, where nobody is trusted");
	is_int(grab("b@x.org", false, 100), 2,
	       "the next of its domain half of what is left of the domain's half");
	is_int(grab("c@y.org", false, 100), 2, "and another domain has its own");
	end();
}

static void test_trust(void)
{
	begin(16, false);
	quota_take(&quota, &places[taken++], "a@x.org", false);
	quota_trust(&places[0], "a@x.org");
	is_int(quota_held(&quota, "a@x.org", false), 0,
	       "who turns out to be trusted is no stranger");
	is_int(quota_held(&quota, "a@x.org", true), 1, "and holds what they hold");
	is_int(quota.used, 1, "which is one place still");
	end();
	quota_leave(&places[0]);
	ok(true, "what is not taken may be left");
}

static void test_insist(void)
{
	struct quota_place *victim;

	begin(8, false);
	grab("a@x.org", true, 8);
	is_int(quota_ask(&quota, "a@x.org", true, &victim), QUOTA_NO,
	       "who holds their share gets no more");
	is_int(quota_insist(&quota, &victim), QUOTA_YES, "unless they have to get it");
	while (quota.used < 6)
		quota_take(&quota, &places[taken++], "a@x.org", true);
	quota_take(&quota, &places[taken++], "s@evil.org", false);
	quota_take(&quota, &places[taken++], "b@x.org", true);
	is_int(quota_insist(&quota, &victim), QUOTA_ROOM, "somebody makes room then");
	ok(victim == &places[0], "the oldest of whoever holds most, be it their own");
	for (unsigned i = 0; i < taken; i++)
		places[i].unfinished = i == 7;
	ok(quota_insist(&quota, &victim) == QUOTA_ROOM && victim == &places[7],
	   "or the only one that is unfinished");
	places[7].unfinished = false;
	is_int(quota_insist(&quota, &victim), QUOTA_NO, "what is in use makes room for nobody");
	end();
}

/*
 * Whatever is asked in whatever order: the counts hold, and a newcomer is
 * served while others hold two.
 */
static void test_any_order(void)
{
	unsigned seed = 1, refused = 0, wrong = 0;

	begin(32, false);
	for (unsigned i = 0; i < 4000; i++) {
		char jid[32];
		bool trusted;

		seed = seed * 1103515245 + 12345;
		trusted = seed >> 16 & 1;
		snprintf(jid, sizeof(jid), "u%u@d%u.org", (seed >> 20 & 15) % 7, seed >> 25 & 3);
		if (seed >> 28 < 6 && taken) {
			quota_leave(&places[seed % taken]);
			continue;
		}
		if (!take(jid, trusted) && trusted && !quota_held(&quota, jid, true))
			refused++;
		wrong += quota.used > 32 || (trusted && quota_held(&quota, jid, true) > 16);
	}
	is_int(wrong, 0, "nobody ever holds more than half, nor all more than there is");
	is_int(refused, 0, "nobody trusted who holds nothing is refused while a place can be made");
	end();
}

int main(void)
{
	test_halves();
	test_room();
	test_strangers();
	test_strangers_only();
	test_trust();
	test_insist();
	test_any_order();
	return tap_done();
}
