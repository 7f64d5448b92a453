/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Standard output and standard error are files while the verb runs, so that what git prints for
 * it is kept as well. Afterwards the lines are sorted by their labels.
 */
#include "answer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "exit-status.h"
#include "io.h"
#include "json.h"
#include "porcelain.h"

enum { TEXT_MAX = 64 * 1024 * 1024 };	/* of what is kept of each stream */

/* A stream that is kept. */
struct kept {
	FILE *file;	/* owned; NULL: none */
	int was;	/* the descriptor that it had; owned */
};

static struct {
	bool begun, whole;
	enum answer_form form;
	struct kept out, err;
	struct message trouble;	/* MSG_NONE: none was noted */
} answer;

static bool keep(struct kept *k, int fd)
{
	k->was = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	k->file = tmpfile();
	if (k->was >= 0 && k->file && dup2(fileno(k->file), fd) >= 0)
		return true;
	fprintf(stderr, "fatal: cannot keep what is printed: %s\n", strerror(errno));
	return false;
}

/* Nobody answers questions. */
static void close_questions(void)
{
	int fd = isatty(STDIN_FILENO) ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	dup2(fd, STDIN_FILENO);
	close(fd);
}

bool answer_begin(enum answer_form form, bool whole)
{
	answer.form = form;
	answer.whole = whole;
	close_questions();
	answer.begun = (!whole && form == ANSWER_JSON) || keep(&answer.out, STDOUT_FILENO);
	answer.begun =
		answer.begun && (form == ANSWER_PORCELAIN || keep(&answer.err, STDERR_FILENO));
	return answer.begun;
}

bool answer_begun(void)
{
	return answer.begun;
}

bool answer_keeps_hints(void)
{
	return answer.begun && answer.form == ANSWER_JSON;
}

void answer_failed(const struct message *trouble)
{
	answer.trouble = *trouble;
}

/* Gives a stream its descriptor back, and appends what was kept. */
static void restore(struct kept *k, FILE *stream, int fd, struct buf *text)
{
	if (!k->file)
		return;
	fflush(stream);
	dup2(k->was, fd);
	close(k->was);
	if (lseek(fileno(k->file), 0, SEEK_SET) == 0)
		io_read_all(fileno(k->file), text, TEXT_MAX);
	fclose(k->file);
	k->file = NULL;
}

/* Splits a line off. NULL: there is none left. */
static char *next_line(char **rest)
{
	char *line = *rest && **rest ? strsep(rest, "\n") : NULL;

	return line;
}

/* What follows the label of a line; NULL if it has another one. */
static const char *labelled(const char *line, const char *label)
{
	size_t n = strlen(label);

	return !strncmp(line, label, n) && !strncmp(line + n, ": ", 2) ? line + n + 2 : NULL;
}

/* Appends a list of all lines with a label; "" stands for all lines. */
static void put_lines(struct buf *out, const char *key, const struct buf *text, const char *label)
{
	char *copy = xstrndup(buf_len(text) ? buf_data(text) : "", buf_len(text)), *rest = copy;

	json_open(out, key, '[');
	for (char *line; (line = next_line(&rest));) {
		const char *value = *label ? labelled(line, label) : line;

		if (value && *value)
			json_string(out, NULL, value);
	}
	json_close(out, ']');
	free(copy);
}

/* The first line with a label, malloc'd; NULL if there is none. */
static char *first_line(const struct buf *text, const char *label)
{
	char *copy = xstrndup(buf_len(text) ? buf_data(text) : "", buf_len(text)), *rest = copy;
	char *found = NULL;

	for (char *line; !found && (line = next_line(&rest));)
		if (labelled(line, label))
			found = xstrdup(labelled(line, label));
	free(copy);
	return found;
}

static void put_error(struct buf *out, const struct buf *err, int status)
{
	char *fatal = first_line(err, "fatal"), *error = first_line(err, "error");
	char *hint = first_line(err, "hint");
	const char *said = fatal ? fatal : error;

	json_begin(out);
	json_open(out, "error", '{');
	if (answer.trouble.id != MSG_NONE) {
		json_string(out, "id", message_name(answer.trouble.id));
		json_string(out, "message", answer.trouble.text);
		json_string(out, "hint", *answer.trouble.hint ? answer.trouble.hint : NULL);
	} else {
		json_string(out, "id", status == STATUS_USAGE ? "usage" : "failed");
		json_string(out, "message", said ? said : "");
		json_string(out, "hint", hint);
	}
	json_close(out, '}');
	json_close(out, '}');
	free(fatal);
	free(error);
	free(hint);
}

/* Whether the verb has failed, and not only said no. */
static bool has_failed(const struct buf *err, int status)
{
	char *fatal = first_line(err, "fatal"), *error = first_line(err, "error");
	bool failed = status != STATUS_OK &&
		      (fatal || error || status != STATUS_NO || answer.trouble.id != MSG_NONE);

	free(fatal);
	free(error);
	return failed;
}

static void put_whole(struct buf *doc, const struct buf *out, const struct buf *err, int status)
{
	if (has_failed(err, status)) {
		put_error(doc, err, status);
		return;
	}
	json_begin(doc);
	json_bool(doc, "done", status == STATUS_OK);
	put_lines(doc, "messages", out, "");
	put_lines(doc, "warnings", err, "warning");
	put_lines(doc, "hints", err, "hint");
	json_close(doc, '}');
}

/* Of a failure only standard error tells. */
static void print_porcelain(const struct buf *doc, const struct buf *err, int status)
{
	struct buf lines = { 0 }, text = { 0 };

	buf_append(&text, buf_data(doc), buf_len(doc));
	if (!answer.whole && answer.trouble.id != MSG_NONE)
		message_print(&answer.trouble, "fatal: ");
	else if (!has_failed(err, status) && porcelain_put(&lines, buf_str(&text)))
		fputs(buf_str(&lines), stdout);
	buf_finish(&lines);
	buf_finish(&text);
}

void answer_end(int status)
{
	struct buf out = { 0 }, err = { 0 }, doc = { 0 };

	if (!answer.begun)
		return;
	answer.begun = false;
	restore(&answer.out, stdout, STDOUT_FILENO, &out);
	restore(&answer.err, stderr, STDERR_FILENO, &err);
	if (answer.whole)
		put_whole(&doc, &out, &err, status);
	else if (answer.form == ANSWER_PORCELAIN)
		buf_append(&doc, buf_data(&out), buf_len(&out));
	else if (!json_printed())
		put_error(&doc, &err, status);

	if (answer.form == ANSWER_PORCELAIN)
		print_porcelain(&doc, &err, status);
	else if (buf_len(&doc))
		printf("%s\n", buf_str(&doc));
	/* A verb with JSON of its own may have warned. */
	if (!answer.whole && json_printed())
		fwrite(buf_str(&err), 1, buf_len(&err), stderr);
	buf_finish(&doc);
	buf_finish(&out);
	buf_finish(&err);
}
