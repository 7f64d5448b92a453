/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * At login the whole roster is compared with what we remember of it, to find what was
 * changed while we were offline. Afterwards the server pushes each change of the roster and
 * of the blocklist. core/access/roster.c decides what a change takes away. This file does
 * it: suspends in the trust table, saves, and ends what runs.
 *
 * Nothing else takes a right away: not an error, an answer without a roster, or a broken
 * connection. A roster that comes back empty is probably the server's mishap. We cannot
 * know, so all are suspended and marked, and the user decides (MARK_LOST).
 */
#include "contacts.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "announcer.h"
#include "groups.h"
#include "jid.h"
#include "inquiry.h"
#include "log.h"
#include "requester.h"
#include "roster.h"
#include "revocation.h"
#include "pending-reply.h"

static bool is_self(const struct broker *b, const char *jid)
{
	return !strcmp(jid, b->context.jid);
}

void contacts_roster_begin(void *owner)
{
	struct broker *b = owner;

	roster_destroy(b->roster);
	b->roster = roster_begin();
	presence_roster_begin(b->context.presence);
	presence_roster_item(b->context.presence, b->context.jid, SUBSCRIPTION_BOTH, false, false);
}

/*
 * Suspends all contacts who were lost at once. Their rights end afterwards, so one save is
 * enough.
 */
static void lose_all(struct broker *b, const struct roster_losses *losses)
{
	for (size_t i = 0; i < losses->count; i++) {
		log_warning("%s is a buddy no more, as the roster has it; what was trusted of "
			    "theirs is suspended",
			    losses->jids[i]);
		trust_suspend(b->context.trust, losses->jids[i], time(NULL));
		if (losses->emptied)
			trust_mark(b->context.trust, losses->jids[i], MARK_LOST, true, time(NULL));
	}
	if (losses->emptied)
		log_error("the roster came back empty: %zu buddies are suspended", losses->count);
	keyring_save(&b->keyring);
	for (size_t i = 0; i < losses->count; i++)
		revoke_rights(b, losses->jids[i], NULL, REVOKED_REMOVED);
}

void contacts_roster_end(void *owner)
{
	struct broker *b = owner;
	struct roster_losses losses;
	bool changed;

	presence_roster_end(b->context.presence);
	b->context.roster_known = true;
	roster_compare(b->roster, b->context.trust, b->context.jid, time(NULL), &losses, &changed);
	roster_destroy(b->roster);
	b->roster = NULL;
	if (losses.count)
		lose_all(b, &losses);
	else if (changed)
		keyring_save(&b->keyring);
	roster_losses_finish(&losses);
	notice_board_requests(b);
	groups_known(b);
	notice_board_look(b);
}

/* Forgets jid and their devices. The server will not say that these went offline. */
static void forget(struct broker *b, const char *jid)
{
	const struct buddy *buddy = presence_buddy(b->context.presence, jid);

	for (const struct resource *r = buddy ? buddy->resources : NULL; r; r = r->next)
		if (r->broker)
			announcer_device_offline(b->announcer, jid, r->device);
	presence_roster_item(b->context.presence, jid, SUBSCRIPTION_NONE, false, true);
}

/* Notes whether the roster shows our request. buddy is NULL if the table was full. */
static void confirm(struct buddy *buddy, bool asked)
{
	if (buddy)
		buddy->confirmed = asked;
}

/*
 * Our request was granted. Their own request follows it; extend the time in which we grant
 * that.
 */
static void note_answer(struct broker *b, const char *jid, enum subscription subscription,
			bool asked)
{
	const struct buddy *buddy = presence_buddy(b->context.presence, jid);

	if (!buddy || !buddy->pending_out || asked || subscription != SUBSCRIPTION_TO)
		return;
	if (trust_mark(b->context.trust, jid, MARK_ASKED, false, 0))
		trust_mark(b->context.trust, jid, MARK_ASKED, true, time(NULL));
}

/* The user no longer wants to see jid, or jid has declined. */
static void mean_no_more(struct broker *b, const char *jid)
{
	if (trust_mark(b->context.trust, jid, MARK_MEANT, false, 0))
		keyring_save(&b->keyring);
	requester_settle(b->requester, jid);
}

/* Our request is no longer open, and was not granted: it was withdrawn or declined. */
static void note_request(struct broker *b, const char *jid, enum subscription subscription,
			 bool asked)
{
	const struct buddy *buddy = presence_buddy(b->context.presence, jid);

	if (buddy && buddy->confirmed && !asked && subscription != SUBSCRIPTION_TO &&
	    subscription != SUBSCRIPTION_BOTH)
		mean_no_more(b, jid);
}

void contacts_roster(void *owner, const char *bare, enum subscription subscription, bool asked,
		     bool removed)
{
	struct broker *b = owner;
	bool changed, taken, saw_us = context_sees_us(&b->context, bare);

	if (is_self(b, bare))
		return;
	if (b->roster) {
		roster_item(b->roster, bare, subscription);
		confirm(presence_roster_item(b->context.presence, bare, subscription, asked, false),
			asked);
		return;
	}
	note_answer(b, bare, subscription, asked);
	note_request(b, bare, subscription, asked);
	taken = roster_note(b->context.trust, bare, subscription, removed, time(NULL), &changed);
	if (taken)
		changed = trust_suspend(b->context.trust, bare, time(NULL));
	if (changed)
		keyring_save(&b->keyring);
	if (removed)
		forget(b, bare);
	else
		confirm(presence_roster_item(b->context.presence, bare, subscription, asked, false),
			asked);
	requester_settle(b->requester, bare);
	if (taken && changed)
		log_warning("%s is a buddy no more; what was trusted of theirs is suspended", bare);
	if (taken || removed) {
		revoke_rights(b, bare, NULL, REVOKED_REMOVED);
		if (saw_us)
			account_unavailable(b->xmpp, bare);
	}
	notice_board_look(b);
	broker_wake(b);
}

void contacts_refused(void *owner, const char *bare, const char *condition)
{
	struct broker *b = owner;
	const struct buddy *buddy = presence_buddy(b->context.presence, bare);

	/* No request is open: the error belongs to another stanza, which nobody waits for. */
	if (!buddy || !buddy->pending_out)
		return;
	log_info("the request to %s was refused: %s", bare, condition);
	/* After an outage the request is made again. */
	if (!inquiry_tells_outage(condition))
		mean_no_more(b, bare);
	presence_refused(b->context.presence, bare, condition);
	pending_reply_refused(b, bare, condition);
	broker_wake(b);
}

void contacts_subscription(void *owner, const char *bare, const char *kind)
{
	struct broker *b = owner;
	const struct buddy *buddy = presence_buddy(b->context.presence, bare);
	bool welcome = context_welcomes(&b->context, bare);
	bool again = buddy && buddy->pending_in;

	if (is_self(b, bare) || context_blocks(&b->context, bare))
		return;
	if (!strcmp(kind, "unsubscribed")) {
		contacts_refused(b, bare, "declined");
		mean_no_more(b, bare);
	}
	if (strcmp(kind, "subscribe"))
		return;
	buddy = presence_pending_in(b->context.presence, bare);
	if (!welcome) {
		if (buddy)
			log_about(bare, LOG_INFO,
				  "%s wants to be a buddy; git xmpp buddies shows how to answer",
				  bare);
		notice_board_look(b);
		return;
	}
	/*
	 * Their request stays open until the roster shows the subscription. So the first
	 * answer, which the user asked for, is always sent, and only repeated requests count
	 * against the budget of answers.
	 */
	if (again && !account_may_answer(b->xmpp, bare))
		return;
	requester_say(b->requester, bare, "subscribed");
	if (!buddy || (!buddy->pending_out && (buddy->subscription == SUBSCRIPTION_NONE ||
					       buddy->subscription == SUBSCRIPTION_FROM)))
		requester_ask(b->requester, bare);
}

struct jids {
	char **jids;			/* owned */
	size_t count;
};

static void add_jid(struct jids *all, const char *jid)
{
	all->jids = xrealloc(all->jids, (all->count + 1) * sizeof(*all->jids));
	all->jids[all->count++] = xstrdup(jid);
}

/* The known contacts whom the server's blocklist hits, without ourselves. */
static struct jids find_blocked(const struct broker *b)
{
	struct jids found = { 0 };

	for (const struct trust_person *p = trust_persons(b->context.trust); p; p = p->next)
		if (!is_self(b, p->jid) && blocklist_hit(b->context.blocked, p->jid))
			add_jid(&found, p->jid);
	for (const struct buddy *buddy = presence_buddies(b->context.presence); buddy;
	     buddy = buddy->next)
		if (!is_self(b, buddy->jid) && !trust_person(b->context.trust, buddy->jid) &&
		    blocklist_hit(b->context.blocked, buddy->jid))
			add_jid(&found, buddy->jid);
	return found;
}

/* The blocklist has grown: suspends those on it, saves, and ends what runs for them. */
static void apply_blocks(struct broker *b)
{
	struct jids found = find_blocked(b);
	bool changed = false;

	for (size_t i = 0; i < found.count; i++) {
		bool suspended = trust_suspend(b->context.trust, found.jids[i], time(NULL));

		if (suspended)
			log_warning("%s is blocked; what was trusted of theirs is suspended",
				    found.jids[i]);
		changed |= suspended;
		presence_pending_in_over(b->context.presence, found.jids[i]);
	}
	if (changed)
		keyring_save(&b->keyring);
	for (size_t i = 0; i < found.count; i++) {
		revoke_rights(b, found.jids[i], NULL, REVOKED_BLOCKED);
		free(found.jids[i]);
	}
	free(found.jids);
}

/* A full JID is blocked: ends what runs for that device. */
static void block_resource(struct broker *b, const char *full)
{
	const struct resource *r =
		jid_resource(full) ? presence_full(b->context.presence, full) : NULL;
	char bare[JID_MAX], device[DEVICE_ID_LEN + 1];

	if (!r || !r->broker || !jid_bare_of(full, bare) || is_self(b, bare))
		return;
	strcpy(device, r->device);
	revoke_rights(b, bare, device, REVOKED_BLOCKED);
}

static void add_blocks(struct broker *b, struct iq_rows *rows)
{
	struct iq_row row;

	while (iq_rows_next(rows, &row)) {
		if (row.kind != IQ_BLOCKED)
			continue;
		blocklist_add(b->context.blocked, row.jid);
		block_resource(b, row.jid);
	}
	apply_blocks(b);
}

void contacts_blocklist(void *owner, struct iq_rows *rows)
{
	struct broker *b = owner;

	b->server_blocks = rows != NULL;
	blocklist_clear(b->context.blocked);
	if (rows)
		add_blocks(b, rows);
}

void contacts_blocking(void *owner, bool blocked, struct iq_rows *rows)
{
	struct broker *b = owner;
	struct iq_row row;
	bool any = false;

	if (blocked) {
		add_blocks(b, rows);
		return;
	}
	while (iq_rows_next(rows, &row)) {
		any = true;
		blocklist_remove(b->context.blocked, row.jid);
	}
	/* An unblock without items lifts all blocks (XEP-0191 3.4). */
	if (!any)
		blocklist_clear(b->context.blocked);
}

void contacts_online(struct broker *b)
{
	for (const struct trust_person *p = trust_persons(b->context.trust); p; p = p->next)
		if (p->since[MARK_BLOCKED] && context_sees_us(&b->context, p->jid))
			account_unavailable(b->xmpp, p->jid);
}

void contacts_note(struct broker *b, const char *jid)
{
	const struct buddy *buddy = presence_buddy(b->context.presence, jid);
	bool changed;

	if (buddy && buddy->in_roster && !is_self(b, jid))
		roster_note(b->context.trust, jid, buddy->subscription, false, time(NULL),
			    &changed);
}

void contacts_ask(struct broker *b, const char *jid)
{
	const struct buddy *buddy = presence_buddy(b->context.presence, jid);
	enum subscription subscription = buddy ? buddy->subscription : SUBSCRIPTION_NONE;

	requester_ask(b->requester, jid);
	/*
	 * The roster push will say the same in a moment, but the next command may come
	 * sooner.
	 */
	presence_roster_item(b->context.presence, jid, subscription, true, false);
	presence_refused(b->context.presence, jid, NULL);
}
