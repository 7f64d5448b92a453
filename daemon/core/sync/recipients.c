/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recipients.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

enum {
	/*
	 * Per account, with those that are away. More than can be online or being told, so
	 * that there is always one to forget.
	 */
	DEVICES_KEPT = DEVICES_PER_BUDDY + ANNOUNCE_AT_ONCE,
};

struct recipient_account {
	struct hashtable_node node;	/* first: hashtable_find() leads back to the account */
	char *jid;			/* owned */
	struct recipient *devices;	/* borrowed from the recipients, newest first */
	unsigned count;
};

static struct recipient_account *find_account(const struct recipients *all, const char *jid)
{
	/* NULL stays NULL: the node is the first member. */
	return (struct recipient_account *)hashtable_find(&all->accounts, jid);
}

struct recipient *recipients_find(const struct recipients *all, const char *jid, const char *id)
{
	struct recipient_account *who = find_account(all, jid);
	struct recipient *d = who ? who->devices : NULL;

	while (d && strcmp(d->id, id))
		d = d->sibling;
	return d;
}

const char *recipient_jid(const struct recipient *d)
{
	return d->account->jid;
}

/* Frees the device, and with the last one the account. */
static void forget(struct recipients *all, struct recipient *d)
{
	struct recipient_account *who = d->account;
	struct recipient **at = &who->devices;

	while (*at != d)
		at = &(*at)->sibling;
	*at = d->sibling;
	*d->link = d->next;
	if (d->next)
		d->next->link = d->link;
	list_remove(&d->turn);
	free(d);
	if (--who->count)
		return;
	hashtable_remove(&all->accounts, &who->node);
	free(who->jid);
	free(who);
}

void recipients_finish(struct recipients *all)
{
	while (all->first)
		forget(all, all->first);
	hashtable_finish(&all->accounts);
}

/* Whether the device may be forgotten. If it comes back, that costs one telling too many. */
static bool forgettable(const struct recipient *d)
{
	return !d->online && !d->telling && !d->meeting;
}

static void forget_absent(struct recipients *all)
{
	struct recipient *d = all->first;

	while (d) {
		struct recipient *next = d->next;

		if (forgettable(d))
			forget(all, d);
		d = next;
	}
}

/* Forgets a device if the account has DEVICES_KEPT. False if all of them are needed. */
static bool make_room(struct recipients *all, struct recipient_account *who)
{
	struct recipient *oldest = NULL;

	if (who->count < DEVICES_KEPT)
		return true;
	for (struct recipient *d = who->devices; d; d = d->sibling)
		if (forgettable(d))
			oldest = d;
	if (!oldest)
		return false;
	forget(all, oldest);
	return true;
}

static struct recipient_account *add_account(struct recipients *all, const char *jid)
{
	struct recipient_account *who;

	if (all->accounts.count >= BUDDIES_MAX)
		forget_absent(all);
	if (all->accounts.count >= BUDDIES_MAX)
		return NULL;
	who = xcalloc(1, sizeof(*who));
	who->jid = xstrdup(jid);
	hashtable_add(&all->accounts, &who->node, who->jid);
	return who;
}

struct recipient *recipients_add(struct recipients *all, const char *jid, const char *id)
{
	struct recipient_account *who = find_account(all, jid);
	struct recipient *d;

	if (!who)
		who = add_account(all, jid);
	if (!who || !make_room(all, who))
		return NULL;
	d = xcalloc(1, sizeof(*d));
	strcpy(d->id, id);
	d->account = who;
	d->sibling = who->devices;
	who->devices = d;
	who->count++;
	d->next = all->first;
	d->link = &all->first;
	if (d->next)
		d->next->link = &d->next;
	all->first = d;
	list_init(&d->turn);
	return d;
}
