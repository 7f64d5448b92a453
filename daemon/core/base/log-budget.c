/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A party's bucket is a time: until then the lines that it caused are paid for. A bucket
 * in the past is full; its party may be forgotten.
 */
#include "log-budget.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "jid.h"

struct party {
	struct hashtable_node node;	/* first: hashtable_find() leads back to the party */
	struct list link;		/* log_budget::order */
	struct quota_place place;
	struct log_bucket bucket;
	char name[];
};

void log_budget_init(struct log_budget *b, unsigned burst, unsigned every)
{
	*b = (struct log_budget){ .burst = burst, .every = every };
	quota_init(&b->quota, LOG_PARTIES_MAX, false);
	list_init(&b->order);
}

static struct party *of_link(struct list *r)
{
	return (struct party *)((char *)r - offsetof(struct party, link));
}

static void forget(struct log_budget *b, struct party *p)
{
	b->forgotten += p->bucket.left_out;
	hashtable_remove(&b->parties, &p->node);
	list_remove(&p->link);
	quota_leave(&p->place);
	free(p);
}

void log_budget_finish(struct log_budget *b)
{
	while (!list_alone(&b->order))
		forget(b, of_link(b->order.next));
	hashtable_finish(&b->parties);
	quota_finish(&b->quota);
}

static void forget_idle(struct log_budget *b, uint64_t now)
{
	struct list *r = b->order.next, *next;

	for (; r != &b->order; r = next) {
		struct party *p = of_link(r);

		next = r->next;
		if (p->bucket.paid_until <= now)
			forget(b, p);
	}
}

/* Takes a place for a party that has none; NULL if there is none. */
static struct party *take(struct log_budget *b, const char *name, bool known, uint64_t now)
{
	char *jid = xasprintf("%s%s", strchr(name, '@') ? "" : "@", name);
	struct quota_place *victim;
	enum quota_verdict verdict = quota_ask(&b->quota, jid, known, &victim);
	struct party *p = NULL;

	if (verdict != QUOTA_YES) {
		forget_idle(b, now);
		verdict = quota_ask(&b->quota, jid, known, &victim);
	}
	if (verdict == QUOTA_YES) {
		p = xcalloc(1, sizeof(*p) + strlen(name) + 1);
		strcpy(p->name, name);
		hashtable_add(&b->parties, &p->node, p->name);
		list_init(&p->link);
		list_append(&b->order, &p->link);
		quota_take(&b->quota, &p->place, jid, known);
	}
	free(jid);
	return p;
}

static bool pay(struct log_budget *b, struct log_bucket *bucket, uint64_t now, unsigned *left_out)
{
	uint64_t paid = bucket->paid_until > now ? bucket->paid_until : now;

	if (paid - now > (uint64_t)(b->burst - 1) * b->every) {
		bucket->left_out++;
		return false;
	}
	bucket->paid_until = paid + b->every;
	*left_out = bucket->left_out + b->forgotten;
	bucket->left_out = b->forgotten = 0;
	return true;
}

bool log_budget_admits(struct log_budget *b, const char *party, bool known, uint64_t now,
		       unsigned *left_out)
{
	const char *name = known || !strchr(party, '@') ? party : jid_domain(party);
	struct party *p = (struct party *)hashtable_find(&b->parties, name);

	*left_out = 0;
	if (!p)
		p = take(b, name, known, now);
	return pay(b, p ? &p->bucket : &b->others, now, left_out);
}
