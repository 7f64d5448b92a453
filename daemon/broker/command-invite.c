/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How people become buddies: add, accept, decline. For somebody new, the first device is
 * trusted on first use. For somebody already known, no device is: the user is shown the
 * devices, and the command that verifies each.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "command-internal.h"
#include "contacts.h"
#include "hex.h"
#include "jid.h"
#include "pending-reply.h"
#include "presence.h"
#include "requester.h"
#include "server-events.h"
#include "text.h"

enum {
	REFUSAL_WAIT = 2000,	/* ms for an error that answers a request to be a buddy */
	DAY = 24 * 3600,
};

/* The request came back: the domain is unreachable, or has no such user. */
static void on_add_refused(struct pending_reply *w, const char *condition)
{
	struct message m;

	message_set(&m, MSG_SUBSCRIPTION_REFUSED, "jid", pending_reply_jid(w), "condition",
		    condition, NULL);
	pending_reply_fail(w, &m);
}

/*
 * Our own server answers in order: by now it would have refused the request. Another server
 * may still do so.
 */
static void on_add_answered(struct pending_reply *w, const char *error)
{
	const char *own = pending_reply_broker(w)->context.jid;

	if (error || !strcmp(jid_domain(pending_reply_jid(w)), jid_domain(own)))
		pending_reply_done(w, NULL);
}

static const struct pending_reply_events add_events = {
	.answered = on_add_answered,
	.refused = on_add_refused,
};

static void put_days(struct buf *out, uint64_t seconds)
{
	uint64_t days = (seconds + DAY - 1) / DAY;

	buf_printf(out, "%" PRIu64 " day%s", days, days == 1 ? "" : "s");
}

/*
 * Says what add or accept has done about devices. Sends a row for each device that the user
 * should compare.
 */
static void tell_devices(struct broker *b, struct conn *conn, const char *jid,
			 enum trust_invitation done, struct buf *text)
{
	const struct trust_person *p = trust_person(b->context.trust, jid);
	struct buf row = { 0 };
	unsigned n = 0;

	for (const struct trusted_device *d = p ? p->devices : NULL; d; d = d->sibling) {
		if (d->state != TRUST_PENDING && d->state != TRUST_SUSPENDED &&
		    done != TRUST_ADMITTED)
			continue;
		command_device(b, conn, d, &row);
		n++;
	}
	buf_finish(&row);
	if (done == TRUST_ADMITTED) {
		buf_puts(text,
			 "; their device that waited is trusted as it came, until you compare it");
	} else if (done == TRUST_COMPARE) {
		buf_puts(text, n ? "; no device is trusted by that: compare the fingerprints, and "
				   "verify the right one"
				 : "; that changes nothing about their devices");
	} else {
		uint64_t since = p ? p->since[MARK_EXPECTED] : 0, now = time(NULL);

		buf_puts(text, "; the first device of theirs that comes is trusted, for ");
		put_days(text, since + EXPECTATION_MAX > now ? since + EXPECTATION_MAX - now : 0);
		if (done == TRUST_EXPECTED)
			buf_puts(text, " more");
	}
}

/* Hints: a command to verify each device that waits. */
static void put_hints(const struct broker *b, const char *jid, struct buf *fields)
{
	char hex[2 * FINGERPRINT_BYTES + 1];
	struct buf who = { 0 };

	text_operand(&who, jid);
	for (const struct trusted_device *d = trust_devices(b->context.trust, jid); d;
	     d = d->sibling) {
		if (d->state != TRUST_PENDING && d->state != TRUST_SUSPENDED)
			continue;
		hex_encode(d->fp, FINGERPRINT_BYTES, hex);
		fields_addf(fields, "hint", "git xmpp verify --fingerprint=%s %s", hex,
			    buf_str(&who));
	}
	buf_finish(&who);
}

static bool is_seen(const struct buddy *buddy)
{
	return buddy &&
	       (buddy->subscription == SUBSCRIPTION_TO || buddy->subscription == SUBSCRIPTION_BOTH);
}

bool command_subscribe(struct broker *b, const char *jid, struct buf *text)
{
	const struct buddy *buddy = presence_buddy(b->context.presence, jid);
	bool wanted = buddy && buddy->pending_in, ask = !is_seen(buddy);

	if (wanted)
		requester_say(b->requester, jid, "subscribed");
	if (ask)
		contacts_ask(b, jid);
	buf_printf(text,
		   wanted ? "%s is now a buddy"
		   : ask  ? "asked %s"
			  : "%s is your buddy already",
		   jid);
	return ask;
}

static void befriend(struct broker *b, struct conn *conn, const char *jid)
{
	struct buf before = { 0 }, text = { 0 };
	enum trust_invitation done;
	struct pending_reply *w;
	bool asked;

	keyring_remember(&b->keyring, &before);
	done = trust_invite(b->context.trust, jid, time(NULL));
	if (!is_seen(presence_buddy(b->context.presence, jid)))
		trust_mark(b->context.trust, jid, MARK_MEANT, true, time(NULL));
	contacts_note(b, jid);
	if (done == TRUST_FULL) {
		buf_finish(&before);
		command_refuse(conn, MSG_INTERNAL, "reason", "too many buddies are known");
		conn_close(conn);
		return;
	}
	if (!command_keep(b, conn, &before))
		return;
	asked = command_subscribe(b, jid, &text);
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
		w = pending_reply_create(b, conn, jid, buf_str(&text), REFUSAL_WAIT, &add_events);
		pending_reply_request(w, account_ping(b->xmpp, pending_reply_answered, w));
	} else {
		command_done(conn, buf_str(&text));
		conn_close(conn);
	}
	buf_finish(&text);
}

static bool may_befriend(struct broker *b, struct conn *conn, struct fields command,
			 char jid[JID_MAX])
{
	if (!command_other(b, conn, command, jid) || !command_online(b, conn))
		return false;
	if (!context_blocks(&b->context, jid))
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
	buddy = presence_buddy(b->context.presence, jid);
	/* An existing buddy has asked before, or need not ask. */
	if (buddy &&
	    (buddy->pending_in || (buddy->in_roster && buddy->subscription != SUBSCRIPTION_NONE)))
		befriend(b, conn, jid);
	else
		command_fail(conn, MSG_NOT_ASKED, jid);
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
	buddy = presence_buddy(b->context.presence, jid);
	if (!buddy || !buddy->pending_in) {
		command_fail(conn, MSG_NOT_ASKED, jid);
		return;
	}
	keyring_remember(&b->keyring, &before);
	trust_decline(b->context.trust, jid);
	if (!command_keep(b, conn, &before))
		return;
	requester_say(b->requester, jid, "unsubscribed");
	presence_pending_in_over(b->context.presence, jid);
	command_finish(conn, xasprintf("declined the request of %s", jid));
}
