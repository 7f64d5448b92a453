/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

/*
 * The log: one line per event on standard error, escaped for a terminal. A
 * terminal gets the bare line, the journal a <N> level prefix, anything else
 * a UTC time stamp. Debug lines only with GIT_XMPP_TRACE set to 1 or more.
 */

enum log_level { LOG_ERROR = 3, LOG_WARNING = 4, LOG_INFO = 6, LOG_DEBUG = 7 };

void log_init(void);
void log_set_level(enum log_level level);
enum log_level log_get_level(void);
void log_at(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_at(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_at(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   (log_get_level() >= LOG_DEBUG ? log_at(LOG_DEBUG, __VA_ARGS__) : (void)0)

#endif
