/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc.h"
#include "answers.h"
#include "tap.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static struct answers answers;
static uint64_t now;

static void begin(void)
{
	answers_init(&answers);
	now = 1000 * SECOND;
}

/* How many of these get in a minute, each asking every 20 ms in turn. */
static void flood(const char *const who[], enum asker asker, unsigned n, unsigned got[])
{
	memset(got, 0, n * sizeof(*got));
	for (uint64_t end = now + MINUTE; now < end; now += 20)
		for (unsigned i = 0; i < n; i++)
			got[i] += answers_may(&answers, who[i], asker, now);
}

static void test_strangers(void)
{
	static const char *const many[] = { "a@evil.org", "b@evil.org", "c@evil.org", "evil.org",
					    "eve@other.org" };
	static const char *const one[] = { "a@evil.org" };
	unsigned got[5], sum = 0;

	begin();
	ok(answers_may(&answers, "bob@x.org", ASKER_STRANGER, now), "a stranger is answered");
	now += MINUTE;
	flood(one, ASKER_STRANGER, 1, got);
	ok(got[0] > 10 && got[0] <= 20, "one without end one time in four seconds: %u in a minute",
	   got[0]);
	now += MINUTE;
	flood(many, ASKER_STRANGER, 5, got);
	for (unsigned i = 0; i < 5; i++)
		sum += got[i];
	ok(sum <= 68, "all together one time in a second: %u", sum);
	ok(got[4] >= 7, "another domain has its share: %u", got[4]);
	now += 100;
	ok(answers_may(&answers, "bob@x.org", ASKER_STRANGER, now),
	   "and so has who asks once in the middle of it");
	answers_finish(&answers);
}

static void test_buddies(void)
{
	static const char *const two[] = { "bob@x.org", "carol@x.org" };
	unsigned got[2], burst = 0;

	begin();
	while (burst < 100 && answers_may(&answers, "bob@x.org", ASKER_TRUSTED, now))
		burst++;
	is_int(burst, ANSWERS_TO_BUDDIES / 2, "a buddy may ask much at a time");
	ok(answers_may(&answers, "carol@x.org", ASKER_TRUSTED, now), "which is no other's");
	ok(answers_may(&answers, "eve@evil.org", ASKER_STRANGER, now), "nor a stranger's");
	now += MINUTE;
	flood(two, ASKER_TRUSTED, 1, got);
	ok(got[0] > 400 && got[0] <= 60 * 8 + burst, "but not without end: %u in a minute", got[0]);
	now += MINUTE;
	flood(two, ASKER_TRUSTED, 2, got);
	ok(got[1] > 60, "nor at another's cost: %u", got[1]);
	answers_finish(&answers);
}

/* A domain that is full of contacts of ours. */
static void test_contacts(void)
{
	static const char *const many[] = { "a@evil.org", "b@evil.org", "c@evil.org", "d@evil.org",
					    "e@evil.org", "f@evil.org", "g@evil.org", "h@evil.org",
					    "i@evil.org", "j@evil.org" };
	unsigned got[ARRAY_SIZE(many)], burst = 0;

	begin();
	flood(many, ASKER_BUDDY, ARRAY_SIZE(many), got);
	ok(answers_may(&answers, "dave@other.org", ASKER_BUDDY, now),
	   "a contact of another domain is answered");
	while (burst < 100 && answers_may(&answers, "carol@x.org", ASKER_TRUSTED, now))
		burst++;
	ok(burst >= ANSWERS_TO_BUDDIES / 4, "and who is trusted, again and again: %u times", burst);
	answers_finish(&answers);
}

int main(void)
{
	test_strangers();
	test_buddies();
	test_contacts();
	return tap_done();
}
