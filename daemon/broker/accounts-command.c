/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "accounts-command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accounts.h"
#include "alloc.h"
#include "hex.h"
#include "push-queue.h"
#include "command-internal.h"
#include "command.h"
#include "git-service.h"
#include "jid.h"
#include "queue-command.h"

/* Somebody of whom a command speaks, in a search for the accounts that know them. */
struct search {
	const struct accounts *accounts;
	char jid[JID_MAX];
};

static enum account_knowledge knows(void *arg, size_t row)
{
	const struct search *s = arg;
	const struct broker *b = accounts_broker(s->accounts, row);

	return b ? broker_knows(b, s->jid) : ACCOUNT_KNOWS_NOT;
}

static enum account_choice choose_row(struct accounts *a, struct fields f, size_t *row)
{
	struct search search = { .accounts = a };
	const char *jid = fields_get(f, "jid");
	struct account_wish wish = {
		.named = fields_get(f, "account"),
		.here = fields_get(f, "account-here"),
		.arg = &search,
	};

	if (jid && jid_bare(jid, search.jid))
		wish.knows = knows;
	return account_list_choose(&a->list, &wish, row);
}

/* The account of a row. NULL if it cannot be used; *trouble says why. */
static struct broker *use_row(struct accounts *a, size_t row, struct message *trouble)
{
	struct broker *b = accounts_broker(a, row);

	if (b && !b->context.stopping)
		return b;
	if (a->draining)
		message_set(trouble, MSG_BROKER_STOPPING, NULL);
	else
		message_set(trouble, MSG_BAD_ACCOUNT, "account", a->list.rows[row].name, "reason",
			    account_list_fault(&a->list, row), NULL);
	return NULL;
}

/* The account that the frame is for. NULL if there is no such account; *trouble says so. */
static struct broker *choose(struct accounts *a, struct fields f, struct message *trouble)
{
	const char *named = fields_get(f, "account"), *here = fields_get(f, "account-here");
	enum account_choice choice;
	size_t row;

	choice = choose_row(a, f, &row);
	/* The user may just have configured it. */
	if (choice == ACCOUNT_UNKNOWN && !accounts_reload(a, NULL, NULL, trouble))
		choice = choose_row(a, f, &row);
	switch (choice) {
	case ACCOUNT_CHOSEN:
		return use_row(a, row, trouble);
	case ACCOUNT_UNCONFIGURED:
		/* It tells everybody that there is no account. */
		return a->first;
	case ACCOUNT_UNKNOWN:
		message_set(trouble, MSG_UNKNOWN_ACCOUNT, "account", named ? named : here, NULL);
		break;
	case ACCOUNT_UNDECIDED:
		message_set(trouble, MSG_WHICH_ACCOUNT, NULL);
		break;
	}
	return NULL;
}

static void on_open(void *owner, struct conn *conn, struct fields open)
{
	struct accounts *a = owner;
	struct message trouble;
	struct broker *b = choose(a, open, &trouble);

	if (!b) {
		conn_send_error(conn, &trouble);
		conn_close(conn);
		return;
	}
	conn_give(conn, b);
	broker_open(b, conn, open);
}

struct ended {
	struct conn *conn;
	unsigned ended, finish;
};

static void on_ended(void *arg, const struct transfer_ended *e)
{
	struct ended *all = arg;
	struct buf row = { 0 };

	fields_add(&row, "kind", "ended");
	fields_add(&row, "jid", e->jid);
	fields_add(&row, "share", e->share);
	fields_add(&row, "service", service_name(e->service));
	fields_add(&row, "direction", e->served ? "in" : "out");
	fields_add(&row, "finishes", e->whole ? "1" : "0");
	if (e->task)
		fields_add(&row, "entry", e->task);
	command_row(all->conn, &row);
	buf_finish(&row);
	all->ended += !e->whole;
	all->finish += e->whole;
}

/*
 * The answer says which transfers the new configuration ended, and has a digest of it. The
 * client that changed the configuration compares this digest with its own.
 */
static void run_reload(struct accounts *a, struct conn *conn, struct fields command)
{
	struct ended all = { .conn = conn };
	struct buf text = { 0 }, fields = { 0 };
	char digest[GITCONFIG_DIGEST_MAX];
	struct message trouble;

	if (accounts_reload(a, on_ended, &all, &trouble) < 0) {
		conn_send_error(conn, &trouble);
		return;
	}
	if (all.ended)
		buf_printf(&text, "%u transfer%s that ran ended by this", all.ended,
			   all.ended == 1 ? "" : "s");
	if (all.finish)
		buf_printf(&text, "%s%u push%s that had arrived whole will finish",
			   all.ended ? "; " : "", all.finish, all.finish == 1 ? "" : "es");
	gitconfig_digest(&a->configuration, digest);
	fields_add(&fields, "message", all.ended || all.finish ? buf_str(&text) : NULL);
	fields_add(&fields, "configuration", digest);
	conn_send_fields(conn, FRAME_DONE, &fields);
	buf_finish(&fields);
	buf_finish(&text);
}

/*
 * Ends what moves under an id. Between two accounts of this broker both ends are here: ours goes
 * first, so that git is told that its own user has ended it.
 */
static void run_cancel(struct accounts *a, struct conn *conn, struct fields command)
{
	struct ended all = { .conn = conn };
	const char *id = fields_get(command, "id");
	struct message trouble;

	for (struct broker *b = id ? a->first : NULL; b; b = b->next)
		sessions_end(&b->sessions, id, on_ended, &all);
	for (struct broker *b = id ? a->first : NULL; b; b = b->next)
		git_services_end(&b->git_services, id, on_ended, &all);
	if (all.ended || all.finish) {
		command_done(conn, NULL);
		return;
	}
	message_set(&trouble, MSG_NO_SUCH_TRANSFER, "id", id, NULL);
	conn_send_error(conn, &trouble);
}

/* The account of this address of ours, which the user may just have configured. */
static struct broker *find_own(struct accounts *a, const char *text, struct message *trouble)
{
	char jid[JID_MAX];
	size_t row;

	if (!jid_bare(text, jid)) {
		message_set(trouble, MSG_BAD_JID, "jid", text, NULL);
		return NULL;
	}
	row = account_list_find_jid(&a->list, jid);
	if (row == a->list.count && !accounts_reload(a, NULL, NULL, trouble))
		row = account_list_find_jid(&a->list, jid);
	if (row < a->list.count)
		return use_row(a, row, trouble);
	message_set(trouble, MSG_UNKNOWN_ACCOUNT, "account", jid, NULL);
	return NULL;
}

/* Here jid is our own. No other account may get its password. */
static void run_password(struct accounts *a, struct conn *conn, struct fields command)
{
	const char *password = fields_get(command, "password"), *jid = fields_get(command, "jid");
	struct message trouble;
	struct broker *b = jid ? find_own(a, jid, &trouble) : choose(a, command, &trouble);

	if (!b) {
		conn_send_error(conn, &trouble);
		return;
	}
	if (password)
		login_give_password(b, password, fields_get(command, "register"));
	command_done(conn, NULL);
}

/* A person was shown what status tells. */
static void run_notices_shown(struct accounts *a, struct conn *conn, struct fields command)
{
	for (struct broker *b = a->first; b; b = b->next)
		if (!b->context.stopping)
			notice_board_shown(b);
	command_done(conn, NULL);
}

static void describe_broker(const struct accounts *a, const struct broker *shown, struct buf *row)
{
	char hex[2 * FINGERPRINT_BYTES + 1];

	fields_add(row, "kind", "broker");
	fields_add_u64(row, "pid", getpid());
	fields_add(row, "version", PROGRAM_VERSION);
	fields_add_u64(row, "started", a->started);
	fields_add(row, "started-by", a->started_by);
	if (a->draining)
		fields_add(row, "stopping", "1");
	if (!shown->identity.key)
		return;
	hex_encode(device_key_fingerprint(shown->identity.key), FINGERPRINT_BYTES, hex);
	fields_add(row, "device", shown->context.device);
	fields_add(row, "fingerprint", hex);
	fields_add(row, "name", trust_own_name(shown->context.trust));
}

/* Accounts that have no broker, because their configuration names no address for them. */
static void describe_faulty(const struct accounts *a, struct conn *conn, struct buf *row)
{
	struct message trouble;

	for (size_t i = 0; i < a->list.count; i++) {
		if (a->list.rows[i].jid)
			continue;
		message_set(&trouble, MSG_BAD_ACCOUNT, "account", a->list.rows[i].name, "reason",
			    account_list_fault(&a->list, i), NULL);
		fields_add(row, "kind", "account");
		fields_add(row, "name", a->list.rows[i].name);
		fields_add(row, "jid", a->list.rows[i].given);
		fields_add(row, "state", "failed");
		fields_add(row, "error-id", message_name(trouble.id));
		fields_add(row, "error", trouble.text);
		command_row(conn, row);
	}
}

/*
 * The account that the command is for comes first, so that a reader of one account sees that
 * one: the one that is named, or that knows the person whom the command names, or the default.
 * With "only", the others are not told of.
 */
static void run_status(struct accounts *a, struct conn *conn, struct fields command)
{
	bool one = fields_get(command, "only");
	struct message trouble;
	struct broker *first = choose(a, command, &trouble);
	struct buf row = { 0 };

	if (!first && one) {
		conn_send_error(conn, &trouble);
		return;
	}
	if (!first)
		first = accounts_preferred(a);
	describe_broker(a, first, &row);
	command_row(conn, &row);
	/* The broker without an account says that there is none; one that is faulty is one. */
	if (!first->context.stopping && (*first->configured || a->list.count == 0))
		command_status_rows(first, conn);
	for (struct broker *b = one ? NULL : a->first; b; b = b->next)
		if (b != first && !b->context.stopping)
			command_status_rows(b, conn);
	if (!one)
		describe_faulty(a, conn, &row);
	buf_finish(&row);
	command_done(conn, NULL);
}

/* Which account a command would be for. */
static void run_account(struct accounts *a, struct conn *conn, struct fields command)
{
	struct message trouble;
	struct broker *b = choose(a, command, &trouble);
	struct buf row = { 0 };

	if (!b) {
		conn_send_error(conn, &trouble);
		return;
	}
	fields_add(&row, "kind", "account");
	fields_add(&row, "name", b->config->account);
	fields_add(&row, "jid", b->config->jid);
	fields_add(&row, "default", b->config->preferred ? "1" : "0");
	command_row(conn, &row);
	buf_finish(&row);
	command_done(conn, NULL);
}

static void run_queue_reload(struct accounts *a, struct conn *conn, struct fields command)
{
	struct buf fields = { 0 };
	uint64_t n = 0;

	for (struct broker *b = a->first; b; b = b->next)
		if (!b->context.stopping)
			n += queue_command_reload(b, conn);
	fields_add_u64(&fields, "entries", n);
	conn_send_fields(conn, FRAME_DONE, &fields);
	buf_finish(&fields);
}

/* The account that has this entry of the queue; any one if none has. */
static struct broker *queue_of(const struct accounts *a, struct fields command)
{
	const char *id = fields_get(command, "id");
	struct broker *b = a->first;

	while (b && !(id && queue_command_has(b, id)))
		b = b->next;
	return b ? b : accounts_preferred(a);
}

static void run_queue_retry(struct accounts *a, struct conn *conn, struct fields command)
{
	struct broker *b = queue_of(a, command);

	/* All entries: what of one account is on the disk is waited for, the others follow. */
	for (struct broker *other = a->first; other && !fields_get(command, "id");
	     other = other->next)
		if (other != b && !other->context.stopping)
			push_queue_retry(other->push_queue, NULL);
	conn_give(conn, b);
	queue_command_retry(b, conn, command);
}

static void run_queue_drop(struct accounts *a, struct conn *conn, struct fields command)
{
	struct broker *b = queue_of(a, command);

	conn_give(conn, b);
	queue_command_drop(b, conn, command);
}

static void on_transfer(void *arg, struct buf *row)
{
	command_row(arg, row);
}

/* The rows of the answer are what is waited for. With "now" nothing is. */
static void run_stop(struct accounts *a, struct conn *conn, struct fields command)
{
	bool now = fields_get(command, "now");

	for (struct broker *b = a->first; b && !now; b = b->next)
		if (!b->context.stopping)
			draining_list(&b->draining, on_transfer, conn);
	command_done(conn, "stopping");
	if (now)
		accounts_stop(a);
	else
		accounts_drain(a);
}

/* Whatever the account, the user is told what waits for them. */
static void say_notices(struct accounts *a, struct conn *conn, struct fields command)
{
	if (!fields_get(command, "notices"))
		return;
	for (struct broker *b = a->first; b; b = b->next)
		if (!b->context.stopping)
			notice_board_say(b, conn, fields_get(command, "jid"));
}

static void on_command(void *owner, struct conn *conn, struct fields command)
{
	static const struct {
		const char *verb;
		void (*run)(struct accounts *a, struct conn *conn, struct fields command);
	} rows[] = {
		{ "status", run_status },
		{ "account", run_account },
		{ "reload", run_reload },
		{ "cancel", run_cancel },
		{ "password", run_password },
		{ "queue-reload", run_queue_reload },
		{ "queue-retry", run_queue_retry },
		{ "queue-drop", run_queue_drop },
		{ "notices-shown", run_notices_shown },
		{ "stop", run_stop },
	};
	struct accounts *a = owner;
	const char *verb = fields_get(command, "verb");
	struct message trouble;
	struct broker *b;

	say_notices(a, conn, command);
	for (size_t i = 0; verb && i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].verb, verb))
			continue;
		rows[i].run(a, conn, command);
		/* Some answer later, after the disk, and own the connection. */
		if (!conn_has_owner(conn))
			conn_close(conn);
		return;
	}
	b = choose(a, command, &trouble);
	if (b) {
		conn_give(conn, b);
		command_run(b, conn, command);
	} else {
		conn_send_error(conn, &trouble);
		conn_close(conn);
	}
}

/*
 * Another version was installed while this broker runs, so its git runs the helper of that. The
 * task is to be tried again by the broker of that version.
 */
static void on_other_version(void *owner, const char *task)
{
	struct accounts *a = owner;

	for (struct broker *b = a->first; b; b = b->next)
		push_queue_troubled(b->push_queue, task, NULL, MSG_BROKER_VERSION);
}

const struct control_events accounts_control_events = {
	.open = on_open,
	.command = on_command,
	.other_version = on_other_version,
};
