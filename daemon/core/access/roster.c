/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roster.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "hashtable.h"

/*
 * The presence table cannot be used for the comparison: its room is bounded, and a buddy
 * who found none is not gone.
 *
 * A trusted person without any mark is from a version before there were marks. Such a
 * person is lost if they are not in the roster. One who is meant and was never listed has
 * yet to be asked by this account, and is no buddy until then.
 */

struct roster_entry {
	struct hashtable_node node;	/* first: hashtable_find() leads back to the item */
	struct roster_entry *next;
	enum subscription subscription;
	char jid[];
};

struct roster {
	struct hashtable by_jid;
	struct roster_entry *items;	/* owned */
};

static bool lets_see_us(enum subscription s)
{
	return s == SUBSCRIPTION_FROM || s == SUBSCRIPTION_BOTH;
}

/* here: the roster has an item for them. */
static bool takes_away(const struct trust_person *p, bool here, enum subscription subscription)
{
	if (here)
		return p->since[MARK_GRANTED] && !lets_see_us(subscription);
	return p->since[MARK_LISTED] || p->since[MARK_GRANTED] ||
	       (trust_any_allowed(p) && !p->since[MARK_MEANT]);
}

static bool remember(struct trust *trust, const char *jid, enum subscription subscription,
		     uint64_t unix_now)
{
	bool changed = trust_mark(trust, jid, MARK_LISTED, true, unix_now);

	if (subscription == SUBSCRIPTION_TO || subscription == SUBSCRIPTION_BOTH)
		changed |= trust_mark(trust, jid, MARK_MEANT, false, 0);
	if (!lets_see_us(subscription))
		return changed;
	changed |= trust_mark(trust, jid, MARK_GRANTED, true, unix_now);
	/* Their request, if there was one, has been answered. */
	changed |= trust_mark(trust, jid, MARK_ASKED, false, unix_now);
	return changed;
}

bool roster_note(struct trust *trust, const char *jid, enum subscription subscription, bool removed,
		 uint64_t unix_now, bool *changed)
{
	const struct trust_person *p = trust_person(trust, jid);

	*changed = false;
	if (!p)
		return false;
	/* A push of a removal counts, whatever is remembered. */
	if (removed || takes_away(p, true, subscription))
		return true;
	*changed = remember(trust, jid, subscription, unix_now);
	return false;
}

struct roster *roster_begin(void)
{
	return xcalloc(1, sizeof(struct roster));
}

void roster_destroy(struct roster *r)
{
	if (!r)
		return;
	while (r->items) {
		struct roster_entry *item = r->items;

		r->items = item->next;
		free(item);
	}
	hashtable_finish(&r->by_jid);
	free(r);
}

void roster_item(struct roster *r, const char *jid, enum subscription subscription)
{
	struct roster_entry *item = (struct roster_entry *)hashtable_find(&r->by_jid, jid);

	if (!item) {
		item = xcalloc(1, sizeof(*item) + strlen(jid) + 1);
		strcpy(item->jid, jid);
		hashtable_add(&r->by_jid, &item->node, item->jid);
		item->next = r->items;
		r->items = item;
	}
	item->subscription = subscription;
}

static void add_loss(struct roster_losses *losses, const char *jid)
{
	/* The array grows in steps; it is full when the count is a multiple of STEP. */
	enum { STEP = 64 };

	if (losses->count % STEP == 0)
		losses->jids =
			xrealloc(losses->jids, (losses->count + STEP) * sizeof(*losses->jids));
	losses->jids[losses->count++] = xstrdup(jid);
}

void roster_compare(const struct roster *r, struct trust *trust, const char *own, uint64_t unix_now,
		    struct roster_losses *losses, bool *changed)
{
	const struct trust_person *p = trust_persons(trust), *next;

	*losses = (struct roster_losses){ 0 };
	*changed = false;
	for (; p; p = next) {
		const struct roster_entry *item =
			(const struct roster_entry *)hashtable_find(&r->by_jid, p->jid);

		next = p->next;
		if (!strcmp(p->jid, own))
			continue;
		if (takes_away(p, item, item ? item->subscription : SUBSCRIPTION_NONE))
			add_loss(losses, p->jid);
		else if (item)
			*changed |= remember(trust, p->jid, item->subscription, unix_now);
	}
	losses->emptied = losses->count && !r->items;
}

void roster_losses_finish(struct roster_losses *losses)
{
	for (size_t i = 0; i < losses->count; i++)
		free(losses->jids[i]);
	free(losses->jids);
	*losses = (struct roster_losses){ 0 };
}
