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

struct ended {
	struct conn *conn;
	unsigned ended, finish;
};

static void on_ended(void *arg, const struct git_service_ended *e)
{
	struct ended *all = arg;
	struct buf row = { 0 };

	fields_add(&row, "kind", "ended");
	fields_add(&row, "jid", e->jid);
	fields_add(&row, "share", e->share);
	fields_add(&row, "service", service_name(e->service));
	fields_add(&row, "finishes", e->finishes ? "1" : "0");
	command_row(all->conn, &row);
	buf_finish(&row);
	all->ended += !e->finishes;
	all->finish += e->finishes;
}

/*
 * The answer says which transfers the new configuration ended, and has a digest of it. The
 * client that changed the configuration compares this digest with its own.
 */
static void run_reload(struct broker *b, struct conn *conn, struct fields command)
{
	struct ended all = { .conn = conn };
	struct buf text = { 0 }, fields = { 0 };
	char digest[GITCONFIG_DIGEST_MAX];
	struct message trouble;

	if (broker_reload(b, on_ended, &all, &trouble) < 0) {
		conn_send_error(conn, &trouble);
		return;
	}
	if (all.ended)
		buf_printf(&text, "%u transfer%s that ran ended by this", all.ended,
			   all.ended == 1 ? "" : "s");
	if (all.finish)
		buf_printf(&text, "%s%u push%s that had arrived whole will finish",
			   all.ended ? "; " : "", all.finish, all.finish == 1 ? "" : "es");
	gitconfig_digest(&b->config->all, digest);
	fields_add(&fields, "message", all.ended || all.finish ? buf_str(&text) : NULL);
	fields_add(&fields, "configuration", digest);
	conn_send_fields(conn, FRAME_DONE, &fields);
	buf_finish(&fields);
	buf_finish(&text);
}

static void run_password(struct broker *b, struct conn *conn, struct fields command)
{
	const char *password = fields_get(command, "password");

	if (password)
		login_give_password(b, password, fields_get(command, "register"));
	command_done(conn, NULL);
}

/* A person was shown what status tells. */
static void run_notices_shown(struct broker *b, struct conn *conn, struct fields command)
{
	notice_board_shown(b);
	command_done(conn, NULL);
}

static void on_transfer(void *arg, struct buf *row)
{
	command_row(arg, row);
}

/* The rows of the answer are what is waited for. With "now" nothing is. */
static void run_stop(struct broker *b, struct conn *conn, struct fields command)
{
	bool now = fields_get(command, "now");

	if (!now)
		draining_list(&b->draining, on_transfer, conn);
	command_done(conn, "stopping");
	if (now)
		broker_stop(b);
	else
		draining_begin(&b->draining);
}

void command_run(struct broker *b, struct conn *conn, struct fields command)
{
	static const struct {
		const char *verb;
		void (*run)(struct broker *b, struct conn *conn, struct fields command);
	} rows[] = {
		{ "status", command_status },
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
		{ "reload", run_reload },
		{ "password", run_password },
		{ "queue-reload", queue_command_reload },
		{ "queue-retry", queue_command_retry },
		{ "queue-drop", queue_command_drop },
		{ "list", list_command },
		{ "notices-shown", run_notices_shown },
		{ "stop", run_stop },
	};
	const char *verb = fields_get(command, "verb");

	if (fields_get(command, "notices"))
		notice_board_say(b, conn, fields_get(command, "jid"));
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
