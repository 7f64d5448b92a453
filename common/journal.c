/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Escaping makes the control characters of a value visible, so a tab is always a border and
 * a newline always an end. A malformed line is skipped: it may be cut by a crash, or
 * written by a later version.
 */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "io.h"
#include "log.h"
#include "text.h"
#include "userfile.h"

enum {
	COLUMNS = 7,		/* that each line has */
	COLUMNS_MAX = 12,	/* with those that older versions did not write, and skip */
};

static void put_column(struct buf *line, const char *value)
{
	buf_puts(line, "\t");
	if (value)
		text_escape(line, value, strlen(value), false);
}

static void put_event(struct buf *line, const struct journal_event *e)
{
	buf_printf(line, "%" PRIu64, e->when ? e->when : (uint64_t)time(NULL));
	put_column(line, e->kind);
	put_column(line, e->jid);
	put_column(line, e->share);
	put_column(line, e->what);
	put_column(line, e->result);
	put_column(line, e->text);
	buf_printf(line, "\t%" PRIu64, e->bytes);
	put_column(line, e->way);
	put_column(line, e->refs);
	put_column(line, e->why);
	put_column(line, e->account);
	buf_puts(line, "\n");
}

/* Opens the journal to append a line; a full one is put away first. -1 with errno. */
static int open_journal(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct stat st;
	char *old;

	if (fd < 0 || fstat(fd, &st) || st.st_size < JOURNAL_MAX)
		return fd;
	close(fd);
	old = xasprintf("%s.old", path);
	rename(path, old);
	free(old);
	return open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* Appends all or nothing: half a line would spoil the next one as well. 0 or -1 with errno. */
static int append(int fd, const char *data, size_t n)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char last = '\n';
	int error;

	/* A crash may have cut the last line: end it. */
	if (end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n' && write(fd, "\n", 1) != 1)
		return -1;
	if (io_write_all(fd, data, n) == 0)
		return 0;
	error = errno;
	if (ftruncate(fd, end))
		log_debug("the journal keeps half a line");
	errno = error;
	return -1;
}

void journal_add(const struct journal_event *event)
{
	struct message trouble;
	char *path = userfile_path(USERFILE_STATE, "events", &trouble);
	struct buf line = { 0 };
	int fd;

	if (!path) {
		log_warning("%s", trouble.text);
		return;
	}
	put_event(&line, event);
	fd = open_journal(path);
	if (fd < 0 || append(fd, buf_data(&line), buf_len(&line)))
		log_warning("cannot write '%s': %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	buf_finish(&line);
	free(path);
}

const char *journal_left_out(unsigned count, char out[JOURNAL_LEFT_OUT_MAX])
{
	*out = '\0';
	if (count)
		snprintf(out, JOURNAL_LEFT_OUT_MAX, " (and %u more before this)", count);
	return out;
}

/* Where the last n lines of the text begin. */
static const char *last_lines(const char *text, size_t len, size_t n)
{
	const char *p = text + len;

	while (p > text && (p[-1] != '\n' || p == text + len || n-- > 1))
		p--;
	return p;
}

static void take_line(char *line, void (*each)(void *arg, const struct journal_event *event),
		      void *arg)
{
	const char *columns[COLUMNS_MAX] = { NULL };
	char *end;
	struct journal_event e;
	size_t n = 0;

	while (n < COLUMNS_MAX && line)
		columns[n++] = strsep(&line, "\t");
	if (n < COLUMNS)
		return;
	while (n < COLUMNS_MAX)
		columns[n++] = "";
	e = (struct journal_event){
		.when = strtoull(columns[0], &end, 10),
		.kind = columns[1], .jid = columns[2], .share = columns[3],
		.what = columns[4], .result = columns[5], .text = columns[6],
		.bytes = strtoull(columns[7], NULL, 10), .way = columns[8], .refs = columns[9],
		.why = columns[10], .account = columns[11],
	};
	if (!*end && end != columns[0])
		each(arg, &e);
}

/* Takes the lines of a text, which is changed. */
static void take_lines(char *text, void (*each)(void *arg, const struct journal_event *event),
		       void *arg)
{
	while (text && *text)
		take_line(strsep(&text, "\n"), each, arg);
}

static const char *const names[] = { "events.old", "events" };	/* older events first */

int journal_read(size_t n, void (*each)(void *arg, const struct journal_event *event), void *arg,
		 struct message *trouble)
{
	struct buf text = { 0 };
	char *copy;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *path = userfile_path(USERFILE_STATE, names[i], trouble);
		int result = path ? userfile_read(path, &text, trouble) : -1;

		free(path);
		if (result < 0) {
			buf_finish(&text);
			return -1;
		}
	}
	copy = xstrdup(n ? last_lines(buf_str(&text), buf_len(&text), n) : "");
	take_lines(copy, each, arg);
	free(copy);
	buf_finish(&text);
	return 0;
}

/* 0, or -1 with *trouble. *file is set to the inode of the file, or to 0 if it is not there. */
static int read_file(const char *name, uint64_t *file, struct buf *text, struct message *trouble)
{
	char *path = userfile_path(USERFILE_STATE, name, trouble);
	struct stat st;
	int result = path ? userfile_read(path, text, trouble) : -1;

	*file = path && !stat(path, &st) ? st.st_ino : 0;
	free(path);
	return result < 0 ? -1 : 0;
}

/* Takes what is whole of a text that begins at place->at of place->file. */
static void take_whole(struct journal_place *place, struct buf *text,
		       void (*each)(void *arg, const struct journal_event *event), void *arg)
{
	size_t n = buf_len(text);
	char *whole;

	while (n > 0 && buf_data(text)[n - 1] != '\n')
		n--;
	whole = xasprintf("%.*s", (int)n, n ? buf_data(text) : "");
	place->at += n;
	take_lines(whole, each, arg);
	free(whole);
}

int journal_read_on(struct journal_place *place,
		    void (*each)(void *arg, const struct journal_event *event), void *arg,
		    struct message *trouble)
{
	bool found = !place->file;
	int result = 0;

	/* What is read was either put away since, or is still written to. */
	for (size_t i = 0; i < ARRAY_SIZE(names) && result == 0; i++) {
		struct buf text = { 0 };
		uint64_t file;

		result = read_file(names[i], &file, &text, trouble);
		found |= file && file == place->file;
		if (result == 0 && file && (found || i + 1 == ARRAY_SIZE(names))) {
			if (file != place->file || place->at > buf_len(&text))
				*place = (struct journal_place){ .file = file };
			buf_consume(&text, place->at);
			take_whole(place, &text, each, arg);
		}
		buf_finish(&text);
	}
	return result;
}
