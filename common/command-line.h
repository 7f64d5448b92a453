/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_COMMAND_LINE_H
#define COMMON_COMMAND_LINE_H

/*
 * A command line that a user wrote, cut into words by the rules of git's aliases: white space
 * separates words; '…' takes all as it is; in "…" and outside of quotes a backslash takes the
 * next character as it is. Nothing is expanded, and no shell runs.
 */

enum { COMMAND_LINE_WORDS_MAX = 256 };

/*
 * The words, ended by NULL; the caller frees them with command_line_free(). NULL if there is
 * none, a quote is not closed, the line ends with a backslash, or there are too many.
 */
char **command_line_split(const char *text);
/* words may be NULL. */
void command_line_free(char **words);

#endif
