/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "buf.h"
#include "text.h"

/*
 * Each line goes out in one write(), so that the lines of several processes that share a
 * log do not mix. A failed write cannot be reported anywhere.
 *
 * A log file of our own is put away when it is full, by the process that wrote the last
 * line.
 */

enum { LINE_MAX_BYTES = 4096 };

/* What the log is written to. */
enum reader { READER_FILE, READER_TERMINAL, READER_JOURNAL };

static enum log_level log_level = LOG_INFO;
static enum reader log_reader = READER_FILE;

static struct {
	log_gate *admits;
	void *arg;
} gate;

static struct {
	char *path;			/* owned; NULL: standard error is not a file of ours */
	size_t size;
} file;

/*
 * Everything that a systemd unit starts inherits JOURNAL_STREAM. Its dev:inode tells
 * whether standard error is still the journal.
 */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &dev, &inode) == 2 &&
	       !fstat(STDERR_FILENO, &st) && st.st_dev == dev && st.st_ino == inode;
}

void log_init(void)
{
	const char *trace = getenv("GIT_XMPP_TRACE");

	if (trace && atoi(trace) >= 1)
		log_level = LOG_DEBUG;
	if (isatty(STDERR_FILENO))
		log_reader = READER_TERMINAL;
	else if (stderr_is_journal())
		log_reader = READER_JOURNAL;
	else
		log_reader = READER_FILE;
}

void log_set_level(enum log_level level)
{
	log_level = level;
}

enum log_level log_get_level(void)
{
	return log_level;
}

static void put_prefix(struct buf *line, enum log_level level)
{
	struct timespec now;
	struct tm tm;
	char stamp[32];

	if (log_reader == READER_JOURNAL)
		buf_printf(line, "<%d>", (int)level);
	if (log_reader != READER_FILE)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	if (!gmtime_r(&now.tv_sec, &tm))
		return;
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(line, "%s.%03ldZ ", stamp, now.tv_nsec / 1000000);
}

static int open_file(void)
{
	struct stat st;
	int fd = open(file.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	file.size = fstat(fd, &st) ? 0 : st.st_size;
	dup2(fd, STDERR_FILENO);
	close(fd);
	return 0;
}

/*
 * Renames the full file and opens a new one. If that fails, the old file stays in use, and
 * the next try comes when it has grown by LOG_FILE_MAX once more.
 */
static void put_away(void)
{
	char *old = xasprintf("%s.old", file.path);

	file.size = 0;
	if (rename(file.path, old) == 0)
		open_file();
	free(old);
}

int log_to_file(const char *path)
{
	free(file.path);
	file.path = xstrdup(path);
	if (open_file()) {
		free(file.path);
		file.path = NULL;
		return -1;
	}
	if (file.size >= LOG_FILE_MAX)
		put_away();
	return 0;
}

static void write_line(enum log_level level, const char *text)
{
	struct buf line = { 0 };

	put_prefix(&line, level);
	text_escape(&line, text, strlen(text), false);
	buf_append(&line, "\n", 1);
	(void)!write(STDERR_FILENO, buf_data(&line), buf_len(&line));
	file.size += buf_len(&line);
	if (file.path && file.size >= LOG_FILE_MAX)
		put_away();
	buf_finish(&line);
}

void log_at(enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	int saved = errno;
	va_list ap;

	if (level > log_level)
		return;
	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	write_line(level, text);
	errno = saved;
}

void log_set_gate(log_gate *admits, void *arg)
{
	gate.admits = admits;
	gate.arg = arg;
}

bool log_admits(enum log_book book, const char *party, unsigned *left_out)
{
	*left_out = 0;
	return !gate.admits || gate.admits(gate.arg, book, party, left_out);
}

void log_about(const char *party, enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	int saved = errno, n;
	unsigned left_out = 0;
	va_list ap;

	if (level > log_level ||
	    (log_level < LOG_DEBUG && !log_admits(LOG_LINES, party, &left_out)))
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		n = text[0] = '\0';
	if (left_out && (size_t)n < sizeof(text))
		snprintf(text + n, sizeof(text) - n, " [%u more before this were left out]",
			 left_out);
	write_line(level, text);
	errno = saved;
}
