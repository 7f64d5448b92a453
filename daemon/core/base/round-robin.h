/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ROUND_ROBIN_H
#define CORE_ROUND_ROBIN_H

/*
 * Who goes next, among many who share something. In a round each of those who were
 * there when it began has one turn, and then goes to the end of the line; so whoever
 * took all there was is the last one in the next round.
 *
 *   round_robin_begin(&all);
 *   while ((t = round_robin_next(&all)))
 *           serve(t);	may remove anybody, t too, add others, and begin a round of its own
 *
 * Nothing is kept from one step to the next but the number of the round, so that it ends
 * whoever leaves meanwhile, and is wrong about nobody who is left. A round that is begun
 * within another one serves for both.
 */

#include <stdint.h>

#include "list.h"

/* One who takes turns; part of whatever it is. */
struct round_robin_entry {
	struct list link;	/* round_robin::line */
	uint64_t round;		/* the last one it had its turn in, or came during */
};

struct round_robin {
	struct list line;	/* whose turn is next is first */
	uint64_t round;
};

void round_robin_init(struct round_robin *t);

/* At the end of the line; not in the round that goes on. */
void round_robin_add(struct round_robin *t, struct round_robin_entry *who);
void round_robin_remove(struct round_robin_entry *who);

void round_robin_begin(struct round_robin *t);
/* Whose turn it is now; NULL when everybody has had theirs. */
struct round_robin_entry *round_robin_next(struct round_robin *t);

#endif
