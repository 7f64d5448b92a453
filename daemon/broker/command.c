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
#include "held-command.h"
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

bool command_awaits_roster(const struct broker *b, struct fields command)
{
	return fields_get(command, "wait") && !b->context.roster_known;
}

struct verb {
	const char *name;
	void (*run)(struct broker *b, struct conn *conn, struct fields command);
	bool online;	/* waits for a login that is under way */
};

static const struct verb verbs[] = {
	{ "login", command_login, false },
	{ "buddies", command_buddies, false },
	{ "add", command_add, true },
	{ "accept", command_accept, true },
	{ "decline", command_decline, true },
	{ "remove", command_remove, false },
	{ "block", command_block, false },
	{ "unblock", command_unblock, false },
	{ "invite", command_invite, false },
	{ "invitations", command_invitations, false },
	{ "invite-revoke", command_invite_revoke, false },
	{ "join", join_command_run, true },
	{ "join-cancel", join_command_cancel, false },
	{ "verify", command_verify, false },
	{ "group", command_group, true },
	{ "distrust", command_distrust, false },
	{ "compare", command_compare, true },
	{ "devices", command_devices, false },
	{ "move", command_move, true },
	{ "account-move", command_account_move, false },
	{ "device-rename", command_device_rename, false },
	{ "device-retire", command_device_retire, false },
	{ "device-export", command_device_export, false },
	{ "device-import", command_device_import, false },
	{ "list", list_command, true },
};

static const struct verb *find(struct fields command)
{
	const char *name = fields_get(command, "verb");

	for (size_t i = 0; name && i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

static void run(struct broker *b, struct conn *conn, struct fields command)
{
	const char *name = fields_get(command, "verb");
	const struct verb *verb = find(command);

	if (verb)
		verb->run(b, conn, command);
	else
		command_refuse(conn, MSG_BAD_COMMAND, "verb", name ? name : "");
	/* Some verbs answer later, after the server or the disk, and own the connection. */
	if (!conn_has_owner(conn))
		conn_close(conn);
}

/* Who asks for the buddies may wait for the roster; but not where the list completes a word. */
static bool needs_login(const struct broker *b, const struct verb *verb, struct fields command)
{
	return verb->online || (verb->run == command_buddies && command_awaits_roster(b, command));
}

void command_run(struct broker *b, struct conn *conn, struct fields command)
{
	const struct verb *verb = find(command);

	if (verb && needs_login(b, verb, command) && held_command_must(b))
		held_command_create(b, conn, command, run);
	else
		run(b, conn, command);
}
