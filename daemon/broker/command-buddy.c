/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user's decisions about a person. Each verb checks the request, changes the trust
 * table, saves it, and only then acts. If the table cannot be saved, the verb fails and
 * nothing has happened. A verb that takes a right away ends at once what runs by it. If the
 * server is involved, the verb waits for its answer.
 */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "command-internal.h"
#include "comparing.h"
#include "contacts.h"
#include "device-news.h"
#include "join-waiting.h"
#include "pending-reply.h"
#include "presence.h"
#include "requester.h"
#include "revocation.h"
#include "server-events.h"
#include "words.h"

bool command_is_self(const struct broker *b, const char *jid)
{
	return b->context.jid && !strcmp(jid, b->context.jid);
}

bool command_is_online(const struct broker *b)
{
	return b->xmpp && account_state(b->xmpp) >= ACCOUNT_SETTLING &&
	       account_state(b->xmpp) != ACCOUNT_FAILED;
}

bool command_other(struct broker *b, struct conn *conn, struct fields command, char jid[JID_MAX])
{
	if (!command_jid(conn, command, jid))
		return false;
	if (!command_is_self(b, jid))
		return true;
	command_refuse(conn, MSG_OWN_ACCOUNT, "jid", jid);
	return false;
}

void command_finish(struct conn *conn, char *message)
{
	command_done(conn, message);
	free(message);
	conn_close(conn);
}

void command_fail_with(struct conn *conn, const struct message *m)
{
	conn_send_error(conn, m);
	conn_close(conn);
}

void command_fail(struct conn *conn, enum message_id id, const char *jid)
{
	command_refuse(conn, id, "jid", jid);
	conn_close(conn);
}

bool command_keep(struct broker *b, struct conn *conn, struct buf *before)
{
	struct message trouble;

	if (!keyring_keep(&b->keyring, before, &trouble))
		return true;
	command_fail_with(conn, &trouble);
	return false;
}

bool command_forget_joining(struct broker *b, struct conn *conn, const char *jid)
{
	struct message trouble;
	bool any;

	if (!join_waiting_forget(b->join_waiting, jid, &any, &trouble))
		return true;
	command_fail_with(conn, &trouble);
	return false;
}

static void on_remove_answered(struct pending_reply *w, const char *error)
{
	struct message m;

	if (!error) {
		pending_reply_done(w, NULL);
		return;
	}
	message_set(&m, MSG_ROSTER_KEPT, "jid", pending_reply_jid(w), "reason", error, NULL);
	pending_reply_fail(w, &m);
}

static const struct pending_reply_events remove_events = { .answered = on_remove_answered };

void command_remove(struct broker *b, struct conn *conn, struct fields command)
{
	struct buf before = { 0 };
	const struct buddy *buddy;
	struct message m;
	struct pending_reply *w;
	char jid[JID_MAX], *text;
	bool listed, wants;

	if (!command_other(b, conn, command, jid)) {
		conn_close(conn);
		return;
	}
	buddy = presence_buddy(b->context.presence, jid);
	listed = buddy && buddy->in_roster;
	wants = buddy && buddy->pending_in;
	if (!listed && !wants && !trust_person(b->context.trust, jid)) {
		command_fail(conn, MSG_NO_SUCH_BUDDY, jid);
		return;
	}
	if (!command_forget_joining(b, conn, jid))
		return;
	keyring_remember(&b->keyring, &before);
	trust_suspend(b->context.trust, jid, time(NULL));
	if (!command_keep(b, conn, &before))
		return;
	presence_pending_in_over(b->context.presence, jid);
	requester_settle(b->requester, jid);
	revoke_rights(b, jid, NULL, REVOKED_REMOVED);
	if (command_is_online(b)) {
		/*
		 * After the last stanzas of links, and before the removal: then the server
		 * need no longer route this presence.
		 */
		if (context_sees_us(&b->context, jid))
			account_unavailable(b->xmpp, jid);
		if (wants)
			requester_say(b->requester, jid, "unsubscribed");
	}
	text = xasprintf(
		"removed %s; what was trusted of theirs counts again only when you verify it", jid);
	if (!command_is_online(b)) {
		message_set(&m, MSG_ROSTER_KEPT, "jid", jid, "reason", "the broker is not online",
			    NULL);
		command_fail_with(conn, &m);
	} else if (listed) {
		w = pending_reply_create(b, conn, jid, text, 0, &remove_events);
		pending_reply_request(
			w, account_roster_remove(b->xmpp, jid, pending_reply_answered, w));
	} else {
		command_done(conn, text);
		conn_close(conn);
	}
	free(text);
}

/*
 * Reads the fingerprint that a command names, or the part of it that was read out. Of a part
 * that is no known device's the rest is 0: it is enough for a device ID. On failure sends an
 * error, closes the connection and returns false.
 */
static bool get_fingerprint(const struct broker *b, struct conn *conn, struct fields command,
			    const char *jid, unsigned char fp[FINGERPRINT_BYTES])
{
	const char *text = fields_get(command, "fingerprint");
	const struct trusted_device *d = trust_devices(b->context.trust, jid);
	struct fingerprint_part part;

	if (text && fingerprint_part_parse(text, &part)) {
		while (d && !fingerprint_part_is_of(&part, d->fp))
			d = d->sibling;
		memcpy(fp, d ? d->fp : part.fp, FINGERPRINT_BYTES);
		return true;
	}
	command_refuse(conn, MSG_BAD_FINGERPRINT, "fingerprint", text ? text : "");
	conn_close(conn);
	return false;
}

static bool is_online_with_git(const struct broker *b, const char *jid)
{
	const struct buddy *buddy = presence_buddy(b->context.presence, jid);

	for (const struct resource *r = buddy ? buddy->resources : NULL; r; r = r->next)
		if (r->broker && strcmp(r->device, b->context.device))
			return true;
	return false;
}

/*
 * Why the key is unknown. A device's name tells which key it has before it shows the key. So
 * only if devices are online, and none has this name, does the fingerprint not match.
 */
static enum message_id why_unknown(const struct broker *b, const char *jid, const unsigned char *fp)
{
	char device[DEVICE_ID_LEN + 1];

	device_id_of(fp, device);
	if (presence_device(b->context.presence, jid, device))
		return MSG_NOT_SHOWN;
	if (is_online_with_git(b, jid))
		return MSG_FINGERPRINT_MISMATCH;
	return trust_devices(b->context.trust, jid) ? MSG_NOT_SEEN : MSG_NO_DEVICE_KNOWN;
}

/*
 * The key must be one that jid has shown. If its device is online, asks it to show the key,
 * and fails: the client repeats the command.
 */
static bool check_known(struct broker *b, struct conn *conn, const char *jid,
			const unsigned char *fp)
{
	enum message_id why;

	if (trust_lookup(b->context.trust, jid, fp) != TRUST_UNKNOWN)
		return true;
	why = why_unknown(b, jid, fp);
	if (why == MSG_NOT_SHOWN)
		broker_meet_devices(b, jid, true);
	command_fail(conn, why, jid);
	return false;
}

/*
 * Somebody who was removed must first be added or accepted again; verify alone does not
 * bring them back.
 */
static bool may_verify(const struct broker *b, const char *jid)
{
	const struct buddy *buddy = presence_buddy(b->context.presence, jid);

	if (command_is_self(b, jid) || (buddy && buddy->in_roster))
		return true;
	return trust_marked(b->context.trust, jid, MARK_ASKED) ||
	       (!b->context.roster_known && trust_marked(b->context.trust, jid, MARK_LISTED));
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
	if (!get_fingerprint(b, conn, command, jid, fp) || !check_known(b, conn, jid, fp))
		return;
	if (fields_get(command, "words") && !comparing_is_shown(b, command, jid, fp)) {
		command_fail(conn, MSG_WORDS_CHANGED, jid);
		return;
	}
	if (context_blocks(&b->context, jid)) {
		command_fail(conn, MSG_BLOCKED, jid);
		return;
	}
	if (!may_verify(b, jid)) {
		command_fail(conn, MSG_NOT_BUDDY, jid);
		return;
	}
	keyring_remember(&b->keyring, &before);
	trust_verify(b->context.trust, jid, fp, time(NULL));
	if (!command_keep(b, conn, &before))
		return;
	broker_trust_granted(b, jid);
	comparing_said(b, jid, fp, true);
	device_news_decided(b->device_news, jid);
	command_finish(conn, xasprintf("verified %s", jid));
}

void command_distrust(struct broker *b, struct conn *conn, struct fields command)
{
	bool one = fields_get(command, "fingerprint") != NULL, saw;
	unsigned char fp[FINGERPRINT_BYTES];
	char jid[JID_MAX];
	struct buf before = { 0 };

	if (!command_jid(conn, command, jid)) {
		conn_close(conn);
		return;
	}
	if (one && (!get_fingerprint(b, conn, command, jid, fp) || !check_known(b, conn, jid, fp)))
		return;
	if (!one && !command_forget_joining(b, conn, jid))
		return;
	saw = one && comparing_is_shown(b, command, jid, fp);
	keyring_remember(&b->keyring, &before);
	if (!trust_distrust(b->context.trust, jid, one ? fp : NULL, time(NULL))) {
		buf_finish(&before);
		command_fail(conn, MSG_NO_DEVICE_KNOWN, jid);
		return;
	}
	if (command_is_self(b, jid))
		trust_untell(b->context.trust);
	if (!command_keep(b, conn, &before))
		return;
	if (one)
		revoke_untrusted(b, jid);
	else
		revoke_rights(b, jid, NULL, REVOKED_DISTRUSTED);
	device_news_decided(b->device_news, jid);
	/* By a new meeting: those that ran have ended. */
	if (saw)
		comparing_said(b, jid, fp, false);
	command_finish(
		conn,
		xasprintf(one ? "a key of %s is distrusted, until you verify that very key"
			      : "all keys known of %s are distrusted, until you verify one of them",
			  jid));
}
