/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the user decides about a person. Each verb checks that it can be meant,
 * changes the trust table and saves it, and only then acts: a decision that
 * cannot be kept is an error, and nothing has happened. What takes something away ends what
 * runs at once; where the server has a part in it, its answer is waited for.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "command-internal.h"
#include "contacts.h"
#include "jid.h"
#include "log.h"
#include "presence.h"
#include "shutout.h"
#include "waiting.h"

enum {
	REFUSAL_WAIT = 2000,	/* ms for an error that answers a request to be a buddy */
	DAY = 24 * 3600,
};

static bool is_self(const struct broker *b, const char *jid)
{
	return broker_jid(b) && !strcmp(jid, broker_jid(b));
}

static bool is_online(const struct broker *b)
{
	return b->xmpp && xmpp_state(b->xmpp) >= XMPP_SETTLING && xmpp_state(b->xmpp) != XMPP_FAILED;
}

/* The JID of somebody else; false when it was refused. */
static bool get_other(struct broker *b, struct conn *conn, struct fields command, char jid[JID_MAX])
{
	if (!command_jid(conn, command, jid))
		return false;
	if (!is_self(b, jid))
		return true;
	command_refuse(conn, MSG_OWN_ACCOUNT, "jid", jid);
	return false;
}

static void finish_with(struct conn *conn, char *message)
{
	command_done(conn, message);
	free(message);
	conn_close(conn);
}

static void fail_with(struct conn *conn, const struct message *m)
{
	conn_send_error(conn, m);
	conn_close(conn);
}

static void fail(struct conn *conn, enum message_id id, const char *jid)
{
	command_refuse(conn, id, "jid", jid);
	conn_close(conn);
}

/* Saves what was changed since; false when it was refused, and is undone. */
static bool keep(struct broker *b, struct conn *conn, struct buf *before)
{
	struct message trouble;

	if (!broker_keep(b, before, &trouble))
		return true;
	fail_with(conn, &trouble);
	return false;
}

/* --- add, accept --- */

/* A domain that is not there, somebody whom it does not have. */
static void on_add_refused(struct waiting *w, const char *condition)
{
	struct message m;

	message_set(&m, MSG_SUBSCRIPTION_REFUSED, "jid", waiting_jid(w), "condition", condition, NULL);
	waiting_fail(w, &m);
}

/* Our own server answers in order: it would have refused by now. Another one may still do so. */
static void on_add_answered(struct waiting *w, const char *error)
{
	const char *own = broker_jid(waiting_broker(w));

	if (error || !strcmp(jid_domain(waiting_jid(w)), jid_domain(own)))
		waiting_done(w, NULL);
}

static const struct waiting_events add_events = {
	.answered = on_add_answered,
	.refused = on_add_refused,
};

static void put_days(struct buf *out, uint64_t seconds)
{
	uint64_t days = (seconds + DAY - 1) / DAY;

	buf_printf(out, "%" PRIu64 " day%s", days, days == 1 ? "" : "s");
}

/* What add and accept have done about devices; rows of those that the user is to compare. */
static void tell_devices(struct broker *b, struct conn *conn, const char *jid, enum trust_invitation done,
			 struct buf *text)
{
	const struct trust_person *p = trust_person(b->trust, jid);
	struct buf row = { 0 };
	unsigned n = 0;

	for (const struct trusted_device *d = p ? p->devices : NULL; d; d = d->sibling) {
		if (d->state != TRUST_PENDING && d->state != TRUST_SUSPENDED && done != TRUST_ADMITTED)
			continue;
		command_device(b, conn, d, &row);
		n++;
	}
	buf_finish(&row);
	if (done == TRUST_ADMITTED) {
		buf_puts(text, "; their device that waited is trusted as it came, until you compare it");
	} else if (done == TRUST_COMPARE) {
		buf_puts(text, n ? "; no device is trusted by that: compare the fingerprints, and verify the right one"
				 : "; that changes nothing about their devices");
	} else {
		uint64_t since = p ? p->since[MARK_EXPECTED] : 0, now = time(NULL);

		buf_puts(text, "; the first device of theirs that comes is trusted, for ");
		put_days(text, since + EXPECTATION_MAX > now ? since + EXPECTATION_MAX - now : 0);
		if (done == TRUST_EXPECTED)
			buf_puts(text, " more");
	}
}

/* Ready-made commands for whom tell_devices() has shown. */
static void put_hints(const struct broker *b, const char *jid, struct buf *fields)
{
	char hex[2 * FINGERPRINT_BYTES + 1];

	for (const struct trusted_device *d = trust_devices(b->trust, jid); d; d = d->sibling) {
		if (d->state != TRUST_PENDING && d->state != TRUST_SUSPENDED)
			continue;
		hex_encode(d->fp, FINGERPRINT_BYTES, hex);
		fields_addf(fields, "hint", "git xmpp verify %s --fingerprint=%s", jid, hex);
	}
}

static bool sees_us(const struct buddy *buddy)
{
	return buddy && (buddy->subscription == SUBSCRIPTION_FROM || buddy->subscription == SUBSCRIPTION_BOTH);
}

static bool is_seen(const struct buddy *buddy)
{
	return buddy && (buddy->subscription == SUBSCRIPTION_TO || buddy->subscription == SUBSCRIPTION_BOTH);
}

/* Sends what is missing of the subscription both ways; what was done, in words. True if an answer may come. */
static bool subscribe(struct broker *b, const char *jid, struct buf *text)
{
	const struct buddy *buddy = presence_buddy(b->presence, jid);
	bool wanted = buddy && buddy->wants, there = sees_us(buddy) && is_seen(buddy), ask = !is_seen(buddy);

	if (wanted)
		xmpp_subscription(b->xmpp, jid, "subscribed");
	if (ask)
		contacts_ask(b, jid);
	buf_printf(text, there ? "%s is your buddy already" : wanted ? "%s is now a buddy" : "asked %s", jid);
	return ask;
}

static void befriend(struct broker *b, struct conn *conn, const char *jid)
{
	struct buf before = { 0 }, text = { 0 };
	enum trust_invitation done;
	struct waiting *w;
	bool asked;

	broker_remember(b, &before);
	done = trust_invite(b->trust, jid, time(NULL));
	contacts_note(b, jid);
	if (done == TRUST_FULL) {
		buf_finish(&before);
		command_refuse(conn, MSG_INTERNAL, "reason", "too many buddies are known");
		conn_close(conn);
		return;
	}
	if (!keep(b, conn, &before))
		return;
	asked = subscribe(b, jid, &text);
	if (done == TRUST_ADMITTED)
		broker_trust_granted(b, jid);
	tell_devices(b, conn, jid, done, &text);
	broker_meet_devices(b, jid, done == TRUST_COMPARE);
	if (done == TRUST_COMPARE && !asked) {
		struct buf fields = { 0 };

		fields_add(&fields, "message", buf_str(&text));
		put_hints(b, jid, &fields);
		conn_send_fields(conn, FRAME_DONE, &fields);
		buf_finish(&fields);
		conn_close(conn);
	} else if (asked) {
		w = waiting_create(conn, jid, buf_str(&text), REFUSAL_WAIT, &add_events);
		waiting_request(w, xmpp_ping(b->xmpp, waiting_answered, w));
	} else {
		command_done(conn, buf_str(&text));
		conn_close(conn);
	}
	buf_finish(&text);
}

static bool may_befriend(struct broker *b, struct conn *conn, struct fields command, char jid[JID_MAX])
{
	if (!get_other(b, conn, command, jid) || !command_online(b, conn))
		return false;
	if (!broker_blocks(b, jid))
		return true;
	command_refuse(conn, MSG_BLOCKED, "jid", jid);
	return false;
}

void command_add(struct broker *b, struct conn *conn, struct fields command)
{
	char jid[JID_MAX];

	if (may_befriend(b, conn, command, jid))
		befriend(b, conn, jid);
	else
		conn_close(conn);
}

void command_accept(struct broker *b, struct conn *conn, struct fields command)
{
	const struct buddy *buddy;
	char jid[JID_MAX];

	if (!may_befriend(b, conn, command, jid)) {
		conn_close(conn);
		return;
	}
	buddy = presence_buddy(b->presence, jid);
	/* Who is a buddy already has asked, or needs not. */
	if (buddy && (buddy->wants || (buddy->in_roster && buddy->subscription != SUBSCRIPTION_NONE)))
		befriend(b, conn, jid);
	else
		fail(conn, MSG_NOT_ASKED, jid);
}

void command_decline(struct broker *b, struct conn *conn, struct fields command)
{
	struct buf before = { 0 };
	const struct buddy *buddy;
	char jid[JID_MAX];

	if (!command_jid(conn, command, jid) || !command_online(b, conn)) {
		conn_close(conn);
		return;
	}
	buddy = presence_buddy(b->presence, jid);
	if (!buddy || !buddy->wants) {
		fail(conn, MSG_NOT_ASKED, jid);
		return;
	}
	broker_remember(b, &before);
	trust_decline(b->trust, jid);
	if (!keep(b, conn, &before))
		return;
	xmpp_subscription(b->xmpp, jid, "unsubscribed");
	presence_wants_no_more(b->presence, jid);
	finish_with(conn, xasprintf("declined the request of %s", jid));
}

/* --- remove --- */

static void on_remove_answered(struct waiting *w, const char *error)
{
	struct message m;

	if (!error) {
		waiting_done(w, NULL);
		return;
	}
	message_set(&m, MSG_ROSTER_KEPT, "jid", waiting_jid(w), "reason", error, NULL);
	waiting_fail(w, &m);
}

static const struct waiting_events remove_events = { .answered = on_remove_answered };

void command_remove(struct broker *b, struct conn *conn, struct fields command)
{
	struct buf before = { 0 };
	const struct buddy *buddy;
	struct message m;
	struct waiting *w;
	char jid[JID_MAX], *text;
	bool listed, wants;

	if (!get_other(b, conn, command, jid)) {
		conn_close(conn);
		return;
	}
	buddy = presence_buddy(b->presence, jid);
	listed = buddy && buddy->in_roster;
	wants = buddy && buddy->wants;
	if (!listed && !wants && !trust_person(b->trust, jid)) {
		fail(conn, MSG_NO_SUCH_BUDDY, jid);
		return;
	}
	broker_remember(b, &before);
	trust_suspend(b->trust, jid);
	if (!keep(b, conn, &before))
		return;
	if (is_online(b)) {
		/* First: once they are out of the roster, nobody else tells them. */
		xmpp_unavailable(b->xmpp, jid);
		if (wants)
			xmpp_subscription(b->xmpp, jid, "unsubscribed");
	}
	presence_wants_no_more(b->presence, jid);
	shut_out(b, jid, NULL, SHUT_REMOVED);
	text = xasprintf("removed %s; what was trusted of theirs counts again only when you verify it", jid);
	if (!is_online(b)) {
		message_set(&m, MSG_ROSTER_KEPT, "jid", jid, "reason", "the broker is not online", NULL);
		fail_with(conn, &m);
	} else if (listed) {
		w = waiting_create(conn, jid, text, 0, &remove_events);
		waiting_request(w, xmpp_roster_remove(b->xmpp, jid, waiting_answered, w));
	} else {
		command_done(conn, text);
		conn_close(conn);
	}
	free(text);
}

/* --- block, unblock --- */

static void on_block_answered(struct waiting *w, const char *error)
{
	struct broker *b = waiting_broker(w);
	struct buf before = { 0 };
	struct message trouble;
	char *text;

	if (!error) {
		blocklist_add(b->blocked, waiting_jid(w));
		waiting_done(w, NULL);
		return;
	}
	broker_remember(b, &before);
	trust_mark(b->trust, waiting_jid(w), MARK_BLOCKED, true, time(NULL));
	if (broker_keep(b, &before, &trouble)) {
		waiting_fail(w, &trouble);
		return;
	}
	text = xasprintf("blocked %s in this broker only: the server answered '%s'", waiting_jid(w), error);
	waiting_done(w, text);
	free(text);
}

static const struct waiting_events block_events = { .answered = on_block_answered };

void command_block(struct broker *b, struct conn *conn, struct fields command)
{
	struct buf before = { 0 };
	struct waiting *w;
	char jid[JID_MAX], *text;
	bool by_server = b->server_blocks && is_online(b);

	if (!get_other(b, conn, command, jid)) {
		conn_close(conn);
		return;
	}
	broker_remember(b, &before);
	trust_suspend(b->trust, jid);
	if (!by_server)
		trust_mark(b->trust, jid, MARK_BLOCKED, true, time(NULL));
	if (!keep(b, conn, &before))
		return;
	presence_wants_no_more(b->presence, jid);
	if (by_server) {
		text = xasprintf("blocked %s at your server, which keeps them from all programs of this account", jid);
		w = waiting_create(conn, jid, text, 0, &block_events);
		free(text);
		/* Not blocked yet, but nothing is trusted any more. */
		shut_out(b, jid, NULL, SHUT_BLOCKED);
		waiting_request(w, xmpp_block(b->xmpp, jid, true, waiting_answered, w));
		return;
	}
	if (is_online(b))
		xmpp_unavailable(b->xmpp, jid);
	shut_out(b, jid, NULL, SHUT_BLOCKED);
	finish_with(conn, xasprintf("blocked %s in this broker only: %s", jid,
				    is_online(b) ? "your server has no list of blocked addresses"
						 : "it is not online, and your server was not asked"));
}

static void on_unblock_answered(struct waiting *w, const char *error)
{
	struct message m;

	if (!error) {
		blocklist_remove(waiting_broker(w)->blocked, waiting_jid(w));
		waiting_done(w, NULL);
		return;
	}
	message_set(&m, MSG_STILL_BLOCKED, "jid", waiting_jid(w), "entry", waiting_jid(w), "reason", error, NULL);
	waiting_fail(w, &m);
}

static const struct waiting_events unblock_events = { .answered = on_unblock_answered };

void command_unblock(struct broker *b, struct conn *conn, struct fields command)
{
	struct buf before = { 0 };
	struct waiting *w;
	struct message m;
	const char *entry;
	char jid[JID_MAX], *text;

	if (!get_other(b, conn, command, jid)) {
		conn_close(conn);
		return;
	}
	if (!broker_blocks(b, jid)) {
		fail(conn, MSG_NOT_BLOCKED, jid);
		return;
	}
	entry = blocklist_hit(b->blocked, jid);
	if (entry && strcmp(entry, jid)) {
		message_set(&m, MSG_STILL_BLOCKED, "jid", jid, "entry", entry, "reason", "its whole domain is", NULL);
		fail_with(conn, &m);
		return;
	}
	if (entry && !command_online(b, conn)) {
		conn_close(conn);
		return;
	}
	broker_remember(b, &before);
	trust_mark(b->trust, jid, MARK_BLOCKED, false, 0);
	if (!keep(b, conn, &before))
		return;
	text = xasprintf("unblocked %s; what was trusted of theirs counts again only when you verify it", jid);
	if (entry) {
		w = waiting_create(conn, jid, text, 0, &unblock_events);
		waiting_request(w, xmpp_block(b->xmpp, jid, false, waiting_answered, w));
	} else {
		command_done(conn, text);
		conn_close(conn);
	}
	free(text);
}

/* --- verify, distrust --- */

/* The fingerprint of a command, if it has one; false when it was refused. */
static bool get_fingerprint(struct conn *conn, struct fields command, unsigned char fp[FINGERPRINT_BYTES])
{
	const char *text = fields_get(command, "fingerprint");

	if (text && fingerprint_parse(text, fp))
		return true;
	command_refuse(conn, MSG_BAD_FINGERPRINT, "fingerprint", text ? text : "");
	conn_close(conn);
	return false;
}

/* The key must be one that jid has shown. */
static bool check_known(struct broker *b, struct conn *conn, const char *jid, const unsigned char *fp)
{
	if (trust_look(b->trust, jid, fp) != TRUST_UNKNOWN)
		return true;
	fail(conn, trust_devices(b->trust, jid) ? MSG_FINGERPRINT_MISMATCH : MSG_NO_DEVICE_KNOWN, jid);
	return false;
}

/* Somebody who was removed comes back by add or accept first, and not by the way. */
static bool may_verify(const struct broker *b, const char *jid)
{
	const struct buddy *buddy = presence_buddy(b->presence, jid);

	if (is_self(b, jid) || (buddy && buddy->in_roster))
		return true;
	return trust_marked(b->trust, jid, MARK_ASKED) ||
	       (!b->roster_known && trust_marked(b->trust, jid, MARK_LISTED));
}

void command_verify(struct broker *b, struct conn *conn, struct fields command)
{
	unsigned char fp[FINGERPRINT_BYTES];
	struct buf before = { 0 };
	char jid[JID_MAX];

	if (!command_jid(conn, command, jid)) {
		conn_close(conn);
		return;
	}
	if (!get_fingerprint(conn, command, fp) || !check_known(b, conn, jid, fp))
		return;
	if (broker_blocks(b, jid)) {
		fail(conn, MSG_BLOCKED, jid);
		return;
	}
	if (!may_verify(b, jid)) {
		fail(conn, MSG_NOT_BUDDY, jid);
		return;
	}
	broker_remember(b, &before);
	trust_verify(b->trust, jid, fp);
	if (!keep(b, conn, &before))
		return;
	broker_trust_granted(b, jid);
	finish_with(conn, xasprintf("verified %s", jid));
}

void command_distrust(struct broker *b, struct conn *conn, struct fields command)
{
	bool one = fields_get(command, "fingerprint") != NULL;
	unsigned char fp[FINGERPRINT_BYTES];
	char jid[JID_MAX], device[DEVICE_ID_LEN + 1];
	struct buf before = { 0 };

	if (!command_jid(conn, command, jid)) {
		conn_close(conn);
		return;
	}
	if (one && (!get_fingerprint(conn, command, fp) || !check_known(b, conn, jid, fp)))
		return;
	broker_remember(b, &before);
	if (!trust_distrust(b->trust, jid, one ? fp : NULL)) {
		buf_finish(&before);
		fail(conn, MSG_NO_DEVICE_KNOWN, jid);
		return;
	}
	if (!keep(b, conn, &before))
		return;
	if (one)
		device_id_of(fp, device);
	shut_out(b, jid, one ? device : NULL, SHUT_DISTRUSTED);
	finish_with(conn, xasprintf(one ? "a key of %s is distrusted, until you verify that very key"
				    : "all keys known of %s are distrusted, until you verify one of them", jid));
}
