/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_REPORT_H
#define HELPER_REPORT_H

/* What git xmpp says: sentences for people, JSON for programs. */

#include <stdint.h>

#include "buf.h"
#include "message.h"

/* "label: text", escaped, on standard error; label is like "fatal", "hint". */
void report(const char *label, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Tells of trouble, on standard output as JSON if that was asked for, and returns the exit status. */
int report_trouble(const struct message *trouble, bool json);

/* Prints text from outside, escaped, on standard output. NULL prints nothing. */
void print_text(const char *text);

/* Like "3 days": a span of time for people. */
const char *span_text(uint64_t seconds, char out[32]);

/* Like "1 device", "2 devices". */
void print_count(uint64_t n, const char *singular);

/*
 * A JSON document being written. key is NULL inside of a list. The comma is
 * put where the last character asks for one.
 */
void json_open(struct buf *out, const char *key, char bracket);
void json_close(struct buf *out, char bracket);
void json_string(struct buf *out, const char *key, const char *value);	/* NULL: null */
void json_number(struct buf *out, const char *key, uint64_t value);
void json_bool(struct buf *out, const char *key, bool value);

/* RFC 3339, UTC; 0 is null. */
void json_time(struct buf *out, const char *key, uint64_t unix_time);

/* Writes the document and a newline on standard output, and frees it. */
void json_print(struct buf *out);

/* RFC 3339, UTC, or "-" for 0. */
const char *time_text(uint64_t unix_time, char out[32]);

#endif
