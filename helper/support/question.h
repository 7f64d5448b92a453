/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_QUESTION_H
#define HELPER_QUESTION_H

/* A question to the user on the terminal, which they answer with yes or no. */

#include <stdbool.h>
#include <stdio.h>

/* Asks on `to`, standard output or standard error. Anything but yes is no. */
bool question_yes(FILE *to, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Asks before something that cannot be taken back. Without a terminal nobody is asked: the
 * error says that this would do the deed, like "remove all of that", and that --yes says so.
 */
bool question_sure(const char *deed, const char *question);

#endif
