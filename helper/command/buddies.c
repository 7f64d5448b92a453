/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp buddies: the contacts of the account, and the account's own other devices, as
 * far as they concern git.
 */

#include <stdlib.h>
#include <string.h>

#include "account-status.h"
#include "buddy-name.h"
#include "buddy-text.h"
#include "commands.h"
#include "device-text.h"
#include "json.h"
#include "output.h"
#include "person.h"
#include "query.h"
#include "queue-entries.h"

static const char buddies_usage[] =
	"usage: git xmpp buddies [<jid>] [--online] [--json | --porcelain]\n"
	"\n"
	"    --online     only those who are online\n"
	"    --json       one JSON object\n"
	"    --porcelain  a line per buddy: jid, state, subscription, trust, number of\n"
	"                 devices, last seen, how many wait, marks, error, protocol, when asked\n"
	"                 again; separated by tabs\n"
	"\n"
	"    git xmpp buddies --online\n";

/* Why there is no list: the account's own error, or that the login takes too long. */
static void explain(struct fields account, struct message *trouble)
{
	account_status_trouble(account, trouble);
	if (trouble->id == MSG_NONE && !strcmp(row_get(account, "state"), "none"))
		message_set(trouble, MSG_NO_ACCOUNT, NULL);
	else if (trouble->id == MSG_NONE)
		message_set(trouble, MSG_NOT_ONLINE, "jid", row_get(account, "jid"), NULL);
}

/*
 * Whether the account is offline, and why: then nobody is seen, and the roster is the last
 * known one.
 */
static bool is_offline(const struct query *answer, struct message *why)
{
	struct fields account;

	if (!query_find(answer, "account", &account) ||
	    !strcmp(row_get(account, "state"), "online"))
		return false;
	explain(account, why);
	return true;
}

static void json_offline(struct buf *out, const struct query *answer)
{
	struct message why;

	if (!is_offline(answer, &why)) {
		json_string(out, "offline", NULL);
		return;
	}
	json_open(out, "offline", '{');
	json_string(out, "id", message_name(why.id));
	json_string(out, "message", why.text);
	json_string(out, "hint", *why.hint ? why.hint : NULL);
	json_close(out, '}');
}

enum form { FORM_TABLE, FORM_JSON, FORM_PORCELAIN };

static unsigned count_pushes(void *arg, const char *jid)
{
	const struct queue_entries *entries = arg;
	unsigned n = 0;

	for (size_t i = 0; i < entries->count; i++)
		n += !strcmp(row_get(entries->rows[i].f, "jid"), jid) &&
		     strcmp(row_get(entries->rows[i].f, "state"), "failed") != 0;
	return n;
}

static bool is_asked_for(struct fields row, bool online)
{
	return !online || fields_get_u64(row, "self", 0) || fields_get_u64(row, "online", 0);
}

/*
 * The devices of one's own account are always shown, so that a new one is noticed; those of
 * somebody else if they were asked for.
 */
static void show_devices(const struct query *answer, size_t i, bool devices)
{
	if (!devices && !fields_get_u64(query_row(answer, i), "self", 0))
		return;
	for (size_t d = 0; d < buddy_devices(answer, i); d++)
		device_show(query_row(answer, i + 1 + d));
}

static void show_people(const struct query *answer, bool online, bool devices)
{
	struct queue_entries entries = { .count = 0 };
	struct buddy_context context = { .own = "", .pushes = count_pushes, .arg = &entries };
	size_t count, *sorted = buddies_sorted(answer, &count);
	struct table t = { .count = 0 };
	struct message trouble;
	struct fields account;

	if (query_find(answer, "account", &account))
		context.own = row_get(account, "jid");
	if (queue_entries_read(&entries, &trouble))
		message_print(&trouble, "warning: ");
	for (size_t k = 0; k < count; k++)
		if (is_asked_for(query_row(answer, sorted[k]), online))
			buddy_put(&t, answer, sorted[k], &context);
	if (!t.count)
		screen_empty(online ? "nobody is online" : "no buddies yet");
	table_print(&t);
	for (size_t k = 0; k < count; k++)
		show_devices(answer, sorted[k], devices);
	queue_entries_finish(&entries);
	free(sorted);
}

static void show_porcelain(const struct query *answer, bool online)
{
	size_t count, *sorted = buddies_sorted(answer, &count);

	for (size_t k = 0; k < count; k++)
		if (is_asked_for(query_row(answer, sorted[k]), online))
			buddy_porcelain(answer, sorted[k]);
	free(sorted);
}

static void show_json(const struct query *answer, bool online)
{
	size_t count, *sorted = buddies_sorted(answer, &count);
	struct buf out = { 0 };

	json_begin(&out);
	json_offline(&out, answer);
	json_open(&out, "buddies", '[');
	for (size_t k = 0; k < count; k++)
		if (is_asked_for(query_row(answer, sorted[k]), online))
			buddy_json(&out, answer, sorted[k]);
	json_close(&out, ']');
	json_close(&out, '}');
	json_print(&out);
	free(sorted);
}

/*
 * Whether the broker has not yet read the roster, so that its list is not complete.
 * *account is the account's row.
 */
static bool is_incomplete(const struct query *answer, struct fields *account)
{
	return query_find(answer, "account", account) && !strcmp(row_get(*account, "roster"), "0");
}

/*
 * Asks for the buddies, or one of them. The broker waits until the roster is known. The caller
 * finishes *answer. -1 with *trouble.
 */
static int ask(struct query *answer, const char *jid, struct message *trouble)
{
	struct buf command = { 0 };
	struct fields account;
	int result;

	fields_add(&command, "verb", "buddies");
	if (jid)
		fields_add(&command, "jid", jid);
	fields_add(&command, "wait", "1");
	result = query_get(answer, &command, autostart_allowed(), trouble);
	buf_finish(&command);
	if (result || !is_incomplete(answer, &account))
		return result;
	explain(account, trouble);
	return -1;
}

int cmd_buddies(int argc, char **argv)
{
	static const struct option options[] = {
		{ "online", no_argument, NULL, 'o' },
		{ "json", no_argument, NULL, 'j' },
		{ "porcelain", no_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	struct message trouble = { .id = MSG_NONE };
	enum form form = FORM_TABLE;
	struct query answer;
	char jid[JID_MAX];
	bool online = false, one;
	int c, status = STATUS_OK;
	struct fields row;

	while ((c = cmd_option(argc, argv, options, buddies_usage)) != -1) {
		if (c == 'o')
			online = true;
		else if (c == 'j' || c == 'p')
			form = c == 'j' ? FORM_JSON : FORM_PORCELAIN;
		else
			return STATUS_USAGE;
	}
	if (argc - optind > 1)
		return cmd_misused(buddies_usage, "too many arguments");
	one = optind < argc;
	if (one && !buddy_name_jid(argv[optind], jid, &trouble))
		return report_trouble(&trouble, form == FORM_JSON);

	if (ask(&answer, one ? jid : NULL, &trouble) < 0) {
		status = report_trouble(&trouble, form == FORM_JSON);
	} else if (one && !query_find(&answer, "buddy", &row)) {
		message_set(&trouble, MSG_NOT_BUDDY, "jid", jid, NULL);
		status = report_trouble(&trouble, form == FORM_JSON);
	} else {
		if (form == FORM_JSON)
			show_json(&answer, online);
		else if (form == FORM_PORCELAIN)
			show_porcelain(&answer, online);
		else
			show_people(&answer, online, one);
		if (form != FORM_JSON && is_offline(&answer, &trouble))
			report("warning", "not online, so nobody is seen: %s", trouble.text);
	}
	query_finish(&answer);
	return status;
}
