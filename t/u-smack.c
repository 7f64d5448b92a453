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

int main(void)
{
	test_life();
	test_count();
	return tap_done();
}
