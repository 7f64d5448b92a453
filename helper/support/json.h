/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_JSON_H
#define HELPER_JSON_H

/* The output of git xmpp for programs. */

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

/*
 * These append to a JSON document. key is NULL inside of a list. A comma is put unless the
 * document is empty or ends in an opening bracket.
 */
void json_open(struct buf *out, const char *key, char bracket);
void json_close(struct buf *out, char bracket);
void json_string(struct buf *out, const char *key, const char *value);	/* NULL: null */
void json_number(struct buf *out, const char *key, uint64_t value);
void json_bool(struct buf *out, const char *key, bool value);

/* Opens a document: an object, with the version of the output. */
void json_begin(struct buf *out);

/* A time in seconds since 1970 as RFC 3339, UTC; 0 is null. */
void json_time(struct buf *out, const char *key, uint64_t unix_time);

/* Writes the document and a newline on standard output, and frees it. */
void json_print(struct buf *out);

/* Whether a document was written. */
bool json_printed(void);

#endif
