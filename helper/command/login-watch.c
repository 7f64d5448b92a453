/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The broker keeps what was tried in its present round (daemon/core/account/login-tries.h), and
 * is asked for that again and again. A single failure is not shown here: the caller reports
 * the same as the reason.
 */

#include "login-watch.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "account-status.h"
#include "alloc.h"
#include "monotonic.h"
#include "output.h"
#include "table.h"

enum {
	ASK_AGAIN_MS = 100,
	SILENT_MS = 1000,	/* before the user is told that we wait */
};

static const char *stage_text(const char *stage)
{
	static const char *const words[][2] = {
		{ "dns", "name look-up" },
		{ "proxy", "proxy" },
		{ "tcp", "connection" },
		{ "tls", "encryption" },
		{ "sasl", "login" },
		{ "bind", "resource" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(stage, words[i][0]))
			return words[i][1];
	return stage;
}

static void show_failure(const struct login_watch *w, struct fields try)
{
	const char *key = row_get(try, "key");
	bool of_tls = !strcmp(row_get(try, "stage"), "tls") && *key;

	report(w->domain, "%s, %s: %s%s%s", row_get(try, "where"),
	       stage_text(row_get(try, "stage")), row_get(try, "reason"),
	       of_tls ? "; its key is " : "", of_tls ? key : "");
}

static void show_success(const struct login_watch *w, struct fields try)
{
	time_t until = (time_t)fields_get_u64(try, "until", 0);
	char date[32] = "";
	struct tm tm;

	if (until && gmtime_r(&until, &tm) && !strftime(date, sizeof(date), "%e %b %Y", &tm))
		*date = '\0';
	if (*row_get(try, "pinned"))
		table_say("%s: %s, key as pinned, logged in", w->domain, row_get(try, "where"));
	else
		table_say("%s: %s%s%s, logged in", w->domain, row_get(try, "where"),
			  *date ? ", certificate ok until " : "", date + (*date == ' '));
	fflush(stdout);
}

/* Shows the failures from the shown-th on. Returns how many tries there are. */
static size_t show_failures(const struct login_watch *w, const struct query *answer, size_t shown)
{
	size_t count = 0;

	for (size_t i = 0; i < answer->count; i++) {
		struct fields row = query_row(answer, i);

		if (!row_is(row, "try"))
			continue;
		if (count++ >= shown && strcmp(row_get(row, "stage"), "done") != 0)
			show_failure(w, row);
	}
	return count > shown ? count : shown;
}

/* Keeps what the last try tells; shows it, if it was good. */
static void take_last(struct login_watch *w, const struct query *answer, bool online)
{
	struct fields row = answer->count ? query_row(answer, answer->count - 1)
					  : (struct fields){ .data = NULL };

	*w->key = '\0';
	if (!row.data || !row_is(row, "try"))
		return;
	snprintf(w->key, sizeof(w->key), "%s", row_get(row, "key"));
	if (online && !strcmp(row_get(row, "stage"), "done"))
		show_success(w, row);
}

static int ask(struct query *answer, const char *account, bool begin, struct message *trouble)
{
	struct buf command = { 0 };
	int result;

	fields_add(&command, "verb", "login");
	fields_add(&command, "account", account);
	if (begin)
		fields_add(&command, "begin", "1");
	result = query_get(answer, &command, false, trouble);
	buf_finish(&command);
	return result;
}

static void show_waiting(struct login_watch *w, int64_t since)
{
	int64_t waited = monotonic_ms() - since;

	if (!isatty(STDERR_FILENO) || waited < SILENT_MS)
		return;
	fprintf(stderr, "\rconnecting to %s (%d s)\033[K", w->domain, (int)(waited / 1000));
	w->waiting_shown = true;
}

static void hide_waiting(struct login_watch *w)
{
	if (w->waiting_shown)
		fputs("\r\033[K", stderr);
	w->waiting_shown = false;
}

/* A broker that is older than this verb tells the state of the account only. */
static bool watch_status(struct login_watch *w, int seconds, struct message *trouble)
{
	struct query answer;
	struct fields row;
	bool online = false;

	if (account_status_wait(&answer, w->account, seconds, trouble) == 0) {
		online = account_status(&answer, w->account, &row) == ACCOUNT_STATUS_ONLINE;
		account_status_trouble(row, trouble);
		snprintf(w->jid, sizeof(w->jid), "%s", row_get(row, "jid"));
	}
	query_finish(&answer);
	return online;
}

/* Whether the broker may answer later: it is about to start, or busy. */
static bool may_pass(const struct message *trouble)
{
	return trouble->id == MSG_BROKER_UNREACHABLE || trouble->id == MSG_BROKER_HUNG;
}

bool login_watch(struct login_watch *w, int seconds, struct message *trouble)
{
	int64_t began = monotonic_ms(), deadline = began + (int64_t)seconds * 1000;
	bool begin = true, online = false, over = false;
	struct query answer;
	struct fields row;
	size_t shown = 0;

	while (!over) {
		int result = ask(&answer, w->account, begin, trouble);
		enum account_status state = account_status(&answer, w->account, &row);
		bool late = monotonic_ms() >= deadline;

		/* A broker that has just been told to begin answers with the state before. */
		online = result == 0 && state == ACCOUNT_STATUS_ONLINE;
		over = online || late || (result < 0 && !may_pass(trouble)) ||
		       (result == 0 && !begin && state != ACCOUNT_STATUS_CONNECTING);
		begin = begin && result < 0;
		if (result < 0 && trouble->id == MSG_BAD_COMMAND) {
			query_finish(&answer);
			return watch_status(w, seconds, trouble);
		}
		hide_waiting(w);
		if (result == 0 && !over)
			shown = show_failures(w, &answer, shown);
		if (result == 0 && over) {
			if (shown > 0 || answer.count > 2)
				show_failures(w, &answer, shown);
			take_last(w, &answer, online);
			account_status_trouble(row, trouble);
			snprintf(w->jid, sizeof(w->jid), "%s", row_get(row, "jid"));
		}
		query_finish(&answer);
		if (!over)
			show_waiting(w, began);
		if (!over)
			poll(NULL, 0, ASK_AGAIN_MS);
	}
	return online;
}
