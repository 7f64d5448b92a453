/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The catalogue of messages, for the scripts.
 *
 *	messages list	prints it: the id, the text, the hint, the key that silences the hint, with
 *			tabs in between
 *	messages of	reads lines, and prints the id of each that has a message in it, either
 *			its text or, in JSON, its id
 */

#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "buf.h"
#include "message.h"

/*
 * A pattern for fnmatch(): the text, anywhere in a line if it is not anchored, and anything for a
 * placeholder.
 */
static char *pattern_of(const char *text, bool anchored)
{
	struct buf out = { 0 };
	char *pattern;

	buf_puts(&out, anchored ? "" : "*");
	for (const char *p = text; *p; p++) {
		if (*p == '{') {
			buf_puts(&out, "*");
			p += strcspn(p, "}");
			continue;
		}
		if (strchr("*?[\\", *p))
			buf_puts(&out, "\\");
		buf_append(&out, p, 1);
	}
	buf_puts(&out, "*");
	pattern = xstrdup(buf_str(&out));
	buf_finish(&out);
	return pattern;
}

/* How many bytes of a text are no placeholder. */
static size_t weight_of(const char *text)
{
	size_t n = 0;

	for (const char *p = text; *p; p++) {
		if (*p == '{')
			p += strcspn(p, "}");
		else
			n++;
	}
	return n;
}

static bool has_id(const char *line, const char *name)
{
	char *wanted = xasprintf("\"id\":\"%s\"", name);
	bool has = strstr(line, wanted);

	free(wanted);
	return has;
}

/* The message of which most is in the text. anchored: the text begins with it. */
static enum message_id best_of(const char *text, bool anchored)
{
	enum message_id found = MSG_NONE;
	size_t best = 0;

	for (int id = MSG_NONE + 1; id < MSG_COUNT; id++) {
		const struct message_row *row = message_row((enum message_id)id);
		size_t weight = weight_of(row->text);
		char *pattern = pattern_of(row->text, anchored);

		if (weight > best && !fnmatch(pattern, text, 0)) {
			best = weight;
			found = (enum message_id)id;
		}
		free(pattern);
	}
	return found;
}

/* One text may quote another one as its reason, and then begins the line. */
static enum message_id message_of(const char *line)
{
	static const char *const labels[] = { "fatal: ", "error: ", "warning: " };
	enum message_id found;

	for (int id = MSG_NONE + 1; id < MSG_COUNT; id++)
		if (has_id(line, message_name((enum message_id)id)))
			return (enum message_id)id;
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		if (!strncmp(line, labels[i], strlen(labels[i])))
			line += strlen(labels[i]);
	found = best_of(line, true);
	return found != MSG_NONE ? found : best_of(line, false);
}

static int read_lines(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&line, &room, stdin)) > 0) {
		enum message_id id;

		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		id = message_of(line);
		if (id != MSG_NONE)
			puts(message_name(id));
	}
	free(line);
	return 0;
}

static int list(void)
{
	for (int id = MSG_NONE + 1; id < MSG_COUNT; id++) {
		const struct message_row *row = message_row((enum message_id)id);

		struct buf advice = { 0 };

		message_advice((enum message_id)id, &advice);
		printf("%s\t%s\t%s\t%s\n", row->name, row->text, row->hint, buf_str(&advice));
		buf_finish(&advice);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		return list();
	if (argc == 2 && !strcmp(argv[1], "of"))
		return read_lines();
	fprintf(stderr, "usage: messages list | of\n");
	return 129;
}
