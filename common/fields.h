/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_FIELDS_H
#define COMMON_FIELDS_H

/*
 * Fields: the payload of each of our messages that is not raw data, on the Unix socket and
 * on the link. A sequence of key=value, each ended by a NUL. A key is 1 to 32 of [a-z0-9-]
 * and may repeat; a value is any bytes but NUL, up to FIELD_VALUE_MAX. Unknown keys are
 * ignored, so that the protocols can grow.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

enum {
	FIELD_KEY_MAX = 32,
	FIELD_VALUE_MAX = 4096,
	FIELDS_MAX = 256,	/* fields in one message */
};

/* The reason that is given for a message which is not fields_valid(). */
#define FIELDS_RULE "fields: key=value, each ended by a NUL"

/* A borrowed view of a message's fields; check it with fields_valid() before use. */
struct fields {
	const char *data;
	size_t len;
};

/*
 * Appends a field. A value over FIELD_VALUE_MAX is cut between two characters. NULL adds
 * nothing.
 */
void fields_add(struct buf *out, const char *key, const char *value);
void fields_addf(struct buf *out, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void fields_add_u64(struct buf *out, const char *key, uint64_t value);

/* Whether the message is well-formed, by the rules above. The functions below require that. */
bool fields_valid(struct fields f);

/* The first value of a key, or NULL. Points into the message. */
const char *fields_get(struct fields f, const char *key);

/* The first value as a number; fallback if absent or not a plain decimal that fits. */
uint64_t fields_get_u64(struct fields f, const char *key, uint64_t fallback);

/*
 * Walks all fields in order: start with *pos = 0; false at the end. *key is
 * not NUL-terminated (its length is *key_len), *value is.
 */
bool fields_next(struct fields f, size_t *pos, const char **key, size_t *key_len,
		 const char **value);

/* Whether the key of fields_next() is this one. */
bool field_is(const char *key, size_t key_len, const char *name);

#endif
