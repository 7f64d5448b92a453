/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_HELLO_H
#define CORE_HELLO_H

/*
 * Writes and parses HELLO, the first record each way on a path. link.h says what it
 * means.
 */

#include "link.h"

/* The fields that both sides' HELLOs have. */
struct hello {
	uint64_t protocol;
	const char *state;		/* may be any word; points into the record */
	uint8_t instance[INSTANCE_BYTES];
	uint64_t received;
	const char *why;		/* with HELLO_MALFORMED: "field: rule" */
};

/* Appends a HELLO. id is the link's; NULL in an answer. */
void hello_put(struct buf *out, const char *state, const struct link_ends *ends,
	       const uint8_t instance[INSTANCE_BYTES], const uint8_t *id, uint64_t received);

/*
 * Parses either side's HELLO. With HELLO_GOOD all but why is valid, with HELLO_MALFORMED
 * only why, otherwise only protocol and state. Logs accounts that are not those of the
 * path.
 */
enum hello_fault hello_parse(const struct record *record, const struct link_ends *ends,
			     struct hello *hello);

#endif
