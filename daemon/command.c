/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "follower.h"
#include "jid.h"
#include "log.h"
#include "peer.h"
#include "pushqueue.h"
#include "reach.h"
#include "session.h"

static void send_row(struct conn *conn, struct buf *row)
{
	conn_send_fields(conn, FRAME_ROW, row);
}

static void done(struct conn *conn, const char *message)
{
	struct buf fields = { 0 };

	fields_add(&fields, "message", message);
	conn_send_fields(conn, FRAME_DONE, &fields);
	buf_finish(&fields);
}

static void refuse(struct conn *conn, enum message_id id, const char *name, const char *value)
{
	struct message m;

	message_set(&m, id, name, value, NULL);
	conn_send_error(conn, &m);
}

static const char *state_name(const struct broker *b)
{
	if (!b->config->account)
		return "none";
	if (b->trouble.id != MSG_NONE)
		return "failed";
	if (!b->xmpp)
		return "connecting";
	switch (xmpp_state(b->xmpp)) {
	case XMPP_ONLINE:
		return "online";
	case XMPP_FAILED:
		return "failed";
	case XMPP_OFFLINE:
		return "offline";
	default:
		return "connecting";
	}
}

static void describe_account(struct broker *b, struct buf *row)
{
	const struct message *trouble = b->xmpp ? xmpp_trouble(b->xmpp) : &b->trouble;
	uint64_t retry = b->xmpp ? xmpp_retry_at(b->xmpp) : 0, now = broker_now(b);

	fields_add(row, "kind", "account");
	fields_add(row, "name", b->config->account);
	fields_add(row, "jid", b->xmpp && xmpp_jid(b->xmpp) ? xmpp_jid(b->xmpp) : b->config->jid);
	fields_add(row, "state", state_name(b));
	if (trouble->id != MSG_NONE) {
		fields_add(row, "error-id", message_name(trouble->id));
		fields_add(row, "error", trouble->text);
		if (*trouble->hint)
			fields_add(row, "hint", trouble->hint);
	}
	if (retry > now)
		fields_add_u64(row, "retry-in", (retry - now + 999) / 1000);
}

static void describe_broker(struct broker *b, struct buf *row)
{
	char hex[2 * FINGERPRINT_BYTES + 1];

	hex_encode(device_key_fingerprint(b->key), FINGERPRINT_BYTES, hex);
	fields_add(row, "kind", "broker");
	fields_add_u64(row, "pid", getpid());
	fields_add(row, "version", PROGRAM_VERSION);
	fields_add_u64(row, "started", b->started);
	fields_add(row, "device", b->device);
	fields_add(row, "fingerprint", hex);
}

static void describe_ways(struct broker *b, struct buf *row)
{
	fields_add(row, "kind", "ways");
	fields_add(row, "transport", ways_transport_name(reach_allowed(b->reach)));
	if (reach_port(b->reach))
		fields_add_u64(row, "port", reach_port(b->reach));
	fields_add(row, "proxy", proxies_name(reach_proxies(b->reach)));
}

static void send_shares(struct broker *b, struct conn *conn, struct buf *row)
{
	for (const struct share *s = policy_first(b->policy); s; s = s->next) {
		fields_add(row, "kind", "share");
		fields_add(row, "name", s->name);
		fields_add(row, "path", s->path);
		for (const struct share_who *w = s->who; w; w = w->next)
			fields_add(row, w->push ? "push" : "fetch", w->jid);
		send_row(conn, row);
	}
}

static void send_follows(struct broker *b, struct conn *conn, struct buf *row)
{
	for (const struct follow *f = follower_first(b->follower); f; f = f->next) {
		fields_add(row, "kind", "follow");
		fields_add(row, "jid", f->jid);
		fields_add(row, "share", f->share);
		fields_add(row, "path", f->path);
		fields_add(row, "remote", f->remote);
		fields_add(row, "state", follow_state_name(f->state));
		fields_add_u64(row, "last-ok", f->last_ok);
		fields_add_u64(row, "last-failed", f->last_failed);
		fields_add(row, "error", f->error);
		if (f->state == FOLLOW_WAITING && f->retry_at > broker_now(b))
			fields_add_u64(row, "retry-in", (f->retry_at - broker_now(b) + 999) / 1000);
		send_row(conn, row);
	}
}

static bool buddy_runs_git(const struct buddy *buddy)
{
	for (const struct resource *r = buddy->resources; r; r = r->next)
		if (r->broker)
			return true;
	return false;
}

static bool is_self(const struct broker *b, const struct buddy *buddy)
{
	return broker_jid(b) && !strcmp(buddy->jid, broker_jid(b));
}

static void run_status(struct broker *b, struct conn *conn, struct fields command)
{
	uint64_t buddies = 0, reachable = 0;
	struct buf row = { 0 };

	describe_broker(b, &row);
	send_row(conn, &row);
	describe_account(b, &row);
	send_row(conn, &row);
	describe_ways(b, &row);
	send_row(conn, &row);
	send_shares(b, conn, &row);
	send_follows(b, conn, &row);
	for (const struct peer *p = b->peers; p; p = p->next) {
		fields_add(&row, "kind", "link");
		fields_add(&row, "jid", p->jid);
		fields_add(&row, "device", p->device);
		peer_describe_path(p, &row);
		fields_add(&row, "state", link_state_name(p->link.state));
		fields_add_u64(&row, "control-sent", link_control_sent(&p->link));
		fields_add_u64(&row, "control-received", link_control_received(&p->link));
		send_row(conn, &row);
	}
	for (const struct session *s = b->sessions; s; s = s->next) {
		fields_add(&row, "kind", "transfer");
		if (session_describe(s, &row))
			send_row(conn, &row);
		buf_reset(&row);
	}
	for (const struct buddy *buddy = presence_buddies(b->presence); buddy; buddy = buddy->next) {
		buddies += !is_self(b, buddy);
		reachable += !is_self(b, buddy) && buddy_runs_git(buddy);
	}
	fields_add(&row, "kind", "count");
	fields_add_u64(&row, "buddies", buddies);
	fields_add_u64(&row, "reachable", reachable);
	send_row(conn, &row);
	buf_finish(&row);
	done(conn, NULL);
}

static const char *best_trust(const struct broker *b, const char *jid)
{
	enum trust_state best = TRUST_UNKNOWN;

	for (const struct trusted_device *d = trust_first(b->trust); d; d = d->next)
		if (!strcmp(d->jid, jid) && d->state <= TRUST_VERIFIED && d->state > best)
			best = d->state;
	return best == TRUST_UNKNOWN ? "none" : trust_state_name(best);
}

static void send_devices(struct broker *b, struct conn *conn, const char *jid, struct buf *row)
{
	char device[DEVICE_ID_LEN + 1], hex[2 * FINGERPRINT_BYTES + 1];

	for (const struct trusted_device *d = trust_first(b->trust); d; d = d->next) {
		if (strcmp(d->jid, jid))
			continue;
		device_id_of(d->fp, device);
		hex_encode(d->fp, FINGERPRINT_BYTES, hex);
		fields_add(row, "kind", "device");
		fields_add(row, "jid", jid);
		fields_add(row, "device", device);
		fields_add(row, "fingerprint", hex);
		fields_add(row, "trust", trust_state_name(d->state));
		fields_add(row, "online", presence_device(b->presence, jid, device) ? "1" : "0");
		fields_add_u64(row, "first-seen", d->first_seen);
		send_row(conn, row);
	}
}

static void send_buddy(struct broker *b, struct conn *conn, const struct buddy *buddy, struct buf *row)
{
	static const char *const subscriptions[] = { "none", "to", "from", "both" };

	fields_add(row, "kind", "buddy");
	fields_add(row, "jid", buddy->jid);
	fields_add(row, "subscription", subscriptions[buddy->subscription]);
	fields_add(row, "asked", buddy->asked ? "1" : "0");
	fields_add(row, "wants", buddy->wants ? "1" : "0");
	fields_add(row, "online", buddy->resources ? "1" : "0");
	fields_add(row, "git", buddy_runs_git(buddy) ? "1" : "0");
	fields_add_u64(row, "last-seen", buddy->last_seen);
	fields_add(row, "trust", best_trust(b, buddy->jid));
	send_row(conn, row);
	send_devices(b, conn, buddy->jid, row);
}

/* The bare JID a command names; false when it was refused. */
static bool get_jid(struct conn *conn, struct fields command, char jid[JID_MAX])
{
	const char *text = fields_get(command, "jid");

	if (text && jid_bare(text, jid))
		return true;
	refuse(conn, MSG_BAD_JID, "jid", text ? text : "");
	return false;
}

static void run_buddies(struct broker *b, struct conn *conn, struct fields command)
{
	const char *only = fields_get(command, "jid");
	char jid[JID_MAX];
	struct buf row = { 0 };
	bool any = false;

	if (only && !get_jid(conn, command, jid))
		return;
	for (const struct buddy *buddy = presence_buddies(b->presence); buddy; buddy = buddy->next) {
		if (only ? strcmp(buddy->jid, jid) : is_self(b, buddy))
			continue;
		any = true;
		send_buddy(b, conn, buddy, &row);
	}
	buf_finish(&row);
	if (only && !any)
		refuse(conn, MSG_NOT_BUDDY, "jid", jid);
	else
		done(conn, NULL);
}

/* add and accept differ only in what the user is told. */
static void befriend(struct broker *b, struct conn *conn, struct fields command, const char *told)
{
	char jid[JID_MAX], *text;

	if (!get_jid(conn, command, jid))
		return;
	if (!b->xmpp || xmpp_state(b->xmpp) < XMPP_SETTLING || xmpp_state(b->xmpp) == XMPP_FAILED) {
		const struct message *trouble = b->xmpp ? xmpp_trouble(b->xmpp) : &b->trouble;

		if (trouble->id != MSG_NONE)
			conn_send_error(conn, trouble);
		else
			refuse(conn, MSG_NOT_ONLINE, "jid", b->config->jid ? b->config->jid : "");
		return;
	}
	broker_befriend(b, jid);
	text = xasprintf(told, jid);
	done(conn, text);
	free(text);
}

static void run_add(struct broker *b, struct conn *conn, struct fields command)
{
	befriend(b, conn, command, "asked %s; the request stays open until they answer");
}

static void run_accept(struct broker *b, struct conn *conn, struct fields command)
{
	befriend(b, conn, command, "%s is now a buddy; nothing is shared with them yet");
}

static void run_verify(struct broker *b, struct conn *conn, struct fields command)
{
	const char *text = fields_get(command, "fingerprint");
	unsigned char fp[FINGERPRINT_BYTES];
	char jid[JID_MAX], *message;
	bool any = false;

	if (!get_jid(conn, command, jid))
		return;
	if (!text || !fingerprint_parse(text, fp)) {
		refuse(conn, MSG_BAD_FINGERPRINT, "fingerprint", text ? text : "");
		return;
	}
	for (const struct trusted_device *d = trust_first(b->trust); d; d = d->next)
		any |= !strcmp(d->jid, jid);
	if (!any) {
		refuse(conn, MSG_NO_DEVICE_KNOWN, "jid", jid);
		return;
	}
	if (!trust_set(b->trust, jid, fp, TRUST_VERIFIED)) {
		refuse(conn, MSG_FINGERPRINT_MISMATCH, "jid", jid);
		return;
	}
	broker_save_trust(b);
	broker_trust_granted(b, jid);
	message = xasprintf("verified %s", jid);
	done(conn, message);
	free(message);
}

static void run_reload(struct broker *b, struct conn *conn, struct fields command)
{
	broker_reload(b);
	done(conn, NULL);
}

static void run_password(struct broker *b, struct conn *conn, struct fields command)
{
	const char *password = fields_get(command, "password");

	if (password)
		broker_give_password(b, password);
	done(conn, NULL);
}

static void run_queue_reload(struct broker *b, struct conn *conn, struct fields command)
{
	pushqueue_reload(b->pushqueue);
	done(conn, NULL);
}

/* Neither retried nor dropped: because it runs, or because it is not there. */
static void refuse_entry(struct broker *b, struct conn *conn, const char *id)
{
	for (const struct queue_entry *e = pushqueue_first(b->pushqueue); e; e = e->next) {
		if (strcmp(e->id, id))
			continue;
		refuse(conn, MSG_ENTRY_BUSY, "id", id);
		return;
	}
	refuse(conn, MSG_NO_SUCH_ENTRY, "id", id);
}

static void run_queue_retry(struct broker *b, struct conn *conn, struct fields command)
{
	const char *id = fields_get(command, "id");

	if (pushqueue_retry(b->pushqueue, id))
		done(conn, NULL);
	else
		refuse_entry(b, conn, id);
}

static void run_queue_drop(struct broker *b, struct conn *conn, struct fields command)
{
	const char *id = fields_get(command, "id");

	if (id && pushqueue_drop(b->pushqueue, id))
		done(conn, NULL);
	else
		refuse_entry(b, conn, id ? id : "");
}

static void run_stop(struct broker *b, struct conn *conn, struct fields command)
{
	done(conn, "stopping");
	broker_stop(b);
}

void command_run(struct conn *conn, struct fields command)
{
	static const struct {
		const char *verb;
		void (*run)(struct broker *b, struct conn *conn, struct fields command);
	} rows[] = {
		{ "status", run_status },
		{ "buddies", run_buddies },
		{ "add", run_add },
		{ "accept", run_accept },
		{ "verify", run_verify },
		{ "reload", run_reload },
		{ "password", run_password },
		{ "queue-reload", run_queue_reload },
		{ "queue-retry", run_queue_retry },
		{ "queue-drop", run_queue_drop },
		{ "stop", run_stop },
	};
	const char *verb = fields_get(command, "verb");

	for (size_t i = 0; verb && i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].verb, verb))
			continue;
		rows[i].run(conn_broker(conn), conn, command);
		conn_close(conn);
		return;
	}
	refuse(conn, MSG_BAD_COMMAND, "verb", verb ? verb : "");
	conn_close(conn);
}
