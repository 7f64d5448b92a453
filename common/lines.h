/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_LINES_H
#define COMMON_LINES_H

/* The lines of a file of state, which its user may have edited. */

#include <stdbool.h>
#include <stddef.h>

/*
 * Hands a copy of each line that is not empty to take(), without the newline. take() may cut the
 * copy into words; the copy is wiped and freed afterwards. Returns how many lines were dropped:
 * those for which take() returned false, and those with a NUL.
 */
int lines_parse(const char *text, size_t n, bool (*take)(void *arg, char *line), void *arg);

#endif
