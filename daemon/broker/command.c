/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "command-internal.h"
#include "comparing.h"
#include "follower.h"
#include "git-service.h"
#include "jid.h"
#include "list-command.h"
#include "join-command.h"
#include "local-candidates.h"
#include "log.h"
#include "peer.h"
#include "push-queue.h"
#include "queue-command.h"

void command_row(struct conn *conn, struct buf *row)
{
	conn_send_fields(conn, FRAME_ROW, row);
}

void command_done(struct conn *conn, const char *message)
{
	struct buf fields = { 0 };

	fields_add(&fields, "message", message);
	conn_send_fields(conn, FRAME_DONE, &fields);
	buf_finish(&fields);
}

void command_refuse(struct conn *conn, enum message_id id, const char *name, const char *value)
{
	struct message m;

	message_set(&m, id, name, value, NULL);
	conn_send_error(conn, &m);
}

bool command_jid(struct conn *conn, struct fields command, char jid[JID_MAX])
{
	const char *text = fields_get(command, "jid");

	if (text && jid_bare(text, jid))
		return true;
	command_refuse(conn, MSG_BAD_JID, "jid", text ? text : "");
	return false;
}

bool command_online(struct broker *b, struct conn *conn)
{
	const struct message *trouble;
	struct message awaited;

	if (command_is_online(b))
		return true;
	trouble = login_trouble(b);
	if (!trouble)
		login_awaits(b, &awaited);
	conn_send_error(conn, trouble ? trouble : &awaited);
	/*
	 * The user may have mended the cause: try the login now, so that the next command
	 * succeeds.
	 */
	login_wanted(b);
	return false;
}

void command_run(struct broker *b, struct conn *conn, struct fields command)
{
	static const struct {
		const char *verb;
		void (*run)(struct broker *b, struct conn *conn, struct fields command);
	} rows[] = {
		{ "login", command_login },
		{ "buddies", command_buddies },
		{ "add", command_add },
		{ "accept", command_accept },
		{ "decline", command_decline },
		{ "remove", command_remove },
		{ "block", command_block },
		{ "unblock", command_unblock },
		{ "invite", command_invite },
		{ "invitations", command_invitations },
		{ "invite-revoke", command_invite_revoke },
		{ "join", join_command_run },
		{ "verify", command_verify },
		{ "group", command_group },
		{ "distrust", command_distrust },
		{ "compare", command_compare },
		{ "devices", command_devices },
		{ "move", command_move },
		{ "account-move", command_account_move },
		{ "device-rename", command_device_rename },
		{ "device-retire", command_device_retire },
		{ "device-export", command_device_export },
		{ "device-import", command_device_import },
		{ "list", list_command },
	};
	const char *verb = fields_get(command, "verb");

	for (size_t i = 0; verb && i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].verb, verb))
			continue;
		rows[i].run(b, conn, command);
		/*
		 * Some verbs answer later, after the server or the disk, and own the
		 * connection.
		 */
		if (!conn_has_owner(conn))
			conn_close(conn);
		return;
	}
	command_refuse(conn, MSG_BAD_COMMAND, "verb", verb ? verb : "");
	conn_close(conn);
}
