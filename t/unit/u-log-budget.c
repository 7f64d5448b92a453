/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "log-budget.h"

#include <stdio.h>

#include "tap.h"

static struct log_budget budget;
static unsigned left_out;

/* How many of n lines are written. */
static unsigned lines(const char *party, bool known, unsigned n, uint64_t now)
{
	unsigned written = 0;

	while (n--)
		written += log_budget_admits(&budget, party, known, now, &left_out);
	return written;
}

static void begin(void)
{
	log_budget_init(&budget, LOG_BURST, LOG_EVERY);
}

static void test_flood(void)
{
	begin();
	is_int(lines("bob@example.org", true, 1000, 5000), LOG_BURST,
	       "a buddy may cause some lines at once");
	is_int(lines("carol@example.org", true, 5, 5000), 5, "another one has lines of their own");
	is_int(lines("bob@example.org", true, 1000, 5000 + LOG_EVERY - 1), 0,
	       "then there is none for a while");
	is_int(lines("bob@example.org", true, 1, 5000 + LOG_EVERY), 1, "and then one");
	is_int(left_out, 2000 - LOG_BURST, "which tells how many were left out");
	is_int(lines("bob@example.org", true, 1000, 5000 + LOG_EVERY), 0, "and no more");
	is_int(lines("bob@example.org", true, 1000, 5000 + 5 * LOG_EVERY), 4, "one for each pause");
	is_int(lines("bob@example.org", true, 1000, 5000 + 100 * LOG_EVERY), LOG_BURST,
	       "after a long one all of them");
	is_int(lines("bob@example.org", true, 1, 5000 + 200 * LOG_EVERY), 1,
	       "what was left out before is told then");
	is_int(left_out, 1000 - LOG_BURST, "once");
	is_int(lines("bob@example.org", true, 1, 5000 + 200 * LOG_EVERY) + left_out, 1,
	       "and not again");
	log_budget_finish(&budget);
}

static void test_domain(void)
{
	unsigned written = 0;
	char jid[64];

	begin();
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(jid, sizeof(jid), "s%u@evil.example", i);
		written += lines(jid, false, 1, 0);
	}
	is_int(written, LOG_BURST, "strangers of one domain share its lines");
	is_int(lines("s@good.example", false, 1, 0), 1, "another domain has its own");
	is_int(lines("bob@evil.example", true, 5, 0), 5, "and so has a buddy there");
	is_int(lines("the network", false, 1000, 0), LOG_BURST, "who has no JID is somebody, too");
	log_budget_finish(&budget);
}

/* More parties than there are places. */
static void test_many(void)
{
	unsigned written = 0;
	char jid[64];

	begin();
	for (unsigned i = 0; i < 10 * LOG_PARTIES_MAX; i++) {
		snprintf(jid, sizeof(jid), "s@d%u.example", i);
		written += lines(jid, false, 1, 1000);
	}
	is_int(written, LOG_PARTIES_MAX / 2 + LOG_BURST,
	       "domains without a place share one budget");
	is_int(budget.parties.count, LOG_PARTIES_MAX / 2, "and leave half of the places");
	is_int(lines("bob@example.org", true, 100, 1000), LOG_BURST, "to buddies");
	is_int(lines("s@new.example", false, 1, 1000 + LOG_EVERY), 1,
	       "who has been quiet makes room for a new one");
	is_int(budget.parties.count, 2, "all of them");
	log_budget_finish(&budget);
}

/* A party that had lines left out, and is forgotten. */
static void test_forgotten(void)
{
	char jid[64];

	begin();
	lines("s@loud.example", false, LOG_BURST + 7, 1000);
	for (unsigned i = 1; i < LOG_PARTIES_MAX / 2; i++) {
		snprintf(jid, sizeof(jid), "s@d%u.example", i);
		lines(jid, false, 1, 1000);
	}
	is_int(lines("s@new.example", false, 1, 1000 + LOG_BURST * LOG_EVERY), 1,
	       "one whose lines were left out is forgotten");
	is_int(left_out, 7, "and the next line tells their number");
	lines("s@new.example", false, 1, 1000 + LOG_BURST * LOG_EVERY);
	is_int(left_out, 0, "once");
	log_budget_finish(&budget);
}

int main(void)
{
	test_flood();
	test_domain();
	test_many();
	test_forgotten();
	return tap_done();
}
