/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turns.h"

#include <stddef.h>

/*
 * Whoever had a turn in this round stands behind all who had none, so that to look
 * at the first one is enough.
 */

void turns_init(struct turns *t)
{
	list_init(&t->line);
	t->round = 0;
}

void turns_add(struct turns *t, struct turn *who)
{
	who->round = t->round;
	list_init(&who->link);
	list_append(&t->line, &who->link);
}

void turns_remove(struct turn *who)
{
	list_remove(&who->link);
}

void turns_begin(struct turns *t)
{
	t->round++;
}

struct turn *turns_next(struct turns *t)
{
	struct turn *who = (struct turn *)t->line.next;

	if (list_alone(&t->line) || who->round == t->round)
		return NULL;
	who->round = t->round;
	list_remove(&who->link);
	list_append(&t->line, &who->link);
	return who;
}
