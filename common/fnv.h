/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_FNV_H
#define COMMON_FNV_H

/*
 * FNV-1a with 64 bits (draft-eastlake-fnv), to see whether something has changed. A hash
 * begins with FNV_START. There is no secret in it: anybody can make two texts with the same
 * hash.
 */

#include <stddef.h>
#include <stdint.h>

#define FNV_START UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x00000100000001b3)

static inline uint64_t fnv_bytes(uint64_t hash, const void *data, size_t n)
{
	for (const unsigned char *p = data; n--; p++)
		hash = (hash ^ *p) * FNV_PRIME;
	return hash;
}

static inline uint64_t fnv_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
	return hash;
}

#endif
