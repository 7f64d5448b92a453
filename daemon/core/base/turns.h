/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TURNS_H
#define CORE_TURNS_H

/*
 * Who goes next, among many who share something. In a round each of those who were
 * there when it began has one turn, and then goes to the end of the line; so whoever
 * took all there was is the last one in the next round.
 *
 *   turns_begin(&all);
 *   while ((t = turns_next(&all)))
 *           serve(t);	may remove anybody, t too, add others, and begin a round of its own
 *
 * Nothing is kept from one step to the next but the number of the round, so that it ends
 * whoever leaves meanwhile, and is wrong about nobody who is left. A round that is begun
 * within another one serves for both.
 */

#include <stdint.h>

#include "list.h"

/* One who takes turns; part of whatever it is. */
struct turn {
	struct list link;	/* turns::line */
	uint64_t round;		/* the last one it had its turn in, or came during */
};

struct turns {
	struct list line;	/* whose turn is next is first */
	uint64_t round;
};

void turns_init(struct turns *t);

/* At the end of the line; not in the round that goes on. */
void turns_add(struct turns *t, struct turn *who);
void turns_remove(struct turn *who);

void turns_begin(struct turns *t);
/* Whose turn it is now; NULL when everybody has had theirs. */
struct turn *turns_next(struct turns *t);

#endif
