/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smack.h"

#include "tap.h"

static void test_life(void)
{
	struct smack s;

	smack_begin(&s, 1000);
	is_int(smack_deadline(&s), 1000 + SMACK_IDLE, "a silent server is asked after a while");
	is_int(smack_check(&s, 1000 + SMACK_IDLE - 1), SMACK_ALIVE, "not before");
	smack_heard(&s, true, 2000);
	is_int(smack_check(&s, 1000 + SMACK_IDLE), SMACK_ALIVE, "nor if something was heard meanwhile");
	is_int(smack_check(&s, 2000 + SMACK_IDLE), SMACK_ASK, "then it is");
	is_int(smack_check(&s, 2000 + SMACK_IDLE), SMACK_ALIVE, "once");
	is_int(smack_deadline(&s), 2000 + SMACK_IDLE + SMACK_PATIENCE, "and has so long to say anything");
	smack_heard(&s, false, 2000 + SMACK_IDLE + 1);
	is_int(smack_check(&s, 2000 + SMACK_IDLE + SMACK_PATIENCE), SMACK_ALIVE, "which it did");
	is_int(smack_check(&s, 2001 + 2 * SMACK_IDLE), SMACK_ASK, "later it is asked again");
	is_int(smack_check(&s, 2001 + 2 * SMACK_IDLE + SMACK_PATIENCE), SMACK_DEAD, "and does not answer");
}

static void test_doubt(void)
{
	struct smack s;

	smack_begin(&s, 1000);
	ok(smack_doubt(&s, 2000), "a doubt is a question at once");
	is_int(smack_deadline(&s), 2000 + SMACK_DOUBT, "with little time for an answer");
	ok(!smack_doubt(&s, 4000), "another doubt asks no second time");
	is_int(smack_deadline(&s), 2000 + SMACK_DOUBT, "nor gives more time");
	is_int(smack_check(&s, 1999 + SMACK_DOUBT), SMACK_ALIVE, "the time is not over");
	is_int(smack_check(&s, 2000 + SMACK_DOUBT), SMACK_DEAD, "and then it is");
	ok(s.doubtful, "which is remembered");
	is_int(smack_check(&s, 2001 + SMACK_DOUBT), SMACK_ALIVE, "nobody dies twice in a row");

	smack_begin(&s, 1000);
	smack_doubt(&s, 2000);
	smack_heard(&s, false, 2500);
	ok(!s.doubtful, "any word is an answer");
	is_int(smack_deadline(&s), 2500 + SMACK_IDLE, "and all is as before");
	is_int(smack_check(&s, 2500 + SMACK_IDLE), SMACK_ASK, "a question of routine");
	ok(!smack_doubt(&s, 3000 + SMACK_IDLE), "does for a doubt as well");
	is_int(smack_deadline(&s), 3000 + SMACK_IDLE + SMACK_DOUBT, "which cuts its time short");
	smack_begin(&s, 1000);
	smack_check(&s, 1000 + SMACK_IDLE);
	smack_doubt(&s, 999 + SMACK_IDLE + SMACK_PATIENCE);
	is_int(smack_deadline(&s), 1000 + SMACK_IDLE + SMACK_PATIENCE, "but never makes it longer");
}

static void test_count(void)
{
	struct smack s;

	smack_begin(&s, 0);
	smack_heard(&s, true, 1);
	is_int(s.handled, 0, "nothing is counted before it is enabled");
	smack_enabled(&s);
	smack_heard(&s, true, 2);
	smack_heard(&s, false, 3);
	smack_heard(&s, true, 4);
	is_int(s.handled, 2, "then each stanza, and nothing but stanzas");
	s.handled = UINT32_MAX;
	smack_heard(&s, true, 5);
	is_int(s.handled, 0, "the count wraps as XEP-0198 says");
	smack_begin(&s, 6);
	ok(!s.enabled, "a new connection begins anew");
}

static void test_answer(void)
{
	struct smack s;

	smack_begin(&s, 1000);
	smack_requested(&s, 1000);
	is_int(smack_deadline(&s), 1000 + SMACK_IDLE, "a question before it is enabled is not answered");
	smack_enabled(&s);
	smack_heard(&s, true, 1000);
	smack_requested(&s, 1000);
	smack_requested(&s, 1100);
	is_int(smack_deadline(&s), 1000 + SMACK_DELAY, "a question is answered soon, counted from the first");
	is_int(smack_check(&s, 1000 + SMACK_DELAY - 1), SMACK_ALIVE, "but not at once");
	is_int(smack_check(&s, 1000 + SMACK_DELAY), SMACK_ANSWER, "then it is");
	is_int(smack_check(&s, 1000 + SMACK_DELAY), SMACK_ALIVE, "once");
	smack_requested(&s, 5000);
	is_int(smack_deadline(&s), 5000 + SMACK_DELAY, "and the next one again");
}

int main(void)
{
	test_answer();
	test_life();
	test_doubt();
	test_count();
	return tap_done();
}
