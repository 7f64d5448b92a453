/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp list: what buddies share with this device. The broker asks each trusted device that
 * is online. What several devices of a person answer alike is one line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "alloc.h"
#include "buddy-name.h"
#include "commands.h"
#include "json.h"
#include "output.h"
#include "person.h"
#include "query.h"
#include "table.h"
#include "text.h"
#include "time-text.h"

static const char usage[] =
	"usage: git xmpp list [<jid>] [--json]\n"
	"\n"
	"    --json  one JSON object\n"
	"\n"
	"What this buddy, or all who are online, share with you: name, right, head, the last\n"
	"change, and the address to clone.\n"
	"\n"
	"    git xmpp list bob@example.org\n";

static bool same(struct fields a, struct fields b, const char *key)
{
	return !strcmp(row_get(a, key), row_get(b, key));
}

static bool same_share(struct fields a, struct fields b)
{
	return row_is(b, "share") && same(a, b, "jid") && same(a, b, "share");
}

/* Whether both devices have said the same of the same share. */
static bool says_the_same(struct fields a, struct fields b)
{
	return same_share(a, b) && same(a, b, "right") && same(a, b, "head") &&
	       same(a, b, "object") && same(a, b, "changed");
}

/* Whether an earlier row says what this one does. */
static bool is_repeated(const struct query *answer, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (says_the_same(query_row(answer, at), query_row(answer, i)))
			return true;
	return false;
}

/* Whether devices of the person say different things of this share. */
static bool differs(const struct query *answer, struct fields row)
{
	for (size_t i = 0; i < answer->count; i++)
		if (same_share(row, query_row(answer, i)) &&
		    !says_the_same(row, query_row(answer, i)))
			return true;
	return false;
}

/* The address to clone; the device is in it where devices differ. */
static char *address_of(const struct query *answer, struct fields row)
{
	struct buf address = { 0 };

	buf_puts(&address, "xmpp::");
	address_put(&address, row_get(row, "jid"), row_get(row, "share"),
		    differs(answer, row) ? row_get(row, "device") : "");
	return buf_detach(&address);
}

/* The branch without refs/heads/, or the whole ref; "-" if it is not known. */
static const char *head_text(struct fields row)
{
	const char *head = row_get(row, "head");

	if (!*head)
		return "-";
	return strncmp(head, "refs/heads/", 11) ? head : head + 11;
}

static void put_share(struct table *t, const struct query *answer, struct fields row)
{
	char *address = address_of(answer, row), when[32];

	table_row(t);
	table_cell(t, PAINT_NAME, "%s", row_get(row, "share"));
	table_cell(t, PAINT_PLAIN, "%s", row_get(row, "right"));
	table_cell(t, PAINT_PLAIN, "%s", head_text(row));
	table_cell(t, PAINT_DIM, "%.12s", *row_get(row, "object") ? row_get(row, "object") : "-");
	table_cell(t, PAINT_PLAIN, "%s", when_shown(fields_get_u64(row, "changed", 0), when));
	table_cell(t, PAINT_COMMAND, "%s", address);
	free(address);
}

/* Prints what the user may do about a device that has told nothing; false if there is nothing. */
static bool show_device(struct fields row)
{
	static const struct {
		const char *state, *text;
	} texts[] = {
		{ "pending", "waits to be compared" },
		{ "silent", "does not answer; its git-xmpp may be too old to" },
		{ "busy", "is busy; ask again in a minute" },
		{ "unreachable", "cannot be reached" },
	};
	struct buf jid = { 0 };
	bool shown = false;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (strcmp(row_get(row, "state"), texts[i].state))
			continue;
		printf("! ");
		print_text(row_get(row, "jid"));
		printf(": device ");
		print_text(row_get(row, "device"));
		printf(" %s", texts[i].text);
		text_operand(&jid, row_get(row, "jid"));
		if (!i)
			printf("  (git xmpp verify %s)", buf_str(&jid));
		putchar('\n');
		shown = true;
	}
	buf_finish(&jid);
	return shown;
}

/* Whether an earlier row is a share of the same person, so that their line is printed. */
static bool was_headed(const struct query *answer, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (row_is(query_row(answer, i), "share") &&
		    same(query_row(answer, i), query_row(answer, at), "jid"))
			return true;
	return false;
}

static void show_person(const struct query *answer, size_t first)
{
	struct table t = { .indent = 4 };

	print_text(row_get(query_row(answer, first), "jid"));
	putchar('\n');
	for (size_t i = first; i < answer->count; i++) {
		struct fields row = query_row(answer, i);

		if (row_is(row, "share") && same(row, query_row(answer, first), "jid") &&
		    !is_repeated(answer, i))
			put_share(&t, answer, row);
	}
	table_print(&t);
}

static void show(const struct query *answer)
{
	bool any = false;

	for (size_t i = 0; i < answer->count; i++) {
		if (!row_is(query_row(answer, i), "share"))
			continue;
		any = true;
		if (!was_headed(answer, i))
			show_person(answer, i);
	}
	for (size_t i = 0; i < answer->count; i++)
		if (row_is(query_row(answer, i), "device") && show_device(query_row(answer, i)))
			any = true;
	if (!any)
		screen_empty("nobody online shares anything with you");
}

static void json_share(struct buf *out, const struct query *answer, struct fields row)
{
	char *address = address_of(answer, row);

	json_open(out, NULL, '{');
	json_string(out, "jid", fields_get(row, "jid"));
	json_string(out, "name", fields_get(row, "share"));
	json_string(out, "right", fields_get(row, "right"));
	json_string(out, "head", fields_get(row, "head"));
	json_string(out, "object", fields_get(row, "object"));
	json_time(out, "changed", fields_get_u64(row, "changed", 0));
	json_string(out, "address", address);
	json_open(out, "devices", '[');
	for (size_t i = 0; i < answer->count; i++)
		if (says_the_same(row, query_row(answer, i)))
			json_string(out, NULL, row_get(query_row(answer, i), "device"));
	json_close(out, ']');
	json_close(out, '}');
	free(address);
}

static void show_json(const struct query *answer)
{
	struct buf out = { 0 };

	json_open(&out, NULL, '{');
	json_number(&out, "version", 1);
	json_open(&out, "shares", '[');
	for (size_t i = 0; i < answer->count; i++)
		if (row_is(query_row(answer, i), "share") && !is_repeated(answer, i))
			json_share(&out, answer, query_row(answer, i));
	json_close(&out, ']');
	json_open(&out, "devices", '[');
	for (size_t i = 0; i < answer->count; i++) {
		struct fields row = query_row(answer, i);

		if (!row_is(row, "device"))
			continue;
		json_open(&out, NULL, '{');
		json_string(&out, "jid", fields_get(row, "jid"));
		json_string(&out, "device", fields_get(row, "device"));
		json_string(&out, "state", fields_get(row, "state"));
		json_close(&out, '}');
	}
	json_close(&out, ']');
	json_close(&out, '}');
	json_print(&out);
}

static int ask(const char *jid, bool json)
{
	static const char *const order[] = { "jid", "share", "device" };
	struct message trouble = { .id = MSG_NONE };
	struct query answer;
	int status;

	if (query_to(&answer, "list", "jid", jid, autostart_allowed(), &trouble) < 0)
		status = report_trouble(&trouble, json);
	else
		status = answer.status;
	/* Devices answer in any order. */
	query_sort(&answer, order, ARRAY_SIZE(order));
	if (trouble.id == MSG_NONE && json)
		show_json(&answer);
	else if (trouble.id == MSG_NONE)
		show(&answer);
	query_finish(&answer);
	return status;
}

int cmd_list(int argc, char **argv)
{
	struct message trouble;
	char jid[JID_MAX];
	bool json;

	if (!cmd_option_json(argc, argv, usage, &json))
		return STATUS_USAGE;
	if (argc - optind > 1)
		return cmd_misused(usage, "expected one address at most");
	if (optind < argc && !buddy_name_jid(argv[optind], jid, &trouble))
		return report_trouble(&trouble, json);
	return ask(optind < argc ? jid : NULL, json);
}
