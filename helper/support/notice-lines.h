/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_NOTICE_LINES_H
#define HELPER_NOTICE_LINES_H

/*
 * What the broker has to tell the user, a line each, on standard error. The lines are kept
 * until the program has printed what it was asked for. The broker says each once, so a program
 * whose standard error the user does not read asks for none.
 */

#include <stdbool.h>

/* Whether the user reads standard error: GIT_XMPP_NOTICES is not false. */
bool notice_lines_wanted(void);
/* Keeps a line, escaped. */
void notice_lines_add(const char *line);
/* Prints what was kept, behind what standard output has. */
void notice_lines_print(void);

#endif
