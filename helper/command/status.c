/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp status: all that the broker knows about itself; the exit status says whether it
 * is online. It never starts a broker: a question changes nothing.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "account-status.h"
#include "alloc.h"
#include "commands.h"
#include "json.h"
#include "output.h"
#include "share-config.h"
#include "text.h"
#include "time-text.h"

static const char usage[] = "usage: git xmpp status [--json] [--wait[=<seconds>]]\n"
			    "\n"
			    "    --json              one JSON object\n"
			    "    --wait[=<seconds>]  until online or failed, at most 10 seconds\n"
			    "\n"
			    "The exit status is 0 when online, 1 when not.\n"
			    "\n"
			    "    git xmpp status --wait\n";

enum { WAIT_SECONDS = 10, WAIT_SECONDS_MAX = 86400 };

/* Output for people. */

static void show_broker(struct fields row)
{
	uint64_t started = fields_get_u64(row, "started", 0), now = time(NULL);
	char span[32];

	printf("broker    running, pid ");
	print_text(row_get(row, "pid"));
	printf(", ");
	print_text(row_get(row, "version"));
	if (started > 0 && started <= now)
		printf(", since %s", span_text(now - started, span));
	if (fields_get(row, "stopping"))
		printf(", stopping when no transfer runs");
	putchar('\n');
}

static void show_account(struct fields row)
{
	uint64_t retry = fields_get_u64(row, "retry-in", 0);
	char span[32];

	if (!strcmp(row_get(row, "state"), "none")) {
		printf("account   none; \"git xmpp setup\" makes one\n");
		return;
	}
	printf("account   ");
	print_text(row_get(row, "name"));
	printf("  ");
	print_text(row_get(row, "jid"));
	printf("  ");
	print_text(row_get(row, "state"));
	if (*row_get(row, "error")) {
		printf(": ");
		print_text(row_get(row, "error"));
	}
	if (retry > 0)
		printf(" (next attempt in %s)", span_text(retry, span));
	putchar('\n');
}

/* Prints "! bob@example.org has a new device  (git xmpp verify bob@example.org)". */
static void show_notice(struct fields row)
{
	printf("! ");
	print_text(row_get(row, "text"));
	if (*row_get(row, "hint")) {
		printf("  (");
		print_text(row_get(row, "hint"));
		putchar(')');
	}
	putchar('\n');
}

static const char *fault_of(struct fields row)
{
	return share_fault(row_get(row, "name"), fields_get(row, "path"));
}

/*
 * Prints "! share 'project' is not served: its repository is gone  (git xmpp unshare
 * project)".
 */
static void show_fault(struct fields row)
{
	struct buf name = { 0 };

	if (!fault_of(row))
		return;
	text_shell(&name, row_get(row, "name"));
	printf("! share '");
	print_text(row_get(row, "name"));
	printf("' is not served: %s  (git xmpp unshare ", fault_of(row));
	print_text(buf_str(&name));
	printf(")\n");
	buf_finish(&name);
}

/* Prints ", sends 7.2 KiB/s, which is what the server lets through". */
static void show_rate(struct fields row)
{
	uint64_t rate = fields_get_u64(row, "rate", 0);

	if (rate)
		printf(", %s %.1f KiB/s",
		       !strcmp(row_get(row, "moves"), "in") ? "receives" : "sends", rate / 1024.0);
	if (rate && fields_get(row, "limited"))
		printf(", which is what the server lets through");
}

static void show_wait(struct fields row)
{
	uint64_t waits = fields_get_u64(row, "waits", 0);
	char span[32];

	if (waits)
		printf("  waits up to %s for the connection", span_text(waits, span));
}

static void show_link(struct fields row)
{
	static const char *const columns[] = { "jid", "device", "path", "state" };

	printf("link    ");
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		printf("  ");
		print_text(row_get(row, columns[i]));
	}
	show_wait(row);
	show_rate(row);
	putchar('\n');
}

static void show_transfer(struct fields row)
{
	printf("transfer  ");
	print_text(row_get(row, "jid"));
	printf("  ");
	print_text(row_get(row, "service"));
	printf("  ");
	print_text(row_get(row, "share"));
	printf("  %s, %.1f MiB sent, %.1f MiB received, ",
	       !strcmp(row_get(row, "direction"), "in") ? "incoming" : "ours",
	       fields_get_u64(row, "sent", 0) / 1048576.0,
	       fields_get_u64(row, "received", 0) / 1048576.0);
	print_text(row_get(row, "path"));
	show_wait(row);
	show_rate(row);
	putchar('\n');
}

/*
 * Prints "follow    bob@example.org/project  origin /home/alice/project/.git  quiet,
 * fetched 3 days ago".
 */
static void show_follow(struct fields row)
{
	uint64_t last = fields_get_u64(row, "last-ok", 0), now = time(NULL);
	char span[32];

	printf("follow    ");
	print_text(row_get(row, "jid"));
	putchar('/');
	print_text(row_get(row, "share"));
	printf("  ");
	print_text(row_get(row, "remote"));
	putchar(' ');
	print_text(row_get(row, "path"));
	printf("  ");
	print_text(row_get(row, "state"));
	if (last > 0 && last <= now)
		printf(", fetched %s ago", span_text(now - last, span));
	if (*row_get(row, "error")) {
		printf(": ");
		print_text(row_get(row, "error"));
	}
	if (fields_get_u64(row, "retry-in", 0))
		printf(" (next attempt in %s)",
		       span_text(fields_get_u64(row, "retry-in", 0), span));
	putchar('\n');
}

/* Prints "paths     auto; to be dialled on port 4711; proxy.example.org is a proxy". */
static void show_paths(struct fields row)
{
	char span[32];

	printf("paths     ");
	print_text(row_get(row, "transport"));
	if (fields_get_u64(row, "port", 0))
		printf("; to be dialled on port %" PRIu64, fields_get_u64(row, "port", 0));
	if (*row_get(row, "error")) {
		printf("; no port to be dialled on: ");
		print_text(row_get(row, "error"));
		printf(" (next attempt in %s)",
		       span_text(fields_get_u64(row, "retry-in", 0), span));
	}
	if (*row_get(row, "proxy")) {
		printf("; ");
		print_text(row_get(row, "proxy"));
		printf(" is a proxy");
	}
	putchar('\n');
}

static void show_counts(const struct query *answer)
{
	struct fields row = { .data = NULL };
	uint64_t shares = 0;

	for (size_t i = 0; i < answer->count; i++)
		shares += row_is(query_row(answer, i), "share");
	query_find(answer, "count", &row);
	printf("shares    %-8" PRIu64 "buddies %" PRIu64 " (%" PRIu64 " reachable with git)\n",
	       shares, fields_get_u64(row, "buddies", 0), fields_get_u64(row, "reachable", 0));
}

static const struct {
	const char *kind;
	void (*show)(struct fields row);
} shown[] = {
	{ "broker", show_broker },
	{ "account", show_account },
	{ "notice", show_notice },
	{ "share", show_fault },
	{ "paths", show_paths },
	{ NULL, NULL },			/* show_counts() stands here */
	{ "link", show_link },
	{ "transfer", show_transfer },
	{ "follow", show_follow },
};

static void show(const struct query *answer)
{
	struct message trouble;
	struct fields row;

	for (size_t k = 0; k < ARRAY_SIZE(shown); k++) {
		if (!shown[k].kind)
			show_counts(answer);
		for (size_t i = 0; shown[k].kind && i < answer->count; i++)
			if (row_is(query_row(answer, i), shown[k].kind))
				shown[k].show(query_row(answer, i));
	}
	account_status(answer, NULL, &row);
	account_status_trouble(row, &trouble);
	if (*trouble.hint)
		printf("hint: %s\n", trouble.hint);
}

/* Output for programs. */

static void json_texts(struct buf *out, struct fields row, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		json_string(out, keys[i], fields_get(row, keys[i]));
}

/* Appends all values of a key as a list. */
static void json_values(struct buf *out, struct fields row, const char *name)
{
	size_t pos = 0, key_len;
	const char *key, *value;

	json_open(out, name, '[');
	while (fields_next(row, &pos, &key, &key_len, &value))
		if (field_is(key, key_len, name))
			json_string(out, NULL, value);
	json_close(out, ']');
}

static void json_account(struct buf *out, struct fields row)
{
	static const char *const keys[] = { "name", "jid", "state" };
	struct message trouble;

	json_texts(out, row, keys, ARRAY_SIZE(keys));
	account_status_trouble(row, &trouble);
	if (*trouble.text) {
		json_open(out, "error", '{');
		json_string(out, "id", fields_get(row, "error-id"));
		json_string(out, "message", trouble.text);
		json_string(out, "hint", *trouble.hint ? trouble.hint : NULL);
		json_close(out, '}');
	} else {
		json_string(out, "error", NULL);
	}
	if (fields_get(row, "retry-in"))
		json_number(out, "retry_in", fields_get_u64(row, "retry-in", 0));
}

static void json_notice(struct buf *out, struct fields row)
{
	static const char *const keys[] = { "id", "jid", "text", "hint" };

	json_texts(out, row, keys, ARRAY_SIZE(keys));
}

static void json_share(struct buf *out, struct fields row)
{
	static const char *const keys[] = { "name", "path" };

	json_texts(out, row, keys, ARRAY_SIZE(keys));
	json_values(out, row, "fetch");
	json_values(out, row, "push");
	json_string(out, "fault", fault_of(row));
}

static void json_rate(struct buf *out, struct fields row)
{
	if (!fields_get(row, "rate"))
		return;
	json_number(out, "rate", fields_get_u64(row, "rate", 0));
	json_string(out, "moves", fields_get(row, "moves"));
	json_bool(out, "limited_by_server", fields_get(row, "limited"));
}

static void json_link(struct buf *out, struct fields row)
{
	static const char *const keys[] = { "jid", "device", "path", "state" };

	json_texts(out, row, keys, ARRAY_SIZE(keys));
	json_number(out, "waits", fields_get_u64(row, "waits", 0));
	json_rate(out, row);
	json_number(out, "control_sent", fields_get_u64(row, "control-sent", 0));
	json_number(out, "control_received", fields_get_u64(row, "control-received", 0));
}

static void json_transfer(struct buf *out, struct fields row)
{
	static const char *const keys[] = {
		"jid", "device", "share", "service", "direction", "path"
	};

	json_texts(out, row, keys, ARRAY_SIZE(keys));
	json_number(out, "sent", fields_get_u64(row, "sent", 0));
	json_number(out, "received", fields_get_u64(row, "received", 0));
	json_number(out, "waits", fields_get_u64(row, "waits", 0));
	json_rate(out, row);
}

static void json_follow(struct buf *out, struct fields row)
{
	static const char *const keys[] = { "jid", "share", "remote", "path", "state", "error" };

	json_texts(out, row, keys, ARRAY_SIZE(keys));
	json_time(out, "last_ok", fields_get_u64(row, "last-ok", 0));
	json_time(out, "last_failed", fields_get_u64(row, "last-failed", 0));
	if (fields_get(row, "retry-in"))
		json_number(out, "retry_in", fields_get_u64(row, "retry-in", 0));
}

static const struct {
	const char *list, *kind;
	void (*write)(struct buf *out, struct fields row);
} lists[] = {
	{ "accounts", "account", json_account },
	{ "notices", "notice", json_notice },
	{ "shares", "share", json_share },
	{ "links", "link", json_link },
	{ "transfers", "transfer", json_transfer },
	{ "follows", "follow", json_follow },
};

static void json_broker(struct buf *out, const struct query *answer)
{
	static const char *const keys[] = { "version", "device", "fingerprint" };
	struct fields row;

	if (!query_find(answer, "broker", &row)) {
		json_string(out, "broker", NULL);
		return;
	}
	json_open(out, "broker", '{');
	json_number(out, "pid", fields_get_u64(row, "pid", 0));
	json_time(out, "started", fields_get_u64(row, "started", 0));
	json_bool(out, "stopping", fields_get(row, "stopping"));
	json_texts(out, row, keys, ARRAY_SIZE(keys));
	json_close(out, '}');
}

static void json_paths(struct buf *out, const struct query *answer)
{
	struct fields row;

	if (!query_find(answer, "paths", &row)) {
		json_string(out, "paths", NULL);
		return;
	}
	json_open(out, "paths", '{');
	json_string(out, "transport", fields_get(row, "transport"));
	json_number(out, "port", fields_get_u64(row, "port", 0));
	json_string(out, "error", fields_get(row, "error"));
	json_string(out, "proxy", fields_get(row, "proxy"));
	json_close(out, '}');
}

static bool is_shown(struct fields row, const char *kind)
{
	return row_is(row, kind) && strcmp(row_get(row, "state"), "none");
}

static void show_json(const struct query *answer)
{
	struct fields count = { .data = NULL };
	struct buf out = { 0 };

	json_open(&out, NULL, '{');
	json_number(&out, "version", 1);
	json_broker(&out, answer);
	json_paths(&out, answer);
	for (size_t k = 0; k < ARRAY_SIZE(lists); k++) {
		json_open(&out, lists[k].list, '[');
		for (size_t i = 0; i < answer->count; i++) {
			if (!is_shown(query_row(answer, i), lists[k].kind))
				continue;
			json_open(&out, NULL, '{');
			lists[k].write(&out, query_row(answer, i));
			json_close(&out, '}');
		}
		json_close(&out, ']');
	}
	query_find(answer, "count", &count);
	json_number(&out, "buddies", fields_get_u64(count, "buddies", 0));
	json_number(&out, "reachable", fields_get_u64(count, "reachable", 0));
	json_close(&out, '}');
	json_print(&out);
}

/* The seconds of --wait, or -1 if the text is no valid number. */
static int wait_seconds(const char *text)
{
	char *end;
	long n;

	if (!text)
		return WAIT_SECONDS;
	n = strtol(text, &end, 10);
	return end == text || *end || n < 0 || n > WAIT_SECONDS_MAX ? -1 : (int)n;
}

/* A person has seen the notices: no other command needs to tell them. */
static void tell_shown(const struct query *answer)
{
	struct message trouble;
	struct query none;
	struct fields row;

	if (!query_find(answer, "notice", &row))
		return;
	query_to(&none, "notices-shown", NULL, NULL, false, &trouble);
	query_finish(&none);
}

int cmd_status(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "wait", optional_argument, NULL, 'w' },
		{ NULL, 0, NULL, 0 },
	};
	struct message trouble = { .id = MSG_NONE };
	struct query answer;
	struct fields row;
	bool json = false;
	int c, seconds = 0, status;

	while ((c = cmd_option(argc, argv, options, usage)) != -1) {
		switch (c) {
		case 'j':
			json = true;
			break;
		case 'w':
			seconds = wait_seconds(optarg);
			if (seconds < 0)
				return cmd_misused(usage, "--wait needs a number of seconds");
			break;
		default:
			return STATUS_USAGE;
		}
	}
	if (optind < argc)
		return cmd_misused(usage, "status takes no arguments");

	if (account_status_wait(&answer, NULL, seconds, &trouble) == 0) {
		status = account_status(&answer, NULL, &row) == ACCOUNT_STATUS_ONLINE ? STATUS_OK
										      : STATUS_NO;
		if (json)
			show_json(&answer);
		else
			show(&answer);
		if (!json && isatty(STDOUT_FILENO))
			tell_shown(&answer);
	} else if (trouble.id == MSG_BROKER_UNREACHABLE) {
		status = STATUS_NO;
		if (json)
			show_json(&answer);
		else
			printf("broker    not running\n");
	} else {
		status = report_trouble(&trouble, json);
	}
	query_finish(&answer);
	return status;
}
