/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "requests.h"

#include "asked.h"
#include "bounds.h"

static struct requests *requests;

static void on_ask(void *owner, const char *jid)
{
	asked_note("", jid);
	requests_sent(requests, now);
}

static const struct requests_events events = { .ask = on_ask };

static void begin(void)
{
	requests = requests_create(&events, NULL, 1);
	asked_begin();
}

static void pass(uint64_t ms)
{
	PASS(ms, requests, requests_deadline, requests_tick);
}

enum { MINUTE = 60 * 1000, DAY = 24 * 60 * MINUTE };

static void test_again(void)
{
	begin();
	ok(requests_deadline(requests) == UINT64_MAX, "nobody was asked");
	requests_note(requests, "bob@x.org", now);
	ok(!requests_fresh(requests, "bob@x.org", now),
	   "who was told something may be asked something");
	requests_asked(requests, "bob@x.org", now);
	ok(requests_due(requests, "bob@x.org") > now + MINUTE,
	   "who was asked is asked again in more than a minute");
	ok(requests_fresh(requests, "bob@x.org", now + 100), "not at once");
	pass(MINUTE);
	expect("", "nor in one");
	ok(!requests_fresh(requests, "bob@x.org", now), "but the user may");
	requests_note(requests, "bob@x.org", now);
	pass(MINUTE / 2);
	expect("bob@x.org", "to say it again puts nothing off");
	pass(4 * MINUTE);
	expect("", "then there is a longer pause");
	pass(3 * MINUTE);
	expect("bob@x.org", "of five minutes");
	pass(29 * MINUTE);
	expect("", "the next one has thirty");
	pass(9 * MINUTE);
	expect("bob@x.org", "at least");
	pass(10ULL * DAY);
	ok(asked_count >= 7 && asked_count <= 10, "and then it is a day");
	requests_drop(requests, "bob@x.org");
	is_int(requests_due(requests, "bob@x.org"), 0, "who has answered");
	asked_count = 0;
	pass(3ULL * DAY);
	is_int(asked_count, 0, "is not asked");
	requests_destroy(requests);
}

static void test_pace(void)
{
	begin();
	requests_note(requests, "a@x.org", now);
	requests_note(requests, "b@x.org", now);
	requests_note(requests, "c@x.org", now);
	requests_note(requests, "d@x.org", now);
	requests_sent(requests, now);
	pass(MINUTE * 4 / 3 + 1000);
	ok(asked_count <= REQUESTS_AT_ONCE, "a few at a time");
	pass(MINUTE);
	ok(asked_count <= 2 * REQUESTS_AT_ONCE, "with a minute and more between them");
	pass(MINUTE * 5 / 2);
	is_int(asked_count, 4, "but each has its turn, once");
	requests_destroy(requests);

	begin();
	requests_note(requests, "a@x.org", now);
	for (unsigned i = 0; i < 10; i++) {
		requests_sent(requests, now);
		pass(MINUTE / 2);
	}
	expect("", "while the user goes on adding nobody is asked again");
	pass(MINUTE);
	expect("a@x.org", "but then");
	requests_note(requests, "b@x.org", now);
	requests_clear(requests);
	ok(requests_deadline(requests) == UINT64_MAX, "without a connection nobody is");
	requests_note(requests, "c@x.org", now);
	requests_note(requests, "d@x.org", now);
	requests_drop(requests, "d@x.org");
	requests_note(requests, "e@x.org", now);
	ok(requests_due(requests, "e@x.org") && requests_due(requests, "c@x.org"),
	   "the list is whole");
	requests_destroy(requests);
	requests_destroy(NULL);

	begin();
	requests_note(requests, "a@x.org", now);
	for (char owed[] = "b@x.org"; *owed < 'm'; ++*owed)
		requests_owe(requests, owed, now);
	pass(1000);
	is_int(asked_count, REQUESTS_AT_ONCE,
	       "who was never asked is asked at once, a few of them");
	requests_owe(requests, "b@x.org", now);
	pass(1000);
	is_int(asked_count, REQUESTS_AT_ONCE, "each once, and the others later");
	requests_destroy(requests);
}

int main(void)
{
	test_again();
	test_pace();
	return tap_done();
}
