/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_LOG_BUDGET_H
#define CORE_LOG_BUDGET_H

/*
 * Bounds how many lines a party may cause in a log that others write to as well: a burst,
 * then one line per interval. Lines left out are counted, and the next line tells their
 * number. Pure.
 *
 * A party is the bare JID of a buddy, or the domain of a stranger, because a domain has as
 * many strangers as it likes. LOG_PARTIES_MAX parties have a budget of their own; those
 * that are no buddies hold half of them at most (quota.h). A party whose budget is full
 * again may be forgotten to make room; what it had left out is told by the next line of whoever
 * causes one. All parties without a place share one budget.
 */

#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"
#include "hashtable.h"
#include "list.h"
#include "quota.h"

struct log_bucket {
	uint64_t paid_until;		/* ms; when the lines written so far are paid for */
	unsigned left_out;		/* lines left out since the last one that was written */
};

struct log_budget {
	unsigned burst, every;		/* lines; ms */
	struct quota quota;
	struct hashtable parties;	/* by name; owned */
	struct list order;		/* party::link (log-budget.c), oldest first */
	struct log_bucket others;	/* shared by all who have no place */
	unsigned forgotten;		/* lines left out of parties that were forgotten since */
};

/* Allows burst lines at once, then one per `every` ms. */
void log_budget_init(struct log_budget *b, unsigned burst, unsigned every);
void log_budget_finish(struct log_budget *b);

/*
 * Whether party may cause one more line. party is a bare JID, or any other word for one
 * without a JID; known: it is a buddy. If true, *left_out is the number of lines that were
 * left out before this one.
 */
bool log_budget_admits(struct log_budget *b, const char *party, bool known, uint64_t now,
		       unsigned *left_out);

#endif
