/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "setup-accounts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account-list.h"
#include "account-status.h"
#include "accountfile.h"
#include "alloc.h"
#include "commands.h"
#include "credential.h"
#include "json.h"
#include "output.h"
#include "query.h"
#include "question.h"
#include "queue-entries.h"
#include "table.h"

/* The sections that belong to an account. */
static const struct {
	const char *section, *shown, *variable;	/* variable: one that makes it what it is */
} owned[] = {
	{ "xmppshare", "xmppShare", "path" },
	{ "xmppfollow", "xmppFollow", "remote" },
};

static int no_such_account(const char *account)
{
	struct message trouble;

	message_set(&trouble, MSG_UNKNOWN_ACCOUNT, "account", account, NULL);
	return report_trouble(&trouble, false);
}

/* The list */

/* What the broker says of the account; its data is NULL if it says nothing. */
static struct fields state_of(const struct query *status, const char *name)
{
	struct fields row;

	account_status(status, name, &row);
	return row;
}

static const char *state_text(struct fields row)
{
	return row.data ? row_get(row, "state") : "no broker runs";
}

static enum paint state_paint(struct fields row)
{
	if (!row.data)
		return PAINT_DIM;
	if (!strcmp(row_get(row, "state"), "online"))
		return PAINT_GOOD;
	return *row_get(row, "error") ? PAINT_FAILED : PAINT_PLAIN;
}

static void list_for_people(const struct account_list *list, const struct query *status)
{
	struct table t = { .count = 0 };

	if (list->count == 0)
		screen_empty("no account; \"git xmpp setup\" makes one");
	for (size_t i = 0; i < list->count; i++) {
		struct fields row = state_of(status, list->rows[i].name);

		table_row(&t);
		table_cell(&t, PAINT_NAME, "%c %s", i == list->preferred ? '*' : ' ',
			   list->rows[i].name);
		table_cell(&t, PAINT_PLAIN, "%s", list->rows[i].given);
		table_cell(&t, state_paint(row), "%s", state_text(row));
		if (row.data && *row_get(row, "error"))
			table_more(&t, ": %s", row_get(row, "error"));
	}
	table_print(&t);
	if (list->count > 1 && list->preferred == list->count)
		report("hint", "None is the default; choose it with \"git xmpp setup "
		       "--default=<account>\"");
}

static void list_for_programs(const struct account_list *list, const struct query *status)
{
	struct buf out = { 0 };

	json_open(&out, NULL, '{');
	json_number(&out, "version", 1);
	json_open(&out, "accounts", '[');
	for (size_t i = 0; i < list->count; i++) {
		struct fields row = state_of(status, list->rows[i].name);

		json_open(&out, NULL, '{');
		json_string(&out, "name", list->rows[i].name);
		json_string(&out, "jid", list->rows[i].given);
		json_bool(&out, "default", i == list->preferred);
		json_string(&out, "state", row.data ? row_get(row, "state") : NULL);
		json_string(&out, "error", row.data ? fields_get(row, "error") : NULL);
		json_close(&out, '}');
	}
	json_close(&out, ']');
	json_close(&out, '}');
	json_print(&out);
}

int setup_list(const struct gitconfig *configuration, bool json)
{
	struct account_list list;
	struct message trouble;
	struct query status;

	account_list_take(&list, configuration);
	query_to(&status, "status", NULL, NULL, false, &trouble);
	if (json)
		list_for_programs(&list, &status);
	else
		list_for_people(&list, &status);
	query_finish(&status);
	account_list_finish(&list);
	return STATUS_OK;
}

/* Whose a share is */

/* Whether a variable of the section names an account. */
static bool names_account(const struct gitconfig *c, const char *section, const char *name)
{
	char *key = xasprintf("%s.%s.account", section, name);
	bool names = gitconfig_find(c, key);

	free(key);
	return names;
}

static size_t wish_owner_in(struct amendment *a, const struct gitconfig *c, size_t kind,
			    const char *jid)
{
	size_t count = 0, len;
	const char *name;

	for (size_t i = 0; i < c->count; i++) {
		const char *variable =
			gitconfig_variable(&c->rows[i], owned[kind].section, &name, &len);
		char *copy, *key;

		if (!variable || strcmp(variable, owned[kind].variable))
			continue;
		copy = xstrndup(name, len);
		key = xasprintf("%s.%s.account", owned[kind].shown, copy);
		if (names_account(c, owned[kind].section, copy)) {
			free(key);
		} else {
			amendment_wish(a, WISH_HAS, key, jid);
			count++;
		}
		free(copy);
	}
	return count;
}

size_t setup_wish_owner(struct amendment *a, const struct gitconfig *configuration, const char *jid)
{
	size_t count = 0;

	for (size_t kind = 0; kind < ARRAY_SIZE(owned); kind++)
		count += wish_owner_in(a, configuration, kind, jid);
	return count;
}

/* The default */

/* Writes what is wished, and has a running broker obey. */
static bool make_so(struct amendment *a)
{
	struct query answer = { .count = 0 };
	bool good = amendment_write(a) && amendment_settle(a, false, &answer);

	query_finish(&answer);
	return good;
}

int setup_default(const struct gitconfig *configuration, const char *account)
{
	struct amendment amendment = { .count = 0 };
	struct account_list list;
	int status = STATUS_FATAL;
	const char *before = NULL;
	size_t row;

	account_list_take(&list, configuration);
	row = account_list_find(&list, account);
	if (list.preferred < list.count)
		before = list.rows[list.preferred].jid;
	if (row == list.count) {
		status = no_such_account(account);
	} else {
		if (before && row != list.preferred)
			setup_wish_owner(&amendment, configuration, before);
		amendment_wish(&amendment, WISH_VALUE, xstrdup("xmpp.account"),
			       list.rows[row].name);
		if (make_so(&amendment)) {
			printf("default account '%s', %s\n", list.rows[row].name,
			       list.rows[row].given);
			amendment_report(&amendment);
			status = STATUS_OK;
		}
	}
	amendment_finish(&amendment);
	account_list_finish(&list);
	return status;
}

/* The end of one */

/* Whether a value of "account" means this account. */
static bool means(const char *value, const struct account_entry *account)
{
	char bare[JID_MAX];

	return value && (!strcmp(value, account->name) ||
			 (account->jid && jid_bare(value, bare) && !strcmp(bare, account->jid)));
}

static size_t count_owned(const struct gitconfig *c, size_t kind,
			  const struct account_entry *account)
{
	size_t count = 0, len;
	const char *name;

	for (size_t i = 0; i < c->count; i++) {
		const char *variable =
			gitconfig_variable(&c->rows[i], owned[kind].section, &name, &len);

		count += variable && !strcmp(variable, "account") &&
			 means(c->rows[i].value, account);
	}
	return count;
}

static size_t count_queued(const char *jid)
{
	struct queue_entries entries = { .count = 0 };
	struct message trouble;
	size_t count = 0;

	queue_entries_read(&entries, &trouble);
	for (size_t i = 0; jid && i < entries.count; i++)
		count += !strcmp(row_get(entries.rows[i].f, "account"), jid);
	queue_entries_finish(&entries);
	return count;
}

static void put_consequence(struct table *t, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void put_consequence(struct table *t, const char *what, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	table_row(t);
	table_cell(t, PAINT_NAME, "%s", what);
	table_cell(t, PAINT_PLAIN, "%s", buf_str(&text));
	buf_finish(&text);
}

/* What ends with the account, and what stays of it. */
static void tell_consequences(const struct gitconfig *c, const struct account_entry *account,
			      size_t unnamed)
{
	char directory[ACCOUNT_DIRECTORY_MAX];
	size_t shares = count_owned(c, 0, account) + unnamed, follows = count_owned(c, 1, account);
	size_t queued = count_queued(account->jid);
	struct table t = { .indent = 4 };

	table_say("account '%s', %s", account->name, account->given);
	put_consequence(&t, "ends", "the connection, and what is being transferred");
	if (shares + follows + queued)
		put_consequence(&t, "rests",
				"until it is set up again: shares %zu, followed "
				"remotes %zu, queued pushes %zu",
				shares, follows, queued);
	put_consequence(&t, "erased",
			"its settings, and its password where git's credential "
			"helpers keep it");
	if (account->jid) {
		accountfile_directory(account->jid, directory);
		put_consequence(&t, "kept",
				"the key of this device, whom it trusts, and what "
				"waits, in git-xmpp/accounts/%s of the data and the state "
				"directory; the contacts, at the server",
				directory);
	}
	table_print(&t);
}

static bool is_sure(const struct account_entry *account)
{
	char *deed = xasprintf("remove the account '%s'", account->name);
	bool sure = question_sure(deed, "Remove it?");

	free(deed);
	return sure;
}

/* Says which account is the default from now on, if that has changed. */
static void tell_default(void)
{
	struct gitconfig c;
	struct account_list list;
	struct message trouble;

	if (gitconfig_read(&c, &trouble) == 0) {
		account_list_take(&list, &c);
		if (list.preferred < list.count)
			table_say("default account '%s', %s", list.rows[list.preferred].name,
				  list.rows[list.preferred].given);
		else if (list.count)
			report("hint", "None is the default now; choose it with \"git xmpp setup "
			       "--default=<account>\"");
		account_list_finish(&list);
	}
	gitconfig_finish(&c);
}

static int removal(const struct gitconfig *configuration, const struct account_list *list,
		   size_t row, bool yes, struct amendment *a)
{
	const struct account_entry *account = &list->rows[row];
	const char *named = gitconfig_get(configuration, "xmpp.account");
	size_t unnamed = 0;

	if (row == list->preferred && account->jid)
		unnamed = setup_wish_owner(a, configuration, account->jid);
	if (named && !strcmp(named, account->name))
		amendment_wish(a, WISH_HAS_NOT, xstrdup("xmpp.account"), named);
	amendment_wish(a, WISH_GONE, xasprintf("xmpp.%s", account->name), NULL);
	tell_consequences(configuration, account, unnamed);
	if (!yes && !is_sure(account))
		return STATUS_NO;
	if (!make_so(a))
		return STATUS_FATAL;
	if (account->jid)
		credential_erase(account->jid);
	printf("removed account '%s'\n", account->name);
	amendment_report(a);
	if (row == list->preferred)
		tell_default();
	return STATUS_OK;
}

int setup_remove(const struct gitconfig *configuration, const char *account, bool yes)
{
	struct amendment amendment = { .count = 0 };
	struct account_list list;
	size_t row;
	int status;

	account_list_take(&list, configuration);
	row = account_list_find(&list, account);
	status = row < list.count ? removal(configuration, &list, row, yes, &amendment)
				  : no_such_account(account);
	amendment_finish(&amendment);
	account_list_finish(&list);
	return status;
}
