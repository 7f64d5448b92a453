/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs that show: "git xmpp status" the broker itself, "git xmpp buddies" people. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "command-internal.h"
#include "fingerprint.h"
#include "follower.h"
#include "git-service.h"
#include "hex.h"
#include "join-waiting.h"
#include "local-candidates.h"
#include "notices.h"
#include "peer.h"
#include "push-queue.h"
#include "requester.h"
#include "server-events.h"

static const char *state_name(const struct broker *b)
{
	if (!b->config->account)
		return "none";
	if (b->trouble.id != MSG_NONE)
		return "failed";
	if (!b->xmpp)
		return "connecting";
	switch (account_state(b->xmpp)) {
	case ACCOUNT_ONLINE:
		return "online";
	case ACCOUNT_FAILED:
		return "failed";
	case ACCOUNT_OFFLINE:
		return "offline";
	default:
		return "connecting";
	}
}

/* Of which account a row tells. */
static void put_account(const struct broker *b, struct buf *row)
{
	if (b->config->account)
		fields_add(row, "account", b->config->account);
}

static void begin_row(const struct broker *b, struct buf *row, const char *kind)
{
	fields_add(row, "kind", kind);
	put_account(b, row);
}

/* The device that we are under this account. */
static void describe_device(struct broker *b, struct buf *row)
{
	char hex[2 * FINGERPRINT_BYTES + 1];

	if (!b->identity.key)
		return;
	hex_encode(device_key_fingerprint(b->identity.key), FINGERPRINT_BYTES, hex);
	fields_add(row, "device", b->context.device);
	fields_add(row, "fingerprint", hex);
}

static void describe_account(struct broker *b, struct buf *row)
{
	const struct message *trouble = b->xmpp ? account_trouble(b->xmpp) : &b->trouble;
	uint64_t retry = login_retry_at(b), now = context_now(&b->context);
	struct message awaited;

	if (trouble->id == MSG_NONE && b->login.asking) {
		login_awaits(b, &awaited);
		trouble = &awaited;
	}

	fields_add(row, "kind", "account");
	fields_add(row, "name", b->config->account);
	if (b->config->account && b->config->preferred)
		fields_add(row, "default", "1");
	fields_add(row, "jid",
		   b->xmpp && account_jid(b->xmpp) ? account_jid(b->xmpp) : b->config->jid);
	fields_add(row, "state", state_name(b));
	if (trouble->id != MSG_NONE) {
		fields_add(row, "error-id", message_name(trouble->id));
		fields_add(row, "error", trouble->text);
		if (*trouble->hint)
			fields_add(row, "hint", trouble->hint);
	}
	if (retry > now)
		fields_add_u64(row, "retry-in", (retry - now + 999) / 1000);
	describe_device(b, row);
}

static void describe_try(const struct login_try *try, struct buf *row)
{
	fields_add(row, "kind", "try");
	fields_add(row, "where", try->where);
	fields_add(row, "stage", login_stage_name(try->stage));
	fields_add(row, "reason", try->reason);
	fields_add(row, "key", try->key);
	if (try->pinned)
		fields_add(row, "pinned", "1");
	if (try->until)
		fields_add_u64(row, "until", try->until);
}

/* The login for one who watches it: the account, and what was tried. */
void command_login(struct broker *b, struct conn *conn, struct fields command)
{
	const struct login_tries *tries;
	struct buf row = { 0 };

	if (fields_get(command, "begin"))
		login_wanted(b);
	/* The account may be configured no more. */
	if (b->context.stopping)
		return;
	tries = b->xmpp ? account_tries(b->xmpp) : NULL;
	describe_account(b, &row);
	command_row(conn, &row);
	for (size_t i = 0; tries && i < tries->count && i < LOGIN_TRIES_MAX; i++) {
		describe_try(&tries->list[i], &row);
		command_row(conn, &row);
	}
	buf_finish(&row);
	command_done(conn, NULL);
}

/* What a router does for us; in unix seconds until when. */
static void describe_mapping(struct broker *b, struct buf *row)
{
	const struct port_mapping *m = local_candidates_mapping(b->local_candidates);
	const struct netaddr *external = port_mapping_external(m);
	char text[NETADDR_TEXT_MAX];
	uint64_t now = context_now(&b->context);

	fields_add(row, "mapping", mapping_state_name(m->state));
	if (external) {
		netaddr_format(external, text);
		fields_add(row, "mapping-protocol", mapping_protocol_name(m->protocol));
		fields_add(row, "mapping-address", text);
	}
	if (m->state == MAPPING_RESTING)
		fields_add(row, "mapping-error", m->why);
	if ((external || m->state == MAPPING_RESTING) && m->until > now)
		fields_add_u64(row, "mapping-until",
			       context_time(&b->context) + (m->until - now) / 1000);
}

static void describe_paths(struct broker *b, struct buf *row)
{
	uint64_t left;
	const char *trouble = local_candidates_trouble(b->local_candidates, &left);

	begin_row(b, row, "paths");
	fields_add(row, "transport", transport_name(b->context.transport));
	if (local_candidates_port(b->local_candidates))
		fields_add_u64(row, "port", local_candidates_port(b->local_candidates));
	if (trouble) {
		fields_add(row, "error", trouble);
		fields_add_u64(row, "retry-in", (left + 999) / 1000);
	}
	fields_add(row, "proxy", s5b_proxies_name(local_candidates_proxies(b->local_candidates)));
	describe_mapping(b, row);
}

static void send_shares(struct broker *b, struct conn *conn, struct buf *row)
{
	for (const struct share *s = policy_first(b->context.policy); s; s = s->next) {
		begin_row(b, row, "share");
		fields_add(row, "name", s->name);
		fields_add(row, "path", s->path);
		for (const struct share_who *w = s->who; w; w = w->next) {
			struct buf who = { 0 };

			grantee_put(&w->who, true, &who);
			fields_add(row, w->push ? "push" : "fetch", buf_str(&who));
			buf_finish(&who);
		}
		command_row(conn, row);
	}
}

static void send_follows(struct broker *b, struct conn *conn, struct buf *row)
{
	for (const struct follow *f = follower_first(b->follower); f; f = f->next) {
		begin_row(b, row, "follow");
		fields_add(row, "jid", f->jid);
		fields_add(row, "share", f->share);
		fields_add(row, "path", f->path);
		fields_add(row, "remote", f->remote);
		fields_add(row, "state", follow_state_name(f->state));
		fields_add_u64(row, "last-ok", f->last_ok);
		fields_add_u64(row, "last-failed", f->last_failed);
		fields_add(row, "error", f->error);
		if (f->state == FOLLOW_WAITING && f->retry_at > context_now(&b->context))
			fields_add_u64(row, "retry-in",
				       (f->retry_at - context_now(&b->context) + 999) / 1000);
		command_row(conn, row);
	}
}

static bool buddy_runs_git(const struct buddy *buddy)
{
	for (const struct resource *r = buddy->resources; r; r = r->next)
		if (r->broker)
			return true;
	return false;
}

static void send_joinings(struct broker *b, struct conn *conn, struct buf *row)
{
	for (const struct joining *one = joinings_first(b->context.joinings); one;
	     one = one->next) {
		join_waiting_describe(one, row);
		if (b->config->account)
			fields_add(row, "account", b->config->account);
		command_row(conn, row);
	}
}

/* Sends a notice for each thing that waits for the user, and for news. */
static void send_notices(struct broker *b, struct conn *conn, struct buf *row)
{
	struct notices *all = b->context.notices;

	notice_board_review(b);
	for (struct notice *at = notices_next(all, NULL); at; at = notices_next(all, at)) {
		char *text = notice_text(at), *hint = notice_hint(at);

		begin_row(b, row, "notice");
		fields_add(row, "id", notice_name(at->kind));
		fields_add(row, "jid", at->jid);
		fields_add(row, "text", text);
		fields_add(row, "hint", hint);
		if (!notice_waits(at->kind))
			fields_add(row, "news", "1");
		command_row(conn, row);
		free(text);
		free(hint);
	}
}

/* Where rows go. */
struct rows {
	struct broker *broker;
	struct conn *conn;
};

static void on_transfer(void *arg, struct buf *row)
{
	const struct rows *to = arg;

	put_account(to->broker, row);
	command_row(to->conn, row);
}

void command_status_rows(struct broker *b, struct conn *conn)
{
	uint64_t buddies = 0, reachable = 0;
	struct buf row = { 0 };

	describe_account(b, &row);
	command_row(conn, &row);
	describe_paths(b, &row);
	command_row(conn, &row);
	send_shares(b, conn, &row);
	send_follows(b, conn, &row);
	for (const struct peer *p = b->peers.first; p; p = p->next) {
		begin_row(b, &row, "link");
		fields_add(&row, "jid", p->jid);
		fields_add(&row, "device", p->device);
		peer_describe_path(p, &row);
		fields_add(&row, "state", link_state_name(p->link.state));
		fields_add_u64(&row, "control-sent", link_control_sent(&p->link));
		fields_add_u64(&row, "control-received", link_control_received(&p->link));
		command_row(conn, &row);
	}
	draining_list(&b->draining, on_transfer, &(struct rows){ b, conn });
	for (const struct buddy *buddy = presence_buddies(b->context.presence); buddy;
	     buddy = buddy->next) {
		buddies += !command_is_self(b, buddy->jid);
		reachable += !command_is_self(b, buddy->jid) && buddy_runs_git(buddy);
	}
	send_notices(b, conn, &row);
	send_joinings(b, conn, &row);
	begin_row(b, &row, "count");
	fields_add_u64(&row, "buddies", buddies);
	fields_add_u64(&row, "reachable", reachable);
	command_row(conn, &row);
	buf_finish(&row);
}

void command_group(struct broker *b, struct conn *conn, struct fields command)
{
	const char *name = fields_get(command, "group");
	struct buf row = { 0 };

	if (!command_online(b, conn))
		return;
	for (const struct buddy *buddy = presence_buddies(b->context.presence); name && buddy;
	     buddy = buddy->next) {
		if (!buddy_in_group(buddy, name))
			continue;
		fields_add(&row, "kind", "member");
		fields_add(&row, "jid", buddy->jid);
		command_row(conn, &row);
	}
	buf_finish(&row);
	command_done(conn, NULL);
}

/*
 * The worst trust among the devices online, because any of them may connect. With none
 * online, the worst among those that were not thrown out.
 */
static const char *worst_trust(const struct broker *b, const char *jid)
{
	enum trust_state online = TRUST_UNKNOWN, known = TRUST_UNKNOWN;
	char device[DEVICE_ID_LEN + 1];

	for (const struct trusted_device *d = trust_devices(b->context.trust, jid); d;
	     d = d->sibling) {
		device_id_of(d->fp, device);
		if (presence_device(b->context.presence, jid, device) && d->state > online)
			online = d->state;
		if (!trust_rejects(d->state) && d->state > known)
			known = d->state;
	}
	if (online == TRUST_UNKNOWN)
		online = known;
	return online == TRUST_UNKNOWN ? "none" : trust_state_name(online);
}

void command_device(struct broker *b, struct conn *conn, const struct trusted_device *d,
		    struct buf *row)
{
	char device[DEVICE_ID_LEN + 1], hex[2 * FINGERPRINT_BYTES + 1];
	const char *other = trust_other_owner(b->context.trust, d->jid, d->fp);
	const struct resource *r;

	device_id_of(d->fp, device);
	r = presence_device(b->context.presence, d->jid, device);
	hex_encode(d->fp, FINGERPRINT_BYTES, hex);
	fields_add(row, "kind", "device");
	fields_add(row, "jid", d->jid);
	fields_add(row, "device", device);
	fields_add(row, "fingerprint", hex);
	fields_add(row, "trust", trust_state_name(d->state));
	fields_add(row, "online", r ? "1" : "0");
	if (r && resource_protocol(r, context_now(&b->context)))
		fields_add_u64(row, "protocol", resource_protocol(r, context_now(&b->context)));
	fields_add_u64(row, "first-seen", d->first_seen);
	fields_add_u64(row, "since", d->since);
	fields_add_u64(row, "last-seen", d->last_seen);
	fields_add(row, "name", d->name);
	fields_add(row, "compared", d->compared ? "1" : "0");
	if (d->by) {
		device_id_of(d->by, device);
		fields_add(row, "by", device);
	}
	if (other)
		fields_add(row, "also", other);
	command_row(conn, row);
}

static void send_devices(struct broker *b, struct conn *conn, const char *jid, struct buf *row)
{
	for (const struct trusted_device *d = trust_devices(b->context.trust, jid); d;
	     d = d->sibling)
		command_device(b, conn, d, row);
}

static unsigned count_state(const struct broker *b, const char *jid, enum trust_state state)
{
	unsigned n = 0;

	for (const struct trusted_device *d = trust_devices(b->context.trust, jid); d;
	     d = d->sibling)
		n += d->state == state;
	return n;
}

/* The fields of any person, in the roster or not. */
static void describe_trust(const struct broker *b, const char *jid, struct buf *row)
{
	unsigned pending = count_state(b, jid, TRUST_PENDING);

	fields_add(row, "trust", worst_trust(b, jid));
	if (pending)
		fields_add_u64(row, "pending", pending);
	if (trust_any(b->context.trust, jid, TRUST_SUSPENDED))
		fields_add(row, "removed", "1");
	if (context_blocks(&b->context, jid))
		fields_add(row, "blocked", "1");
	if (command_is_self(b, jid))
		fields_add(row, "self", "1");
}

/* How many devices are online that have not shown their key. */
static unsigned count_unshown(const struct broker *b, const struct buddy *buddy)
{
	unsigned n = 0;

	for (const struct resource *r = buddy->resources; r; r = r->next)
		n += r->broker && strcmp(r->device, b->context.device) &&
		     !context_knows_device(&b->context, buddy->jid, r->device);
	return n;
}

/* The path to a device of theirs, or "". */
static const char *path_to(const struct broker *b, const char *jid)
{
	for (const struct peer *p = b->peers.first; p; p = p->next)
		if (!strcmp(p->jid, jid) && *peer_path_name(p))
			return peer_path_name(p);
	return "";
}

static void send_buddy(struct broker *b, struct conn *conn, const struct buddy *buddy,
		       struct buf *row)
{
	static const char *const subscriptions[] = { "none", "to", "from", "both" };

	fields_add(row, "kind", "buddy");
	fields_add(row, "jid", buddy->jid);
	fields_add(row, "subscription", subscriptions[buddy->subscription]);
	fields_add(row, "asked",
		   buddy->pending_out || trust_marked(b->context.trust, buddy->jid, MARK_MEANT)
			   ? "1"
			   : "0");
	if (requester_pause(b->requester, buddy->jid))
		fields_add_u64(row, "asked-again", requester_pause(b->requester, buddy->jid));
	fields_add(row, "wants", context_asks_user(&b->context, buddy) ? "1" : "0");
	fields_add(row, "online", buddy->resources ? "1" : "0");
	fields_add(row, "git", buddy_runs_git(buddy) ? "1" : "0");
	fields_add_u64(row, "unshown", count_unshown(b, buddy));
	fields_add_u64(row, "last-seen", buddy->last_seen);
	fields_add(row, "contact", "1");
	fields_add(row, "path", path_to(b, buddy->jid));
	if (buddy->refused)
		fields_add(row, "error", buddy->refused);
	if (buddy_protocol(buddy, context_now(&b->context)))
		fields_add_u64(row, "protocol", buddy_protocol(buddy, context_now(&b->context)));
	describe_trust(b, buddy->jid, row);
	command_row(conn, row);
	send_devices(b, conn, buddy->jid, row);
}

/*
 * Sends somebody who is not in the roster but in the trust table, or an entry of the
 * blocklist, which may be a whole domain.
 */
static void send_other(struct broker *b, struct conn *conn, const char *jid, struct buf *row)
{
	fields_add(row, "kind", "buddy");
	fields_add(row, "jid", jid);
	fields_add(row, "subscription", "none");
	fields_add(row, "asked", "0");
	fields_add(row, "wants", "0");
	fields_add(row, "online", "0");
	fields_add(row, "git", "0");
	fields_add_u64(row, "last-seen", 0);
	describe_trust(b, jid, row);
	command_row(conn, row);
	send_devices(b, conn, jid, row);
}

/* Our own account is shown if we have other devices, or if it was asked for by name. */
static bool is_shown(const struct broker *b, const char *jid, const char *only)
{
	if (only)
		return !strcmp(jid, only);
	return !command_is_self(b, jid) || trust_devices(b->context.trust, jid);
}

void command_buddies(struct broker *b, struct conn *conn, struct fields command)
{
	const char *only = fields_get(command, "jid");
	char jid[JID_MAX];
	struct buf row = { 0 };
	bool any = false;

	if (only && !command_jid(conn, command, jid))
		return;
	only = only ? jid : NULL;
	if (command_awaits_roster(b, command) && !command_online(b, conn))
		return;
	/* To compare keys, the user first needs to see them. */
	if (only && fields_get(command, "meet"))
		broker_meet_devices(b, jid, true);
	describe_account(b, &row);
	fields_add(&row, "roster", b->context.roster_known ? "1" : "0");
	command_row(conn, &row);
	for (const struct buddy *buddy = presence_buddies(b->context.presence); buddy;
	     buddy = buddy->next) {
		if (!is_shown(b, buddy->jid, only))
			continue;
		any = true;
		send_buddy(b, conn, buddy, &row);
	}
	for (const struct trust_person *p = trust_persons(b->context.trust); p; p = p->next) {
		if (presence_buddy(b->context.presence, p->jid) || !is_shown(b, p->jid, only))
			continue;
		any = true;
		send_other(b, conn, p->jid, &row);
	}
	/* Entries of the blocklist may be domains as well. */
	for (const char *e = blocklist_next(b->context.blocked, NULL); e;
	     e = blocklist_next(b->context.blocked, e)) {
		if (presence_buddy(b->context.presence, e) || trust_person(b->context.trust, e) ||
		    !is_shown(b, e, only))
			continue;
		any = true;
		send_other(b, conn, e, &row);
	}
	buf_finish(&row);
	if (!only || any)
		command_done(conn, NULL);
	else if (b->context.roster_known || command_online(b, conn))
		command_refuse(conn, MSG_NOT_BUDDY, "jid", jid);
}
