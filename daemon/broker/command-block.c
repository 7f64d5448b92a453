/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A block is made at the server, for all programs of the account (XEP-0191), if the server
 * supports that; otherwise in this broker only. Either way the person is suspended: to lift
 * the block restores no trust.
 */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "command-internal.h"
#include "contacts.h"
#include "pending-reply.h"
#include "revocation.h"

static void on_block_answered(struct pending_reply *w, const char *error)
{
	struct broker *b = pending_reply_broker(w);
	struct buf before = { 0 };
	struct message trouble;
	char *text;

	if (!error) {
		blocklist_add(b->context.blocked, pending_reply_jid(w));
		pending_reply_done(w, NULL);
		return;
	}
	keyring_remember(&b->keyring, &before);
	trust_mark(b->context.trust, pending_reply_jid(w), MARK_BLOCKED, true, time(NULL));
	if (keyring_keep(&b->keyring, &before, &trouble)) {
		pending_reply_fail(w, &trouble);
		return;
	}
	text = xasprintf("blocked %s in this broker only: the server answered '%s'",
			 pending_reply_jid(w), error);
	pending_reply_done(w, text);
	free(text);
}

static const struct pending_reply_events block_events = { .answered = on_block_answered };

void command_block(struct broker *b, struct conn *conn, struct fields command)
{
	struct buf before = { 0 };
	struct pending_reply *w;
	char jid[JID_MAX], *text;
	bool by_server = b->server_blocks && command_is_online(b);

	if (!command_other(b, conn, command, jid)) {
		conn_close(conn);
		return;
	}
	if (!command_forget_joining(b, conn, jid))
		return;
	keyring_remember(&b->keyring, &before);
	trust_suspend(b->context.trust, jid, time(NULL));
	if (!by_server)
		trust_mark(b->context.trust, jid, MARK_BLOCKED, true, time(NULL));
	if (!command_keep(b, conn, &before))
		return;
	presence_pending_in_over(b->context.presence, jid);
	if (by_server) {
		text = xasprintf("blocked %s at your server, which keeps them from all programs of "
				 "this account",
				 jid);
		w = pending_reply_create(b, conn, jid, text, 0, &block_events);
		free(text);
		/* The server has not blocked them yet, but their rights end at once. */
		revoke_rights(b, jid, NULL, REVOKED_BLOCKED);
		pending_reply_request(w,
				      account_block(b->xmpp, jid, true, pending_reply_answered, w));
		return;
	}
	revoke_rights(b, jid, NULL, REVOKED_BLOCKED);
	if (command_is_online(b) && context_sees_us(&b->context, jid))
		account_unavailable(b->xmpp, jid);
	command_finish(conn,
		       xasprintf("blocked %s in this broker only: %s", jid,
				 command_is_online(b)
					 ? "your server has no list of blocked addresses"
					 : "it is not online, and your server was not asked"));
}

static void on_unblock_answered(struct pending_reply *w, const char *error)
{
	struct message m;

	if (!error) {
		blocklist_remove(pending_reply_broker(w)->context.blocked, pending_reply_jid(w));
		pending_reply_done(w, NULL);
		return;
	}
	message_set(&m, MSG_STILL_BLOCKED, "jid", pending_reply_jid(w), "entry",
		    pending_reply_jid(w), "reason", error, NULL);
	pending_reply_fail(w, &m);
}

static const struct pending_reply_events unblock_events = { .answered = on_unblock_answered };

void command_unblock(struct broker *b, struct conn *conn, struct fields command)
{
	struct buf before = { 0 };
	struct pending_reply *w;
	struct message m;
	const char *entry;
	char jid[JID_MAX], *text;

	if (!command_other(b, conn, command, jid)) {
		conn_close(conn);
		return;
	}
	if (!context_blocks(&b->context, jid)) {
		command_fail(conn, MSG_NOT_BLOCKED, jid);
		return;
	}
	entry = blocklist_hit(b->context.blocked, jid);
	if (entry && strcmp(entry, jid)) {
		message_set(&m, MSG_STILL_BLOCKED, "jid", jid, "entry", entry, "reason",
			    "its whole domain is", NULL);
		command_fail_with(conn, &m);
		return;
	}
	if (entry && !command_online(b, conn)) {
		conn_close(conn);
		return;
	}
	keyring_remember(&b->keyring, &before);
	trust_mark(b->context.trust, jid, MARK_BLOCKED, false, 0);
	if (!command_keep(b, conn, &before))
		return;
	text = xasprintf(
		"unblocked %s; what was trusted of theirs counts again only when you verify it",
		jid);
	if (entry) {
		w = pending_reply_create(b, conn, jid, text, 0, &unblock_events);
		pending_reply_request(
			w, account_block(b->xmpp, jid, false, pending_reply_answered, w));
	} else {
		command_done(conn, text);
		conn_close(conn);
	}
	free(text);
}
