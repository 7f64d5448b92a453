/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_OUTPUT_H
#define HELPER_OUTPUT_H

/* The output of git xmpp for people, and errors for people and for programs. */

#include <stdbool.h>
#include <stdint.h>

#include "message.h"

/*
 * "label: text", escaped, on standard error; label is like "fatal", "hint". A hint only if the
 * user wants any (advice.h).
 */
void report(const char *label, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Prints the error, on standard error, or with json as JSON on standard output. Returns the
 * exit status.
 */
int report_trouble(const struct message *trouble, bool json);

/* Prints text from outside, escaped, on standard output. NULL prints nothing. */
void print_text(const char *text);

/* Prints a number with its noun, like "1 device", "2 devices". */
void print_count(uint64_t n, const char *singular);

#endif
