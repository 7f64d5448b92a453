/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_HELLO_H
#define CORE_HELLO_H

/* HELLO, the first record each way on a path, written and read. link.h says what it means. */

#include "link.h"

/* id: the link's, NULL in an answer. */
void hello_put(struct buf *out, const char *state, const uint8_t instance[INSTANCE_BYTES],
	       const uint8_t *id, uint64_t received);

/*
 * What both sides' HELLO have. The state, which points into the record and may
 * be any word; NULL if the record is no HELLO of protocol 1.
 */
const char *hello_parse(const struct record *record, uint8_t instance[INSTANCE_BYTES],
			uint64_t *received);

#endif
