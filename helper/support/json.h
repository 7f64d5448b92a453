/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_JSON_H
#define HELPER_JSON_H

/* What git xmpp says to programs. */

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

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

#endif
