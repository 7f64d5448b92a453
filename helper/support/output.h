/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_OUTPUT_H
#define HELPER_OUTPUT_H

/* What git xmpp says to people, and how trouble is told to them and to programs. */

#include <stdbool.h>
#include <stdint.h>

#include "message.h"

/* "label: text", escaped, on standard error; label is like "fatal", "hint". */
void report(const char *label, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Tells of trouble, on standard output as JSON if that was asked for, and
 * returns the exit status.
 */
int report_trouble(const struct message *trouble, bool json);

/* Prints text from outside, escaped, on standard output. NULL prints nothing. */
void print_text(const char *text);

/* Like "1 device", "2 devices". */
void print_count(uint64_t n, const char *singular);

#endif
