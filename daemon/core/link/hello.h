/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_HELLO_H
#define CORE_HELLO_H

/* HELLO, the first record each way on a path, written and read. link.h says what it means. */

#include "link.h"

/* What both sides' HELLO have. */
struct hello {
	uint64_t protocol;
	const char *state;		/* may be any word; points into the record */
	uint8_t instance[INSTANCE_BYTES];
	uint64_t received;
	const char *why;		/* with HELLO_MALFORMED: "field: rule" */
};

/* id: the link's, NULL in an answer. */
void hello_put(struct buf *out, const char *state, const struct link_ends *ends,
	       const uint8_t instance[INSTANCE_BYTES], const uint8_t *id, uint64_t received);

/*
 * hello->protocol is set unless HELLO_MALFORMED, the rest with HELLO_GOOD only. Names that
 * are not those of the path are logged.
 */
enum hello_fault hello_parse(const struct record *record, const struct link_ends *ends,
			     struct hello *hello);

#endif
