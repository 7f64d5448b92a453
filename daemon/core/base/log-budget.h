/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_LOG_BUDGET_H
#define CORE_LOG_BUDGET_H

/*
 * How many lines somebody may cause in a log that others write to as well: a few at
 * once, then one in a while. What is left out is counted, and told with the next line. Pure.
 *
 * Somebody is a buddy, by bare JID, or a domain: one domain makes as many strangers as it
 * likes. LOG_PARTIES_MAX of them have a budget of their own, of which those who are no buddies
 * hold half at most (quota.h); who has used none for a while is forgotten for who comes. Where
 * there is no place, all who have none share one budget.
 */

#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"
#include "hashtable.h"
#include "list.h"
#include "quota.h"

struct log_bucket {
	uint64_t paid_until;		/* ms: each line so far is paid for */
	unsigned left_out;		/* since the last one that was not */
};

struct log_budget {
	unsigned burst, every;		/* lines; ms */
	struct quota quota;
	struct hashtable parties;	/* by name; owned */
	struct list order;		/* log_party::link, the one used last at the end */
	struct log_bucket others;	/* of all who have no place */
};

/* burst lines at once, then one every so many ms. */
void log_budget_init(struct log_budget *b, unsigned burst, unsigned every);
void log_budget_finish(struct log_budget *b);

/*
 * Whether one more line may be written that this party causes: a bare JID, or any other word
 * for whoever has none. known: a buddy. *left_out, where it may, is how many were left out
 * before it.
 */
bool log_budget_admits(struct log_budget *b, const char *party, bool known, uint64_t now,
		       unsigned *left_out);

#endif
