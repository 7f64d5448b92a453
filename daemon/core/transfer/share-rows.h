/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SHARE_ROWS_H
#define CORE_SHARE_ROWS_H

/*
 * The records SHARES-ASK and SHARES, by which a device asks another one what it may use there.
 * Both are fields, with the id of the question, 24 digits of lower-case hex:
 *
 *   SHARES-ASK  id
 *   SHARES      id, and rows; more=1: another one follows; state=busy: ask again later
 *
 * A row begins with share=<name>; after it come right=fetch or push, and as far as they are
 * known head=<ref> object=<hex> (where HEAD leads) and changed=<unix seconds> (when the newest
 * commit of a branch was made). Other fields are passed over.
 */

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "fields.h"

enum {
	SHARES_ID_BYTES = 12,
	SHARES_ID_LEN = 24,
	SHARE_HEAD_MAX = 256,  /* bytes of a ref, NUL included; a longer one is left out */
	SHARE_OBJECT_MAX = 65, /* hex digits, NUL included */
	SHARE_ROWS_MAX = 32,   /* rows of one record */
	SHARE_ROWS_BYTES_MAX = 12 * 1024, /* a record with as many bytes takes no more rows */
};

struct share_row {
	char name[SHARE_NAME_MAX];
	bool push;
	char head[SHARE_HEAD_MAX];     /* empty: not known */
	char object[SHARE_OBJECT_MAX]; /* empty: there is no commit, or it is not known */
	uint64_t changed;	       /* unix seconds; 0: not known */
};

void share_row_write(const struct share_row *row, struct buf *fields);

/*
 * Walks the rows of a record whose fields are valid: start with *pos = 0. 1: a row; 0: there
 * are no more; -1: *fault is the rule that the record breaks.
 */
int share_rows_next(struct fields f, size_t *pos, struct share_row *row, const char **fault);

/* The id of a question, or NULL if there is none of that form. */
const char *shares_id(struct fields f);

#endif
