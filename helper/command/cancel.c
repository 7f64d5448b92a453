/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp cancel: ends one transfer, whichever side it began on. The id is found here, among
 * those that the broker shows; the broker ends only what is named whole.
 */

#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "output.h"
#include "query.h"
#include "status-json.h"
#include "table.h"
#include "transfer-text.h"

static const char usage[] =
	"usage: git xmpp cancel [<id>] [--json]\n"
	"\n"
	"    --json  one JSON object\n"
	"\n"
	"Ends a transfer that moves, yours or one that a buddy has begun, and no other. Without\n"
	"<id> lists them, each with its command; the first letters of an id will do.\n"
	"\n"
	"    git xmpp cancel 1a2b3c4d\n";

/* Lists the transfers whose id begins so. */
static void show(const struct query *answer, const char *begin)
{
	struct table t = { .count = 0 };

	for (size_t i = 0; i < answer->count; i++) {
		struct fields row = query_row(answer, i);

		if (!transfer_is(row, begin))
			continue;
		transfer_put(&t, answer, row);
		/* A broker of an older version has no ids. */
		if (*row_get(row, "id"))
			table_cell(&t, PAINT_COMMAND, "git xmpp cancel %.*s",
				   (int)transfer_id_len(answer, row), row_get(row, "id"));
	}
	if (!t.count)
		screen_empty("nothing moves");
	table_print(&t);
}

/* Finds the id that begins so, which may be that of both ends. None begins with nothing. */
static bool find(const struct query *answer, const char *begin, char id[TRANSFER_ID_MAX],
		 struct message *trouble)
{
	bool found = false;

	for (size_t i = 0; i < answer->count; i++) {
		struct fields row = query_row(answer, i);

		if (!*begin || !transfer_is(row, begin))
			continue;
		if (found && strcmp(id, row_get(row, "id"))) {
			message_set(trouble, MSG_WHICH_TRANSFER, "id", begin, NULL);
			return false;
		}
		found = true;
		snprintf(id, TRANSFER_ID_MAX, "%s", row_get(row, "id"));
	}
	if (!found)
		message_set(trouble, MSG_NO_SUCH_TRANSFER, "id", begin, NULL);
	return found;
}

static const char *deed(struct fields row)
{
	if (!strcmp(row_get(row, "service"), "receive-pack"))
		return "push";
	return strcmp(row_get(row, "service"), "upload-pack") ? "archive" : "fetch";
}

/* Says what became of one end. A buddy's push that cannot be ended any more is an error. */
static int say(struct fields row)
{
	const char *jid = row_get(row, "jid"), *share = row_get(row, "share"), *what = deed(row);
	const char *entry = row_get(row, "entry");
	bool served = !strcmp(row_get(row, "direction"), "in"), push = !strcmp(what, "push");
	bool whole = fields_get_u64(row, "finishes", 0);
	struct message trouble;

	if (served && whole) {
		message_set(&trouble, MSG_PUSH_ARRIVED, "jid", jid, "share", share, NULL);
		return report_trouble(&trouble, false);
	}
	if (served)
		table_say("ended the %s of %s: %s%s", what, jid, share,
			  push ? ", before all of it had arrived" : "");
	else if (whole)
		table_say("ended your push to %s/%s, but all of it was sent: \"git xmpp log\" will "
			  "tell what became of it", jid, share);
	else
		table_say("ended your %s: %s/%s", what, jid, share);
	if (*entry)
		table_say("%s stays in the queue: \"git xmpp queue retry %s\" pushes it again, "
			  "\"git xmpp queue drop %s\" forgets it", entry, entry, entry);
	return STATUS_OK;
}

static int end(const char *id)
{
	struct message trouble;
	struct query answer;
	int status = STATUS_OK;

	if (query_to(&answer, "cancel", "id", id, false, &trouble) < 0)
		status = report_trouble(&trouble, false);
	for (size_t i = 0; i < answer.count && status == STATUS_OK; i++)
		status = say(query_row(&answer, i));
	query_finish(&answer);
	return status;
}

int cmd_cancel(int argc, char **argv)
{
	char id[TRANSFER_ID_MAX];
	struct message trouble;
	struct query answer;
	const char *begin;
	bool json;
	int status;

	if (!cmd_option_json(argc, argv, usage, &json))
		return STATUS_USAGE;
	if (argc - optind > 1)
		return cmd_misused(usage, "expected one id at most");
	begin = optind < argc ? argv[optind] : NULL;
	if (query_to(&answer, "status", NULL, NULL, false, &trouble) < 0) {
		status = report_trouble(&trouble, json);
	} else if (begin && find(&answer, begin, id, &trouble)) {
		status = end(id);
	} else if (begin) {
		if (trouble.id == MSG_WHICH_TRANSFER)
			show(&answer, begin);
		status = report_trouble(&trouble, json);
	} else {
		if (json)
			status_json_transfers(&answer);
		else
			show(&answer, "");
		status = STATUS_OK;
	}
	query_finish(&answer);
	return status;
}
