/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "round-robin.h"

#include <stddef.h>

/*
 * Entries that had their turn in this round stand behind all that did not, so that it is
 * enough to look at the first one.
 */

void round_robin_init(struct round_robin *t)
{
	list_init(&t->line);
	t->round = 0;
}

void round_robin_add(struct round_robin *t, struct round_robin_entry *who)
{
	who->round = t->round;
	list_init(&who->link);
	list_append(&t->line, &who->link);
}

void round_robin_remove(struct round_robin_entry *who)
{
	list_remove(&who->link);
}

void round_robin_begin(struct round_robin *t)
{
	t->round++;
}

struct round_robin_entry *round_robin_next(struct round_robin *t)
{
	struct round_robin_entry *who = (struct round_robin_entry *)t->line.next;

	if (list_alone(&t->line) || who->round == t->round)
		return NULL;
	who->round = t->round;
	list_remove(&who->link);
	list_append(&t->line, &who->link);
	return who;
}
