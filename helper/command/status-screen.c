/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each section is a table of its own, so that a long line in one does not move the columns of
 * another. The queue is read from its files: a push waits whether a broker runs or not.
 */
#include "status-screen.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "account-status.h"
#include "alloc.h"
#include "queue-entries.h"
#include "share-config.h"
#include "size-text.h"
#include "table.h"
#include "text.h"
#include "time-text.h"
#include "transfer-text.h"

/* Where there are several accounts, a row says which one it is about. */
static void put_owner(struct table *t, const struct query *answer, struct fields row)
{
	const char *name = row_get(row, "account");
	struct fields account;
	size_t accounts = 0;

	for (size_t i = 0; i < answer->count; i++)
		accounts += row_is(query_row(answer, i), "account");
	if (accounts < 2 || !*name)
		return;
	account_status(answer, name, &account);
	table_cell(t, PAINT_DIM, "by %.*s",
		   (int)(account.data ? strcspn(row_get(account, "jid"), "/") : strlen(name)),
		   account.data ? row_get(account, "jid") : name);
}

static void each(const struct query *answer, const char *kind, struct table *t,
		 void (*put)(struct table *t, struct fields row))
{
	for (size_t i = 0; i < answer->count; i++) {
		struct fields row = query_row(answer, i);
		size_t rows = t->rows;

		if (!row_is(row, kind))
			continue;
		put(t, row);
		if (t->rows > rows)
			put_owner(t, answer, row);
	}
}

/* Adds a cell with a command, whose last word is quoted for a shell. */
static void put_command(struct table *t, const char *command, const char *operand)
{
	struct buf word = { 0 };

	text_operand(&word, operand);
	table_cell(t, PAINT_COMMAND, "%s %s", command, buf_str(&word));
	buf_finish(&word);
}

/* Who the user is. */

static enum paint paint_of(const char *state)
{
	if (!strcmp(state, "online"))
		return PAINT_GOOD;
	return strcmp(state, "failed") ? PAINT_WAITS : PAINT_FAILED;
}

/* With several accounts, the default one is marked. */
static void put_default(struct table *t, const struct query *answer)
{
	struct fields row;
	size_t n = 0;

	for (size_t i = 0; i < answer->count; i++)
		n += row_is(query_row(answer, i), "account");
	if (n < 2 || !query_find(answer, "account", &row) || !fields_get(row, "default"))
		return;
	table_row(t);
	table_cell(t, PAINT_DIM, "default");
	table_cell(t, PAINT_PLAIN, "%s", row_get(row, "name"));
}

static void put_account(struct table *t, struct fields row)
{
	const char *state = row_get(row, "state");
	uint64_t retry = fields_get_u64(row, "retry-in", 0);
	char span[32];

	table_row(t);
	if (!strcmp(state, "none")) {
		table_cell(t, PAINT_WAITS, "no account");
		table_cell(t, PAINT_COMMAND, "git xmpp setup");
		return;
	}
	table_cell(t, PAINT_NAME, "%.*s", (int)strcspn(row_get(row, "jid"), "/"),
		   row_get(row, "jid"));
	table_cell(t, paint_of(state), "%s", state);
	if (*row_get(row, "error"))
		table_more(t, ": %s", row_get(row, "error"));
	if (retry > 0)
		table_more(t, " (next attempt in %s)", span_text(retry, span));
}

/* How the broker was started. One of an older version does not say. */
static void put_start(struct table *t, struct fields row)
{
	static const struct {
		const char *name, *text;
	} ways[] = {
		{ "systemd-socket", "started by systemd (socket)" },
		{ "systemd-service", "started by systemd (service)" },
		{ "autostart", "started with the desktop session" },
		{ "on-demand", "started on demand" },
		{ "by-hand", "started by hand" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (!strcmp(row_get(row, "started-by"), ways[i].name))
			table_cell(t, PAINT_DIM, "%s", ways[i].text);
}

static void put_device(struct table *t, const struct query *answer)
{
	struct fields broker, paths;

	if (!query_find(answer, "broker", &broker) || !*row_get(broker, "device"))
		return;
	table_row(t);
	table_cell(t, PAINT_NAME, "this device");
	if (*row_get(broker, "name"))
		table_cell(t, PAINT_PLAIN, "\"%s\" (%s)", row_get(broker, "name"),
			   row_get(broker, "device"));
	else
		table_cell(t, PAINT_PLAIN, "%s", row_get(broker, "device"));
	if (query_find(answer, "paths", &paths)) {
		char *text = transfer_ways(paths);

		table_cell(t, PAINT_DIM, "%s", text);
		free(text);
	}
	put_start(t, broker);
}

/* What waits for the user; news, of which they need to do nothing, have no mark. */

static void put_notice(struct table *t, struct fields row)
{
	table_row(t);
	table_cell(t, PAINT_WAITS, "%s", fields_get(row, "news") ? "" : "!");
	table_cell(t, PAINT_PLAIN, "%s", row_get(row, "text"));
	table_cell(t, PAINT_COMMAND, "%s", row_get(row, "hint"));
}

static void put_fault(struct table *t, struct fields row)
{
	const char *fault = share_fault(row_get(row, "name"), fields_get(row, "path"));

	if (!fault)
		return;
	table_row(t);
	table_cell(t, PAINT_WAITS, "!");
	table_cell(t, PAINT_PLAIN, "share '%s' is not served: %s", row_get(row, "name"), fault);
	put_command(t, "git xmpp unshare", row_get(row, "name"));
}

/* An invitation whose inviter is away. */
static void put_joining(struct table *t, struct fields row)
{
	struct buf word = { 0 };
	char since[32], until[32];

	text_shell(&word, row_get(row, "jid"));
	table_row(t);
	table_cell(t, PAINT_DIM, "joining");
	table_cell(t, PAINT_NAME, "%s", row_get(row, "jid"));
	table_cell(t, PAINT_WAITS, "waits since %s, until %s",
		   when_shown(fields_get_u64(row, "since", 0), since),
		   when_shown(fields_get_u64(row, "until", 0), until));
	table_cell(t, PAINT_COMMAND, "git xmpp join --cancel=%s", buf_str(&word));
	buf_finish(&word);
}

static void put_port(struct table *t, struct fields row)
{
	char span[32];

	if (!*row_get(row, "error"))
		return;
	table_row(t);
	table_cell(t, PAINT_WAITS, "!");
	table_cell(t, PAINT_PLAIN, "nobody can connect to this device directly: %s",
		   row_get(row, "error"));
	table_cell(t, PAINT_DIM, "next attempt in %s",
		   span_text(fields_get_u64(row, "retry-in", 0), span));
}

/* What moves. */

static void put_transfers(struct table *t, const struct query *answer)
{
	for (size_t i = 0; i < answer->count; i++) {
		struct fields row = query_row(answer, i);

		if (!row_is(row, "transfer"))
			continue;
		transfer_put(t, answer, row);
		table_cell(t, PAINT_DIM, "%.*s", (int)transfer_id_len(answer, row),
			   row_get(row, "id"));
		put_owner(t, answer, row);
	}
}

/* What there is. */

static void put_follow(struct table *t, struct fields row)
{
	uint64_t last = fields_get_u64(row, "last-ok", 0);
	char text[32];

	table_row(t);
	table_cell(t, PAINT_DIM, "follow");
	table_cell(t, PAINT_NAME, "%s/%s", row_get(row, "jid"), row_get(row, "share"));
	table_cell(t, PAINT_PLAIN, "%s %s", row_get(row, "remote"), row_get(row, "path"));
	table_cell(t, PAINT_PLAIN, "%s", row_get(row, "state"));
	if (last > 0)
		table_more(t, ", fetched %s", when_shown(last, text));
	if (*row_get(row, "error"))
		table_more(t, ": %s", row_get(row, "error"));
	if (fields_get_u64(row, "retry-in", 0))
		table_more(t, " (next attempt in %s)",
			   span_text(fields_get_u64(row, "retry-in", 0), text));
}

/* One that cannot be fetched is shown to everybody. */
static void put_failed_follow(struct table *t, struct fields row)
{
	if (*row_get(row, "error"))
		put_follow(t, row);
}

/* ", 2 pushes wait for erin@example.org". What failed stands among what waits for the user. */
static void put_queue(struct buf *text)
{
	struct queue_entries entries;
	struct message trouble;
	const char *one = NULL;
	bool same = true;
	size_t n = 0;

	if (queue_entries_read(&entries, &trouble))
		return;
	for (size_t i = 0; i < entries.count; i++) {
		struct fields f = entries.rows[i].f;

		if (!strcmp(row_get(f, "state"), "failed"))
			continue;
		n++;
		same = same && (!one || !strcmp(one, row_get(f, "jid")));
		one = row_get(f, "jid");
	}
	if (n)
		buf_printf(text, ", %zu push%s for %s", n, n == 1 ? " waits" : "es wait",
			   same ? one : "buddies");
	queue_entries_finish(&entries);
}

static void put_counts(struct table *t, const struct query *answer)
{
	uint64_t counts[2] = { 0 }, buddies = 0, reachable = 0;
	bool counted = false;
	struct buf text = { 0 };
	struct fields row;

	for (size_t i = 0; i < answer->count; i++) {
		counts[0] += row_is(query_row(answer, i), "share");
		counts[1] += row_is(query_row(answer, i), "follow");
	}
	for (size_t i = 0; i < answer->count; i++) {
		row = query_row(answer, i);
		if (!row_is(row, "count"))
			continue;
		counted = true;
		buddies += fields_get_u64(row, "buddies", 0);
		reachable += fields_get_u64(row, "reachable", 0);
	}
	if (counted) {
		buf_printf(&text, "%" PRIu64 " share%s", counts[0], counts[0] == 1 ? "" : "s");
		if (counts[1])
			buf_printf(&text, ", %" PRIu64 " followed", counts[1]);
		buf_printf(&text, ", %" PRIu64 " budd%s (%" PRIu64 " online with git)", buddies,
			   buddies == 1 ? "y" : "ies", reachable);
	}
	put_queue(&text);
	if (buf_len(&text)) {
		table_row(t);
		table_cell(t, PAINT_PLAIN, "%s",
			   buf_str(&text) + (*buf_str(&text) == ',' ? strlen(", ") : 0));
	}
	buf_finish(&text);
}

/* Whether the broker itself is of interest. */
static bool is_wrong(const struct query *answer)
{
	struct fields row;

	return account_status(answer, NULL, &row) != ACCOUNT_STATUS_ONLINE ||
	       (query_find(answer, "broker", &row) && fields_get(row, "stopping"));
}

static void put_broker(struct table *t, struct fields row)
{
	char when[32];

	table_row(t);
	table_cell(t, PAINT_DIM, "broker");
	table_cell(t, PAINT_PLAIN, "running, pid %s, %s, since %s", row_get(row, "pid"),
		   row_get(row, "version"), when_shown(fields_get_u64(row, "started", 0), when));
	if (fields_get(row, "stopping"))
		table_more(t, ", stopping when no transfer runs");
}

/* What the router of the local network does for us. */
static void put_mapping(struct table *t, struct fields row)
{
	const char *state = row_get(row, "mapping"), *address = row_get(row, "mapping-address");
	char when[32];

	if (!*state || !strcmp(state, "off"))
		return;
	table_row(t);
	table_cell(t, PAINT_DIM, "router");
	when_shown(fields_get_u64(row, "mapping-until", 0), when);
	if (*address)
		table_cell(t, PAINT_PLAIN, "forwards %s by %s until %s", address,
			   row_get(row, "mapping-protocol"), when);
	else if (!strcmp(state, "resting"))
		table_cell(t, PAINT_PLAIN, "forwards nothing: %s; asked again after %s",
			   row_get(row, "mapping-error"), when);
	else if (!strcmp(state, "unused"))
		table_cell(t, PAINT_PLAIN, "forwards nothing, and is asked when a link needs it");
	else
		table_cell(t, PAINT_PLAIN, "is being asked");
}

static void put_link(struct table *t, struct fields row)
{
	uint64_t rate = fields_get_u64(row, "rate", 0), waits = fields_get_u64(row, "waits", 0);
	char text[32];

	table_row(t);
	table_cell(t, PAINT_DIM, "link");
	table_cell(t, PAINT_NAME, "%s", row_get(row, "jid"));
	table_cell(t, PAINT_PLAIN, "%s", row_get(row, "device"));
	table_cell(t, PAINT_PLAIN, "%s", *row_get(row, "path") ? row_get(row, "path") : "-");
	table_cell(t, PAINT_PLAIN, "%s", row_get(row, "state"));
	if (fields_get(row, "congestion"))
		table_cell(t, PAINT_PLAIN, "congestion control %s", row_get(row, "congestion"));
	if (waits)
		table_cell(t, PAINT_WAITS, "waits up to %s for the connection",
			   span_text(waits, text));
	if (rate)
		table_cell(t, PAINT_PLAIN, "%s %s",
			   !strcmp(row_get(row, "moves"), "in") ? "receives" : "sends",
			   rate_text(rate, text));
}

/* A section stands apart on a terminal. In a pipe nobody needs that. */
static void put_section(struct table *t, size_t limit, bool apart, struct buf *out)
{
	if (!t->count)
		return;
	if (apart && limit && buf_len(out))
		buf_puts(out, "\n");
	table_put(t, limit, out);
}

static void put_trouble(struct table *t, const struct query *answer)
{
	struct message trouble;
	struct fields row;

	account_status(answer, NULL, &row);
	account_status_trouble(row, &trouble);
	if (!*trouble.hint)
		return;
	table_row(t);
	table_cell(t, PAINT_PLAIN, "hint: %s", trouble.hint);
}

void status_screen(const struct query *answer, bool verbose, size_t limit, struct buf *out)
{
	struct table t = { .count = 0 };
	bool follows;

	if (!answer->count) {
		table_row(&t);
		table_cell(&t, PAINT_WAITS, "no broker runs");
		table_cell(&t, PAINT_COMMAND, "git xmpp daemon start");
	}
	each(answer, "account", &t, put_account);
	put_default(&t, answer);
	put_device(&t, answer);
	put_section(&t, limit, false, out);
	put_trouble(&t, answer);
	put_section(&t, limit, false, out);

	each(answer, "notice", &t, put_notice);
	each(answer, "share", &t, put_fault);
	each(answer, "paths", &t, put_port);
	put_section(&t, limit, false, out);
	each(answer, "joining", &t, put_joining);
	put_section(&t, limit, false, out);

	put_transfers(&t, answer);
	put_section(&t, limit, true, out);

	each(answer, "follow", &t, verbose ? put_follow : put_failed_follow);
	follows = t.count > 0;
	put_section(&t, limit, true, out);
	put_counts(&t, answer);
	put_section(&t, limit, !follows, out);

	if (verbose || is_wrong(answer))
		each(answer, "broker", &t, put_broker);
	if (verbose) {
		each(answer, "paths", &t, put_mapping);
		each(answer, "link", &t, put_link);
	}
	put_section(&t, limit, true, out);
}
