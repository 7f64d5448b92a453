/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ROUND_ROBIN_H
#define CORE_ROUND_ROBIN_H

/*
 * Round-robin order among many who share something. In a round, each entry that was in the
 * line when it began has one turn, and then goes to the end of the line. So the one that
 * took all there was is last in the next round.
 *
 *   round_robin_begin(&all);
 *   while ((t = round_robin_next(&all)))
 *           serve(t);	may remove anybody, t too, add others, and begin a round of its own
 *
 * Between two steps only the number of the round is kept, and no pointer: a round ends
 * even if entries leave meanwhile, and nobody who stays is missed. A round that begins
 * within another one serves for both.
 */

#include <stdint.h>

#include "list.h"

/* An entry; a member of the object that takes turns. */
struct round_robin_entry {
	struct list link;	/* round_robin::line */
	uint64_t round;		/* the last round in which it had its turn, or was added */
};

struct round_robin {
	struct list line;	/* the next one is first */
	uint64_t round;
};

void round_robin_init(struct round_robin *t);

/* Adds at the end of the line; the round under way passes it over. */
void round_robin_add(struct round_robin *t, struct round_robin_entry *who);
void round_robin_remove(struct round_robin_entry *who);

void round_robin_begin(struct round_robin *t);
/* The entry whose turn it is; NULL when each has had its turn. */
struct round_robin_entry *round_robin_next(struct round_robin *t);

#endif
