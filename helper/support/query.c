/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A conversation is short: connect, one COMMAND, ROWs, DONE or ERROR. All rows are kept, so
 * that a table can be aligned before it is printed.
 */

#include "query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "client-config.h"
#include "client.h"
#include "monotonic.h"
#include "notice-lines.h"
#include "status-line.h"
#include "text.h"
#include "wipe.h"

enum {
	ANSWER_BYTES_MAX = 32 * 1024 * 1024,
	ANSWER_WAIT_MS = 60 * 1000,	/* between two frames: the broker may have to ask a
					   server */
};

static int failed(struct message *trouble, enum message_id id, const char *reason)
{
	message_set(trouble, id, "reason", reason, NULL);
	return -1;
}

static int add_row(struct query *a, const struct frame *frame, struct message *trouble)
{
	if (a->count == QUERY_ROWS_MAX || buf_len(&a->bytes) + frame->len > ANSWER_BYTES_MAX)
		return failed(trouble, MSG_INTERNAL, "the broker's answer is too long");
	if (a->count == a->room) {
		a->room = a->room ? 2 * a->room : 16;
		a->ends = xrealloc(a->ends, a->room * sizeof(*a->ends));
	}
	buf_append(&a->bytes, frame->payload, frame->len);
	a->ends[a->count++] = buf_len(&a->bytes);
	return 0;
}

static void take_done(struct query *a, struct fields f)
{
	const char *message = fields_get(f, "message"), *digest = fields_get(f, "configuration");
	struct buf shown = { 0 };

	if (message)
		text_escape(&shown, message, strlen(message), false);
	snprintf(a->message, sizeof(a->message), "%s", buf_str(&shown));
	snprintf(a->configuration, sizeof(a->configuration), "%s", digest ? digest : "");
	a->lists_entries = fields_get(f, "entries");
	a->status = fields_get_u64(f, "status", 0) & 0xff;
	buf_finish(&shown);
}

/* As client_next(). Meanwhile the line counts on, if there is one. */
static int next_frame(struct client *c, struct frame *frame, struct status_line *line)
{
	int64_t deadline = monotonic_ms() + ANSWER_WAIT_MS;

	for (;;) {
		int left = (int)(deadline - monotonic_ms()), until = status_line_timeout(line);
		int got;

		if (left < 0)
			return -2;
		got = client_next(c, frame, until >= 0 && until < left ? until : left);
		if (got != -2)
			return got;
		status_line_tick(line);
	}
}

static void take_note(struct fields f, struct status_line *line)
{
	if (!strcmp(row_get(f, "kind"), "progress"))
		status_line_wait(line, row_get(f, "text"));
	else
		notice_lines_add(row_get(f, "text"));
}

/* Reads rows until DONE or ERROR. */
static int read_rows(struct query *a, struct client *c, struct status_line *line,
		     struct message *trouble)
{
	struct frame frame;
	struct fields f;

	for (;;) {
		int got = next_frame(c, &frame, line);

		if (got == -2)
			return failed(trouble, MSG_INTERNAL, "the broker does not answer");
		if (got <= 0)
			return failed(trouble, MSG_BROKER_LOST, "");
		if (!frame_fields(&frame, &f))
			return failed(trouble, MSG_INTERNAL, "the broker sent a malformed frame");

		switch (frame.type) {
		case FRAME_ROW:
			if (add_row(a, &frame, trouble) < 0)
				return -1;
			break;
		case FRAME_NOTE:
			take_note(f, line);
			break;
		case FRAME_DONE:
			take_done(a, f);
			return 0;
		case FRAME_ERROR:
			message_from_fields(trouble, f);
			return -1;
		default:
			return failed(trouble, MSG_INTERNAL, "the broker sent an unexpected frame");
		}
	}
}

static int read_answer(struct query *a, struct client *c, struct message *trouble)
{
	struct status_line line = { .wanted = isatty(STDERR_FILENO) };
	int result = read_rows(a, c, &line, trouble);

	status_line_finish(&line);
	return result;
}

/* What a person is told who reads what the command prints. Status tells all by itself. */
static void ask_for_notices(struct buf *command)
{
	struct fields f = { buf_data(command), buf_len(command) };
	const char *verb = row_get(f, "verb");

	if (strcmp(verb, "status") && strcmp(verb, "notices-shown") && isatty(STDERR_FILENO) &&
	    notice_lines_wanted())
		fields_add(command, "notices", "1");
}

/* What git says here; it is asked once. */
static const struct client_config *settings(void)
{
	static struct client_config config;
	static bool known;
	struct client_config_query query;

	if (!known) {
		client_config_ask(&query, NULL);
		client_config_read(&query, &config);
		known = true;
	}
	return &config;
}

/* Whether the verb is for all accounts: nothing is chosen. */
static bool is_for_all(struct fields command)
{
	static const char *const verbs[] = {
		"reload", "password", "queue-reload", "queue-retry", "queue-drop", "notices-shown",
		"stop",
	};
	const char *verb = row_get(command, "verb");

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verb, verbs[i]))
			return true;
	/* Unless the user names one, or it is about one. */
	return !strcmp(verb, "status") && !fields_get(command, "jid") &&
	       !fields_get(command, "self") && !settings()->account_given;
}

/* Says which account the command is for, unless it says so itself. */
static void name_account(struct buf *command)
{
	struct fields f = { buf_data(command), buf_len(command) };
	bool status = !strcmp(row_get(f, "verb"), "status");

	if (is_for_all(f) || fields_get(f, "account") || fields_get(f, "account-here"))
		return;
	client_config_put_account(settings(), command);
	if (status && settings()->account_given)
		fields_add(command, "only", "1");
}

/* Asks once. The command stays as it is. */
static int ask(struct query *answer, const struct buf *command, bool autostart,
	       struct message *trouble)
{
	struct buf copy = { 0 };
	struct client c;
	int result;

	*answer = (struct query){ .status = 0 };
	if (client_connect(&c, "git-xmpp/" PROGRAM_VERSION, autostart, trouble) < 0)
		return -1;
	/* A command or its answer may hold a password, or the link of an invitation. */
	copy.secret = c.out.secret = answer->bytes.secret = true;
	buf_append(&copy, buf_data(command), buf_len(command));
	name_account(&copy);
	ask_for_notices(&copy);
	frame_put_fields(&c.out, FRAME_COMMAND, &copy);
	buf_finish(&copy);
	/*
	 * If the broker hangs up at once, its reason can still be read, so a failure here
	 * is ignored.
	 */
	client_flush(&c);
	result = client_expect_hello(&c, trouble);
	if (result == 0)
		result = read_answer(answer, &c, trouble);
	/* Only now, because a frame is read behind what was consumed. */
	c.in.secret = true;
	client_finish(&c);
	return result;
}

static const struct query_remedy *remedy;

void query_set_remedy(const struct query_remedy *new_remedy)
{
	remedy = new_remedy;
}

int query_get(struct query *answer, struct buf *command, bool autostart, struct message *trouble)
{
	bool tried = false;
	int result;

	while ((result = ask(answer, command, autostart, trouble)) < 0 && remedy &&
	       remedy->again(trouble)) {
		tried = true;
		query_finish(answer);
	}
	if (tried)
		remedy->over();
	buf_reset(command);
	return result;
}

int query_to(struct query *answer, const char *verb, const char *key, const char *value,
	     bool autostart, struct message *trouble)
{
	struct buf command = { 0 };
	int result;

	fields_add(&command, "verb", verb);
	if (key)
		fields_add(&command, key, value);
	result = query_get(answer, &command, autostart, trouble);
	buf_finish(&command);
	return result;
}

struct fields query_row(const struct query *answer, size_t i)
{
	size_t start = i > 0 ? answer->ends[i - 1] : 0;

	return (struct fields){
		.data = buf_data(&answer->bytes) + start,
		.len = answer->ends[i] - start,
	};
}

/* A row that is being sorted. */
struct sorted {
	struct fields row;
	size_t index;
	const char *const *keys;
	size_t count;
};

static int compare(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;

	for (size_t i = 0; i < x->count; i++) {
		int order = strcmp(row_get(x->row, x->keys[i]), row_get(y->row, x->keys[i]));

		if (order)
			return order;
	}
	return x->index < y->index ? -1 : 1;
}

void query_sort(struct query *answer, const char *const *keys, size_t count)
{
	struct sorted *rows = xcalloc(answer->count ? answer->count : 1, sizeof(*rows));
	struct buf bytes = { 0 };

	for (size_t i = 0; i < answer->count; i++)
		rows[i] = (struct sorted){ query_row(answer, i), i, keys, count };
	qsort(rows, answer->count, sizeof(*rows), compare);
	for (size_t i = 0; i < answer->count; i++) {
		buf_append(&bytes, rows[i].row.data, rows[i].row.len);
		answer->ends[i] = buf_len(&bytes);
	}
	free(rows);
	buf_finish(&answer->bytes);
	answer->bytes = bytes;
}

bool row_is(struct fields row, const char *kind)
{
	return !strcmp(row_get(row, "kind"), kind);
}

bool query_find(const struct query *answer, const char *kind, struct fields *row)
{
	for (size_t i = 0; i < answer->count; i++) {
		*row = query_row(answer, i);
		if (row_is(*row, kind))
			return true;
	}
	return false;
}

const char *row_get(struct fields row, const char *key)
{
	const char *value = fields_get(row, key);

	return value ? value : "";
}

void query_finish(struct query *answer)
{
	buf_finish(&answer->bytes);
	free(answer->ends);
	*answer = (struct query){ .status = 0 };
}

void query_reload(const char *verb)
{
	struct message trouble = { .id = MSG_NONE };
	struct query answer;

	if (query_to(&answer, verb, NULL, NULL, false, &trouble) < 0 &&
	    trouble.id != MSG_BROKER_UNREACHABLE) {
		fflush(stdout);
		message_print(&trouble, "warning: ");
	}
	query_finish(&answer);
}

bool autostart_allowed(void)
{
	return settings()->autostart;
}
