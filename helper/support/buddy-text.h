/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_BUDDY_TEXT_H
#define HELPER_BUDDY_TEXT_H

/*
 * Buddies, as the rows of the broker's answer to verb=buddies describe them. i is the index of a
 * buddy's row in the answer.
 */

#include "query.h"
#include "table.h"

/* What is told of a buddy beyond the row. */
struct buddy_context {
	const char *own;	/* the JID of the account */
	/* How many pushes wait for jid; NULL: not told. */
	unsigned (*pushes)(void *arg, const char *jid);
	void *arg;
};

/* The state, in one word for programs. */
const char *buddy_state(struct fields row);

/* How many devices a buddy has: their rows follow. */
size_t buddy_devices(const struct query *answer, size_t i);

/* For people: adds a row. For programs: prints a line of fields; appends an object. */
void buddy_put(struct table *t, const struct query *answer, size_t i,
	       const struct buddy_context *context);
void buddy_porcelain(const struct query *answer, size_t i);
void buddy_json(struct buf *out, const struct query *answer, size_t i);

/*
 * The indices of all buddies, malloc'd, sorted by their addresses; the own account comes last,
 * because its devices are listed behind it.
 */
size_t *buddies_sorted(const struct query *answer, size_t *count);

#endif
