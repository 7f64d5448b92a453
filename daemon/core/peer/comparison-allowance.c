/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "comparison-allowance.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bounds.h"

/*
 * Each JID that has compared has a moment up to which its comparisons are paid. Each comparison
 * moves it on by COMPARISON_PAUSE, and it may be only so far ahead. Who is paid up has nothing on
 * the list.
 */

struct counted {
	struct list link;		/* comparison_allowance::counted */
	char *jid;			/* bare; owned */
	uint64_t paid;			/* ms */
};

void comparison_allowance_init(struct comparison_allowance *a)
{
	list_init(&a->counted);
	a->count = 0;
}

static struct counted *find(const struct comparison_allowance *a, const char *jid)
{
	for (struct list *r = a->counted.next; r != &a->counted; r = r->next)
		if (!strcmp(((struct counted *)r)->jid, jid))
			return (struct counted *)r;
	return NULL;
}

static void drop(struct comparison_allowance *a, struct counted *r)
{
	list_remove(&r->link);
	a->count--;
	free(r->jid);
	free(r);
}

static void drop_paid(struct comparison_allowance *a, uint64_t now)
{
	struct list *r = a->counted.next, *next;

	for (; r != &a->counted; r = next) {
		next = r->next;
		if (((struct counted *)r)->paid <= now)
			drop(a, (struct counted *)r);
	}
}

bool comparison_allowance_take(struct comparison_allowance *a, const char *jid, uint64_t now)
{
	struct counted *r;

	drop_paid(a, now);
	r = find(a, jid);
	if (!r) {
		if (a->count >= COMPARISONS_MAX)
			return false;
		r = xcalloc(1, sizeof(*r));
		r->jid = xstrdup(jid);
		r->paid = now;
		list_append(&a->counted, &r->link);
		a->count++;
	}
	if (r->paid - now > (COMPARISONS_AT_ONCE - 1) * COMPARISON_PAUSE)
		return false;
	r->paid += COMPARISON_PAUSE;
	return true;
}

void comparison_allowance_clear(struct comparison_allowance *a)
{
	while (!list_alone(&a->counted))
		drop(a, (struct counted *)a->counted.next);
}
