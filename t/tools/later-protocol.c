/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Linked into the programs with --wrap, this makes them those of a later version, whose protocol
 * on the Unix socket has the number LATER: HELLO says LATER, and what they hear they compare
 * with LATER. For a program that only knows of FRAME_PROTOCOL, all numbers are one version
 * less: LATER is FRAME_PROTOCOL, and FRAME_PROTOCOL is the one before it. The number in the
 * HELLO of a link is another one, and stays.
 */

#include <string.h>

#include "fields.h"
#include "frame.h"

enum { LATER = 99 };

void __real_fields_add_u64(struct buf *out, const char *key, uint64_t value);
void __wrap_fields_add_u64(struct buf *out, const char *key, uint64_t value);
uint64_t __real_fields_get_u64(struct fields f, const char *key, uint64_t fallback);
uint64_t __wrap_fields_get_u64(struct fields f, const char *key, uint64_t fallback);

void __wrap_fields_add_u64(struct buf *out, const char *key, uint64_t value)
{
	bool ours = !strcmp(key, "protocol") && value == FRAME_PROTOCOL;

	__real_fields_add_u64(out, key, ours ? LATER : value);
}

uint64_t __wrap_fields_get_u64(struct fields f, const char *key, uint64_t fallback)
{
	uint64_t value = __real_fields_get_u64(f, key, fallback);

	if (strcmp(key, "protocol") != 0)
		return value;
	if (value == LATER)
		return FRAME_PROTOCOL;
	return value == FRAME_PROTOCOL ? FRAME_PROTOCOL - 1 : value;
}
