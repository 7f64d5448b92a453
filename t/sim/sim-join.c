/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Users invite, and others join: the shipped invitations.c, joinings.c, admission.c,
 * join-attempt.c and join-waiting.c are in the world, and this file is their disk, their server
 * and their users. Some accounts are strangers until one has joined the other. A link may be used
 * twice, be taken back, expire, or name a secret that is none; a path that is opened by one may
 * fall silent behind any of its blocks, and a disk may be full.
 *
 * What is known of each link is remembered here as well, so that the inviter's table is not
 * measured by itself.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admission.h"
#include "join-attempt.h"
#include "join-waiting.h"
#include "wipe.h"

enum {
	DISK_FULL = 60,	 /* thousandths */
	CUT_EARLY = 250, /* of the paths of invitations */
	BLOCKS_EARLY = 8,
	JOIN_LIMIT = 45 * 1000, /* ms; no attempt lasts longer */
	REQUEST_AGAIN = 1000,	/* ms until the server delivers once more */
};

/* A user's command. It ends with its attempt, and leaves what is put off to the broker. */
struct join_use {
	struct join_use *next; /* broker::join_uses */
	struct broker *broker;
	struct join_attempt *attempt; /* owned */
	struct invitation_link link;
	uint64_t began;
	bool final; /* one of the last requests, which must succeed */
};

static struct broker *device_of_key(struct world *w, const unsigned char *fp)
{
	for (unsigned i = 0; i < w->count; i++)
		if (!memcmp(w->brokers[i].fp, fp, FINGERPRINT_BYTES))
			return &w->brokers[i];
	return NULL;
}

static struct issued *issued_with(struct world *w, const struct invitation_link *link)
{
	for (unsigned i = 0; i < w->issued_count; i++)
		if (!memcmp(w->issued[i].link.secret, link->secret, INVITATION_SECRET_BYTES))
			return &w->issued[i];
	return NULL;
}

bool are_strangers(const struct broker *a, const struct broker *b)
{
	return a->world->strangers[a->account][b->account];
}

/* The two accounts are contacts of each other from now on, at the server and everywhere. */
static void befriend(struct world *w, unsigned one, unsigned other)
{
	if (!w->strangers[one][other])
		return;
	trace(w, "u%u and u%u are contacts now", one, other);
	w->strangers[one][other] = w->strangers[other][one] = false;
	for (unsigned i = 0; i < w->count; i++) {
		struct broker *b = &w->brokers[i];
		unsigned whom = b->account == one ? other : one;

		if ((b->account != one && b->account != other) || !b->running)
			continue;
		presence_roster_item(b->presence, w->brokers[whom].jid, SUBSCRIPTION_BOTH, false,
				     false);
		trust_mark(b->trust, w->brokers[whom].jid, MARK_MEANT, false, 0);
		if (b->online)
			server_directs(b, w->brokers[whom].jid, NULL, false);
	}
}

void befriend_all(struct world *w)
{
	for (unsigned i = 0; i < w->count; i++)
		for (unsigned k = 0; k < i; k++)
			befriend(w, w->brokers[i].account, w->brokers[k].account);
}

/* A request to be a contact arrives at each device of the account, or waits at the server. */
void request_arrives(struct broker *from, unsigned account)
{
	struct world *w = from->world;
	bool any = false;

	if (!w->strangers[from->account][account])
		return;
	for (unsigned i = 0; i < w->count; i++) {
		struct broker *b = &w->brokers[i];

		any |= b->account == account && b->online;
		if (b->account != account || !b->online ||
		    !context_welcomes(&b->context, from->jid))
			continue;
		befriend(w, from->account, account);
		return;
	}
	if (!any)
		event_add(w, REQUEST_AGAIN, EVENT_REQUEST, from->index, 0, account);
}

/* The disk */

static bool is_full(struct broker *b)
{
	return b->world->phase == PHASE_TROUBLE && chance(b->world, DISK_FULL);
}

static void keep_invitations(struct broker *b)
{
	buf_reset(&b->invitations_kept);
	invitations_write(b->context.invitations, &b->invitations_kept);
}

static void note_spent(struct broker *b)
{
	struct world *w = b->world;

	for (unsigned i = 0; i < w->issued_count; i++) {
		const struct invitation *one =
			w->issued[i].by == b->index
				? invitations_find(b->context.invitations, w->issued[i].id)
				: NULL;

		if (one && one->state == INVITATION_USED)
			w->issued[i].spent_on = device_of_key(w, one->fp);
	}
}

static void on_remember_invitations(void *arg)
{
}

static bool on_keep_invitations(void *arg, struct message *trouble)
{
	struct broker *b = arg;
	struct buf *kept = &b->invitations_kept;

	if (!is_full(b)) {
		keep_invitations(b);
		note_spent(b);
		return true;
	}
	trace(b->world, "%s: cannot keep its invitations", b->name);
	message_set(trouble, MSG_STATE_FILE, "path", "invitations", NULL);
	invitations_destroy(b->context.invitations);
	b->context.invitations = invitations_create(sim_digests.hmac);
	invitations_parse(b->context.invitations, buf_str(kept), buf_len(kept));
	return false;
}

static void on_remember_trust(void *arg)
{
	struct broker *b = arg;

	buf_reset(&b->trust_kept);
	trust_write(b->trust, &b->trust_kept);
}

static bool on_keep_trust(void *arg, const char *jid, struct message *trouble)
{
	struct broker *b = arg;

	if (!is_full(b))
		return true;
	trace(b->world, "%s: cannot keep its trust in %s", b->name, jid);
	message_set(trouble, MSG_STATE_FILE, "path", "trust", NULL);
	trust_destroy(b->trust);
	b->trust = b->context.trust = trust_create();
	trust_parse(b->trust, buf_str(&b->trust_kept), buf_len(&b->trust_kept));
	return false;
}

/* Letting in */

static void on_admitted(void *arg, const char *jid, bool as_inviter)
{
	struct broker *b = arg;
	struct world *w = b->world;

	for (unsigned i = 0; !as_inviter && i < w->count; i++)
		if (!strcmp(w->brokers[i].jid, jid) && w->brokers[i].account == i)
			event_add(w, between(w, 1, w->swarm.delay_max), EVENT_REQUEST, b->index, 0,
				  i);
	trust_granted(b, jid);
	sessions_wake(&b->sessions);
}

static void give_right(struct broker *b, const struct invitation *one, const struct broker *to)
{
	for (unsigned s = 0; s < SHARES; s++) {
		if (strcmp(share_name(s), one->share) != 0)
			continue;
		for (unsigned k = 0; k < b->world->count; k++) {
			if (b->world->brokers[k].account != to->account)
				continue;
			b->may_fetch[s][k] = true;
			b->may_push[s][k] |= one->push;
		}
		share_allow(policy_share(b->context.policy, one->share), to->jid,
			    b->may_push[s][to->account]);
		announcer_reload(b->announcer);
	}
}

static void on_used(void *arg, const struct invitation *one)
{
	struct broker *b = arg;
	struct world *w = b->world;
	struct broker *who = device_of_key(w, one->fp);
	struct issued *issued = NULL;

	for (unsigned i = 0; i < w->issued_count; i++)
		if (w->issued[i].by == b->index && !strcmp(w->issued[i].id, one->id))
			issued = &w->issued[i];
	if (!issued)
		violation(w, "%s: somebody has joined by an invitation that was not made", b->name);
	if (!who || strcmp(who->jid, one->jid) != 0 || !issued->held[who->index])
		violation(w, "%s: somebody has joined who was not invited", b->name);
	if (issued->used)
		violation(w, "%s: %s joins by an invitation that was used before", b->name,
			  who->name);
	if (issued->taken_back || w->now / 1000 >= issued->link.until)
		violation(w, "%s: %s joins by an invitation that is over", b->name, who->name);
	if (issued->link.device != (who->account == b->account))
		violation(w, "%s: %s joins by an invitation for others", b->name, who->name);
	if (trust_lookup(b->trust, one->jid, one->fp) != TRUST_VERIFIED)
		violation(w, "%s: %s has joined, and is not verified", b->name, who->name);
	trace(w, "%s: %s has joined", b->name, who->name);
	w->stats->joined++;
	issued->used = true;
	/* Who has shut a device out has to take the trust back by hand; who has only removed a
	   person has let them in again by the link. */
	b->thrown_out[who->index] = false;
	give_right(b, one, who);
}

static void on_refused(void *arg, const char *jid, const struct invitation *one, const char *why)
{
	const struct broker *b = arg;

	trace(b->world, "%s: %s tries to join: %s", b->name, jid, why);
	b->world->stats->joins_refused++;
}

static const struct admission_ops admission_ops = {
	.remember_invitations = on_remember_invitations,
	.keep_invitations = on_keep_invitations,
	.remember_trust = on_remember_trust,
	.keep_trust = on_keep_trust,
	.admitted = on_admitted,
	.used = on_used,
	.refused = on_refused,
};

/* Joining */

/* The joiner has joined by this link: so the inviter says. */
static void check_joined(struct broker *b, const struct invitation_link *link)
{
	struct world *w = b->world;
	const struct issued *issued = issued_with(w, link);
	struct broker *other = device_of_key(w, link->fp);

	if (!issued || issued->spent_on != b)
		violation(w, "%s has joined, and %s does not know", b->name, link->jid);
	if (trust_lookup(b->trust, link->jid, link->fp) != TRUST_VERIFIED)
		violation(w, "%s has joined %s, and the key of the link is not verified", b->name,
			  other->name);
	if (!b->wants_to_join[other->index])
		violation(w, "%s joins %s, against what its user has decided since", b->name,
			  other->name);
	b->thrown_out[other->index] = false;
}

/* What a refusal says is so. */
static void check_refusal(const struct broker *b, const struct invitation_link *link,
			  enum message_id id)
{
	struct world *w = b->world;
	const struct issued *issued = issued_with(w, link);

	if (id == MSG_INVITATION_USED && (!issued || !issued->spent_on || issued->spent_on == b))
		violation(w, "%s hears that an invitation was used, which was not", b->name);
	if (id == MSG_INVITATION_REVOKED && (!issued || !issued->taken_back))
		violation(w, "%s hears that an invitation was taken back, which was not", b->name);
	if (id == MSG_INVITATION_EXPIRED && w->now / 1000 < link->until)
		violation(w, "%s hears that an invitation has expired, which has not", b->name);
}

static void end_use(struct join_use *u)
{
	struct broker *b = u->broker;
	struct join_use **at = &b->join_uses;

	while (*at != u)
		at = &(*at)->next;
	*at = u->next;
	if (u->attempt)
		join_attempt_end(u->attempt);
	join_waiting_release(b->join_waiting, &u->link);
	if (u->final)
		b->world->final_left--;
	wipe(&u->link, sizeof(u->link));
	free(u);
}

static void on_joined(void *owner, const struct join_attempt *a)
{
	struct join_use *u = owner;

	trace(u->broker->world, "%s: has joined %s", u->broker->name, u->link.jid);
	u->attempt = NULL;
	check_joined(u->broker, &u->link);
	join_waiting_over(u->broker->join_waiting, &u->link);
	end_use(u);
}

static void on_failed(void *owner, const struct join_attempt *a, const struct message *why,
		      bool away)
{
	struct join_use *u = owner;
	struct broker *b = u->broker;
	struct message trouble;

	trace(b->world, "%s: does not join %s: %s", b->name, u->link.jid, why->text);
	u->attempt = NULL;
	if (u->final)
		violation(b->world, "%s cannot join %s, when all is well: %s", b->name, u->link.jid,
			  why->text);
	check_refusal(b, &u->link, why->id);
	if (away)
		join_waiting_add(b->join_waiting, &u->link, &trouble);
	else
		join_waiting_over(b->join_waiting, &u->link);
	end_use(u);
}

static const struct join_attempt_events attempt_events = {
	.joined = on_joined,
	.failed = on_failed,
};

static int on_save(void *arg, struct message *trouble)
{
	struct broker *b = arg;

	if (is_full(b)) {
		trace(b->world, "%s: cannot keep what it waits to join", b->name);
		message_set(trouble, MSG_STATE_FILE, "path", "joinings", NULL);
		return -1;
	}
	buf_reset(&b->joinings_kept);
	joinings_write(b->context.joinings, &b->joinings_kept);
	return 0;
}

static void on_over(void *arg, const struct invitation_link *link, const char *share,
		    const char *why)
{
	struct broker *b = arg;

	trace(b->world, "%s: %s to join %s: %s", b->name, why ? "waits no more" : "waited",
	      link->jid, why ? why : "joined");
	b->world->stats->waited++;
	if (!why)
		check_joined(b, link);
}

static const struct join_waiting_ops waiting_ops = { .save = on_save, .over = on_over };

/* One life */

void join_start(struct broker *b)
{
	if (!b->world->swarm.invites)
		return;
	b->context.invitations = invitations_create(sim_digests.hmac);
	b->context.joinings = joinings_create();
	if (buf_len(&b->invitations_kept) &&
	    invitations_parse(b->context.invitations, buf_str(&b->invitations_kept),
			      buf_len(&b->invitations_kept)))
		violation(b->world, "%s does not understand its invitations", b->name);
	if (buf_len(&b->joinings_kept) &&
	    joinings_parse(b->context.joinings, buf_str(&b->joinings_kept),
			   buf_len(&b->joinings_kept)))
		violation(b->world, "%s does not understand what it waits to join", b->name);
	b->admission = (struct admission){ &b->context, &admission_ops, b };
	join_attempts_init(&b->join_attempts, &b->context, &b->peers, &b->admission);
}

/* After all that may be told. */
void join_begin(struct broker *b)
{
	if (b->world->swarm.invites)
		b->join_waiting = join_waiting_create(&b->join_attempts, &waiting_ops, b);
}

void join_finish(struct broker *b)
{
	while (b->join_uses)
		end_use(b->join_uses);
	join_waiting_destroy(b->join_waiting);
	b->join_waiting = NULL;
	if (b->join_attempts.first)
		violation(b->world, "%s ends, and an attempt to join goes on", b->name);
	invitations_destroy(b->context.invitations);
	joinings_destroy(b->context.joinings);
}

void join_forget_disk(struct broker *b)
{
	buf_finish(&b->invitations_kept);
	buf_finish(&b->joinings_kept);
}

bool join_decided(struct broker *b, const char *jid)
{
	struct message trouble;
	bool any;

	if (!b->join_waiting)
		return true;
	if (join_waiting_forget(b->join_waiting, jid, &any, &trouble))
		return false;
	for (unsigned i = 0; i < b->world->count; i++)
		if (!strcmp(b->world->brokers[i].jid, jid))
			b->wants_to_join[i] = false;
	return true;
}

void check_joins(const struct broker *b)
{
	for (const struct join_use *u = b->join_uses; u; u = u->next)
		if (b->world->now > u->began + JOIN_LIMIT)
			violation(b->world, "%s: a command waits to join %s, for ever", b->name,
				  u->link.jid);
}

/* Users */

static struct issued *invite(struct broker *b, bool device, unsigned seconds)
{
	struct world *w = b->world;
	struct invitation as = { .device = device }, *one;
	struct issued *issued;

	if (w->issued_count == ISSUED_MAX)
		return NULL;
	issued = &w->issued[w->issued_count];
	*issued = (struct issued){ .by = b->index };
	draw_id(w, as.secret, sizeof(as.secret));
	snprintf(as.id, sizeof(as.id), "%08x", w->issued_count);
	as.made = w->now / 1000;
	as.expires = w->now / 1000 + seconds;
	if (!device && w->phase == PHASE_TROUBLE && below(w, 2)) {
		strcpy(as.share, share_name(below(w, SHARES)));
		as.push = below(w, 2);
	}
	one = invitations_add(b->context.invitations, &as, w->now / 1000);
	if (!one)
		return NULL;
	keep_invitations(b);
	strcpy(issued->id, as.id);
	strcpy(issued->link.jid, b->jid);
	strcpy(issued->link.share, as.share);
	memcpy(issued->link.fp, b->fp, FINGERPRINT_BYTES);
	memcpy(issued->link.secret, as.secret, sizeof(as.secret));
	issued->link.until = as.expires;
	issued->link.device = device;
	trace(w, "%s: its user invites %s, until %llu s", b->name, device ? "a device" : "somebody",
	      (unsigned long long)as.expires);
	w->stats->invited++;
	w->issued_count++;
	return issued;
}

static struct join_use *join(struct broker *b, const struct invitation_link *link)
{
	struct broker *other = device_of_key(b->world, link->fp);
	struct join_use *u;

	if (!b->online || join_attempt_fault(&b->context, link) != MSG_NONE)
		return NULL;
	trace(b->world, "%s: its user joins %s", b->name, link->jid);
	b->wants_to_join[other->index] = true;
	u = calloc(1, sizeof(*u));
	u->broker = b;
	u->link = *link;
	u->began = b->world->now;
	u->next = b->join_uses;
	b->join_uses = u;
	join_waiting_hold(b->join_waiting, link);
	u->attempt =
		join_attempt_start(&b->join_attempts, link, 0, JOIN_ATTEMPTS, &attempt_events, u);
	return u;
}

/* Somebody who has the link, or believes so, uses it. */
static void use_some_link(struct broker *b)
{
	struct world *w = b->world;
	struct issued *issued = &w->issued[below(w, w->issued_count)];
	struct invitation_link link = issued->link;

	if (issued->by == b->index)
		return;
	if (chance(w, 100))
		link.secret[below(w, INVITATION_SECRET_BYTES)] ^= 1;
	else
		issued->held[b->index] = true;
	join(b, &link);
}

static void take_back(struct world *w)
{
	struct issued *issued = &w->issued[below(w, w->issued_count)];
	struct broker *b = &w->brokers[issued->by];
	struct invitation *one;

	if (!b->running)
		return;
	one = invitations_find(b->context.invitations, issued->id);
	if (!one || !invitations_revoke(one, w->now / 1000))
		return;
	trace(w, "%s: its user takes an invitation back", b->name);
	issued->taken_back = true;
	keep_invitations(b);
}

void join_event(struct world *w)
{
	static const unsigned times[] = { 3, 20, 3600, 3600 };
	struct broker *b = &w->brokers[below(w, w->count)];
	unsigned what = below(w, 10), time;
	char jid[JID_MAX];

	if (!b->running)
		return;
	if (what < 3 || !w->issued_count) {
		time = times[below(w, 4)];
		invite(b, !below(w, 4), time);
	} else if (what < 8) {
		use_some_link(b);
	} else if (what < 9) {
		take_back(w);
	} else if (joinings_first(b->context.joinings)) {
		/* The decision ends the joining that has the name. */
		snprintf(jid, sizeof(jid), "%s", joinings_first(b->context.joinings)->link.jid);
		join_decided(b, jid);
	}
}

void join_opened(struct world *w, struct wire *wire)
{
	if (w->phase == PHASE_TROUBLE && chance(w, CUT_EARLY))
		wire->hole = 1 + (int)below(w, BLOCKS_EARLY);
}

/* One of those who invite, and one who is another person; both are there. */
void join_final(struct world *w)
{
	for (unsigned i = 0; i + 1 < w->count; i++) {
		struct broker *b = &w->brokers[i], *other = &w->brokers[i + 1];
		bool device = b->account == other->account;
		struct issued *issued = invite(b, device, 3600);
		struct join_use *u;

		if (!issued)
			return;
		issued->held[other->index] = true;
		u = join(other, &issued->link);
		if (!u)
			violation(w, "%s cannot use the link of %s", other->name, b->name);
		u->final = true;
		w->final_left++;
	}
}

bool joins_wait(const struct world *w)
{
	for (unsigned i = 0; i < w->count; i++) {
		const struct joinings *all = w->brokers[i].context.joinings;

		if (w->brokers[i].join_uses || (all && joinings_first(all)))
			return true;
	}
	return false;
}
