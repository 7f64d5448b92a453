/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_TRANSFER_TEXT_H
#define HELPER_TRANSFER_TEXT_H

/* Transfers, and the ways they take, in the words of users. */

#include "query.h"
#include "table.h"

enum {
	TRANSFER_ID_MAX = 64,	/* bytes of an id, NUL included */
	TRANSFER_ID_SHOWN = 4,	/* letters of it that are shown at least */
};

/* Whether the row is of a transfer whose id begins so; every id begins with "". */
bool transfer_is(struct fields row, const char *begin);

/* How many letters of the id of this transfer are shown: it is the only one that begins so. */
size_t transfer_id_len(const struct query *answer, struct fields row);

/* Appends what a transfer is, like "bob@example.org is fetching project". */
void transfer_about(struct buf *text, struct fields row);

/*
 * Adds a row for a transfer of the broker's answer: who does what, how much of it has moved,
 * how fast, how long it still takes where that is known, and which way.
 */
void transfer_put(struct table *t, const struct query *answer, struct fields row);

/* The name of a path for people, like "direct" or "through example.org"; malloc'd. */
char *transfer_way(const char *path, const char *own);

/* What ways there are to this device, by the broker's row "paths"; malloc'd. */
char *transfer_ways(struct fields paths);

#endif
