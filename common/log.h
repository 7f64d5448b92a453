/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

/*
 * The log: one line per event on standard error, escaped for a terminal. A terminal gets
 * the bare line, the journal a <N> level prefix, anything else a UTC time stamp. Debug
 * lines only with GIT_XMPP_TRACE set to 1 or more.
 *
 * Events that somebody else can cause as often as they like are logged with log_about(),
 * which names them, so that a gate may leave such a line out. Their text is cut in the
 * line: %.64s.
 */

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_NOTHING = 0, LOG_ERROR = 3, LOG_WARNING = 4, LOG_INFO = 6, LOG_DEBUG = 7 };

void log_init(void);
void log_set_level(enum log_level level);
enum log_level log_get_level(void);
void log_at(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Sends standard error to this file from now on. A file that has grown to LOG_FILE_MAX is
 * renamed to <path>.old. -1 with errno.
 */
enum { LOG_FILE_MAX = 1024 * 1024 };
int log_to_file(const char *path);

/* The kinds of lines that have a budget. */
enum log_book {
	LOG_LINES,		/* of the log */
	LOG_EVENTS,		/* of the journal: what a party did, or made us do */
	LOG_TRANSFERS,		/* of the journal: what we did with a party */
	LOG_BOOKS,
};

/*
 * Whether a line about this party may be written now. *left_out is set to the number of
 * lines that were left out since the last one written. A party is a JID of any kind, or a
 * word for a party that has none.
 */
typedef bool log_gate(void *arg, enum log_book book, const char *party, unsigned *left_out);

/*
 * Sets the gate. NULL, as at first, lets everything pass. At debug level log_about() does
 * not ask it.
 */
void log_set_gate(log_gate *gate, void *arg);

/* Asks the gate. True, with *left_out 0, if there is none. */
bool log_admits(enum log_book book, const char *party, unsigned *left_out);

/* Logs a line about something that this party has caused. */
void log_about(const char *party, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...)   log_at(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_at(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   (log_get_level() >= LOG_DEBUG ? log_at(LOG_DEBUG, __VA_ARGS__) : (void)0)

#endif
