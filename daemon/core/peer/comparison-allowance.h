/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_COMPARISON_ALLOWANCE_H
#define CORE_COMPARISON_ALLOWANCE_H

/*
 * How often one may compare with a JID, whichever side begins: COMPARISONS_AT_ONCE, and then once
 * in COMPARISON_PAUSE. Each comparison is a guess at the short string. COMPARISONS_MAX JIDs are
 * counted; beyond that, nobody new may compare until one of them may as often as before.
 */

#include <stdbool.h>
#include <stdint.h>

#include "list.h"

struct comparison_allowance {
	struct list counted;	/* owned */
	unsigned count;
};

void comparison_allowance_init(struct comparison_allowance *a);

/* Counts a comparison with jid, which is bare, at now (ms). False if there were too many of late.
 */
bool comparison_allowance_take(struct comparison_allowance *a, const char *jid, uint64_t now);

/* Forgets all. */
void comparison_allowance_clear(struct comparison_allowance *a);

#endif
