/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream-management.h"

#include "tap.h"

static void test_life(void)
{
	struct stream_management s;

	stream_management_begin(&s, 1000);
	is_int(stream_management_deadline(&s), 1000 + STREAM_MANAGEMENT_IDLE,
	       "a silent server is asked after a while");
	is_int(stream_management_check(&s, 1000 + STREAM_MANAGEMENT_IDLE - 1),
	       STREAM_MANAGEMENT_ALIVE, "not before");
	stream_management_heard(&s, true, 2000);
	is_int(stream_management_check(&s, 1000 + STREAM_MANAGEMENT_IDLE), STREAM_MANAGEMENT_ALIVE,
	       "nor if something was heard meanwhile");
	is_int(stream_management_check(&s, 2000 + STREAM_MANAGEMENT_IDLE), STREAM_MANAGEMENT_ASK,
	       "then it is");
	is_int(stream_management_check(&s, 2000 + STREAM_MANAGEMENT_IDLE), STREAM_MANAGEMENT_ALIVE,
	       "once");
	is_int(stream_management_deadline(&s),
	       2000 + STREAM_MANAGEMENT_IDLE + STREAM_MANAGEMENT_PATIENCE,
	       "and has so long to say anything");
	stream_management_heard(&s, false, 2000 + STREAM_MANAGEMENT_IDLE + 1);
	is_int(stream_management_check(&s,
				       2000 + STREAM_MANAGEMENT_IDLE + STREAM_MANAGEMENT_PATIENCE),
	       STREAM_MANAGEMENT_ALIVE, "which it did");
	is_int(stream_management_check(&s, 2001 + 2 * STREAM_MANAGEMENT_IDLE),
	       STREAM_MANAGEMENT_ASK, "later it is asked again");
	is_int(stream_management_check(&s, 2001 + 2 * STREAM_MANAGEMENT_IDLE +
						   STREAM_MANAGEMENT_PATIENCE),
	       STREAM_MANAGEMENT_DEAD, "and does not answer");
}

static void test_doubt(void)
{
	struct stream_management s;

	stream_management_begin(&s, 1000);
	ok(stream_management_doubt(&s, 2000), "a doubt is a question at once");
	is_int(stream_management_deadline(&s), 2000 + STREAM_MANAGEMENT_DOUBT,
	       "with little time for an answer");
	ok(!stream_management_doubt(&s, 4000), "another doubt asks no second time");
	is_int(stream_management_deadline(&s), 2000 + STREAM_MANAGEMENT_DOUBT,
	       "nor gives more time");
	is_int(stream_management_check(&s, 1999 + STREAM_MANAGEMENT_DOUBT), STREAM_MANAGEMENT_ALIVE,
	       "the time is not over");
	is_int(stream_management_check(&s, 2000 + STREAM_MANAGEMENT_DOUBT), STREAM_MANAGEMENT_DEAD,
	       "and then it is");
	ok(s.doubtful, "which is remembered");
	is_int(stream_management_check(&s, 2001 + STREAM_MANAGEMENT_DOUBT), STREAM_MANAGEMENT_ALIVE,
	       "nobody dies twice in a row");

	stream_management_begin(&s, 1000);
	stream_management_doubt(&s, 2000);
	stream_management_heard(&s, false, 2500);
	ok(!s.doubtful, "any word is an answer");
	is_int(stream_management_deadline(&s), 2500 + STREAM_MANAGEMENT_IDLE,
	       "and all is as before");
	is_int(stream_management_check(&s, 2500 + STREAM_MANAGEMENT_IDLE), STREAM_MANAGEMENT_ASK,
	       "a question of routine");
	ok(!stream_management_doubt(&s, 3000 + STREAM_MANAGEMENT_IDLE), "does for a doubt as well");
	is_int(stream_management_deadline(&s),
	       3000 + STREAM_MANAGEMENT_IDLE + STREAM_MANAGEMENT_DOUBT,
	       "which cuts its time short");
	stream_management_begin(&s, 1000);
	stream_management_check(&s, 1000 + STREAM_MANAGEMENT_IDLE);
	stream_management_doubt(&s, 999 + STREAM_MANAGEMENT_IDLE + STREAM_MANAGEMENT_PATIENCE);
	is_int(stream_management_deadline(&s),
	       1000 + STREAM_MANAGEMENT_IDLE + STREAM_MANAGEMENT_PATIENCE,
	       "but never makes it longer");
}

static void test_unheard(void)
{
	struct stream_management s;

	stream_management_begin(&s, 1000);
	stream_management_heard(&s, false, 9000);
	ok(!stream_management_unheard(&s, 0, 9000), "who is heard and hears us is alive");
	ok(!stream_management_unheard(&s, STREAM_MANAGEMENT_UNHEARD, 9000),
	   "what is said again soon may be waited for");
	ok(stream_management_unheard(&s, STREAM_MANAGEMENT_UNHEARD + 1, 9010),
	   "what is said again later may not: something has come, so there is a network");
	ok(!stream_management_unheard(&s, STREAM_MANAGEMENT_UNHEARD + 1, 11000),
	   "without a word of the server's there may be none");
}

static void test_count(void)
{
	struct stream_management s;

	stream_management_begin(&s, 0);
	stream_management_heard(&s, true, 1);
	is_int(s.handled, 0, "nothing is counted before it is enabled");
	stream_management_enabled(&s);
	stream_management_heard(&s, true, 2);
	stream_management_heard(&s, false, 3);
	stream_management_heard(&s, true, 4);
	is_int(s.handled, 2, "then each stanza, and nothing but stanzas");
	s.handled = UINT32_MAX;
	stream_management_heard(&s, true, 5);
	is_int(s.handled, 0, "the count wraps as XEP-0198 says");
	stream_management_begin(&s, 6);
	ok(!s.enabled, "a new connection begins anew");
}

static void test_answer(void)
{
	struct stream_management s;

	stream_management_begin(&s, 1000);
	stream_management_requested(&s, 1000);
	is_int(stream_management_deadline(&s), 1000 + STREAM_MANAGEMENT_IDLE,
	       "a question before it is enabled is not answered");
	stream_management_enabled(&s);
	stream_management_heard(&s, true, 1000);
	stream_management_requested(&s, 1000);
	stream_management_requested(&s, 1100);
	is_int(stream_management_deadline(&s), 1000 + STREAM_MANAGEMENT_DELAY,
	       "a question is answered soon, counted from the first");
	is_int(stream_management_check(&s, 1000 + STREAM_MANAGEMENT_DELAY - 1),
	       STREAM_MANAGEMENT_ALIVE, "but not at once");
	is_int(stream_management_check(&s, 1000 + STREAM_MANAGEMENT_DELAY),
	       STREAM_MANAGEMENT_ANSWER, "then it is");
	is_int(stream_management_check(&s, 1000 + STREAM_MANAGEMENT_DELAY), STREAM_MANAGEMENT_ALIVE,
	       "once");
	stream_management_requested(&s, 5000);
	is_int(stream_management_deadline(&s), 5000 + STREAM_MANAGEMENT_DELAY,
	       "and the next one again");
}

int main(void)
{
	test_answer();
	test_life();
	test_doubt();
	test_unheard();
	test_count();
	return tap_done();
}
