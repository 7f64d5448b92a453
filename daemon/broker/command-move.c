/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A buddy has another address. The command is refused, or all of it is done: the table with
 * both addresses is one file. With check=1 it is only said whether it would be refused, so that
 * the client, which changes the configuration, can do that before. With again=1 the client says
 * that it has a record of this very move, which was cut off: if the table has changed already, what
 * follows from that is done once more.
 */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "command-internal.h"
#include "contacts.h"
#include "device-news.h"
#include "presence.h"
#include "push-queue.h"
#include "revocation.h"
#include "server-events.h"

void command_move_refused(struct conn *conn, enum trust_move outcome, enum message_id nothing,
			  const char *from, const char *to)
{
	struct message m;

	if (outcome == TRUST_MOVE_TAKEN) {
		command_fail(conn, MSG_MOVE_TAKEN, to);
	} else if (outcome == TRUST_MOVE_NOTHING) {
		message_set(&m, nothing, "jid", from, "to", to, NULL);
		command_fail_with(conn, &m);
	} else {
		command_refuse(conn, MSG_INTERNAL, "reason", "too many buddies are known");
		conn_close(conn);
	}
}

/* Ends what runs with the old address. What waits for the new one goes on. */
static void act(struct broker *b, struct conn *conn, const char *from, const char *to)
{
	struct buf text = { 0 };
	unsigned queued;

	revoke_rights(b, from, NULL, REVOKED_DISTRUSTED);
	device_news_decided(b->device_news, from);
	command_subscribe(b, to, &text);
	broker_trust_granted(b, to);
	device_news_decided(b->device_news, to);
	queued = push_queue_move(b->push_queue, from, to);
	buf_printf(&text,
		   "; what was decided about devices of %s counts for %s, and no more for %s", from,
		   to, from);
	if (queued)
		buf_printf(&text, "; %u queued push%s go%s there", queued, queued == 1 ? "" : "es",
			   queued == 1 ? "es" : "");
	command_done(conn, buf_str(&text));
	conn_close(conn);
	buf_finish(&text);
}

static void go_on(struct broker *b, struct conn *conn, const char *from, const char *to)
{
	if (trust_may_have_moved(b->context.trust, from, to))
		act(b, conn, from, to);
	else
		command_move_refused(conn, TRUST_MOVE_TAKEN, MSG_MOVE_NOTHING, from, to);
}

static void move(struct broker *b, struct conn *conn, const char *from, const char *to, bool check)
{
	uint64_t now = time(NULL);
	struct buf before = { 0 };
	enum trust_move outcome;

	outcome = trust_may_move(b->context.trust, from, to);
	if (outcome != TRUST_MOVED) {
		command_move_refused(conn, outcome, MSG_MOVE_NOTHING, from, to);
		return;
	}
	if (check) {
		command_done(conn, NULL);
		conn_close(conn);
		return;
	}
	if (!command_forget_joining(b, conn, from))
		return;
	keyring_remember(&b->keyring, &before);
	trust_move(b->context.trust, from, to, now);
	trust_mark(b->context.trust, to, MARK_MEANT, true, now);
	contacts_note(b, to);
	if (command_keep(b, conn, &before))
		act(b, conn, from, to);
}

/* Reads the address under a key. On failure an error was sent. */
static bool get_other(const struct broker *b, struct conn *conn, struct fields command,
		      const char *key, char jid[JID_MAX])
{
	const char *text = fields_get(command, key);

	if (!text || !jid_bare(text, jid))
		command_refuse(conn, MSG_BAD_JID, "jid", text ? text : "");
	else if (command_is_self(b, jid))
		command_refuse(conn, MSG_OWN_ACCOUNT, "jid", jid);
	else if (context_blocks(&b->context, jid))
		command_refuse(conn, MSG_BLOCKED, "jid", jid);
	else
		return true;
	return false;
}

void command_move(struct broker *b, struct conn *conn, struct fields command)
{
	char from[JID_MAX], to[JID_MAX];

	if (!get_other(b, conn, command, "jid", from) || !get_other(b, conn, command, "to", to) ||
	    !command_online(b, conn))
		conn_close(conn);
	else if (fields_get(command, "again"))
		go_on(b, conn, from, to);
	else
		move(b, conn, from, to, fields_get(command, "check") != NULL);
}
