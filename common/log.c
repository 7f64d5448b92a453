/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "text.h"

/*
 * Each line goes out in one write(), so that the lines of several processes
 * that share a log do not mix. Where a write fails nobody can be told.
 */

enum { LINE_MAX_BYTES = 4096 };

/* Who reads the log. */
enum reader { READER_FILE, READER_TERMINAL, READER_JOURNAL };

static enum log_level log_level = LOG_INFO;
static enum reader log_reader = READER_FILE;

/* Everything a unit starts inherits JOURNAL_STREAM: its dev:inode tells whether it is still true. */
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

void log_at(enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	struct buf line = { 0 };
	int saved = errno;
	va_list ap;

	if (level > log_level)
		return;
	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	put_prefix(&line, level);
	text_escape(&line, text, strlen(text), false);
	buf_append(&line, "\n", 1);
	(void)!write(STDERR_FILENO, buf_data(&line), buf_len(&line));
	buf_finish(&line);
	errno = saved;
}
