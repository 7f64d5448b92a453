/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_BASE64_H
#define CORE_BASE64_H

/*
 * Base64 (RFC 4648 section 4), strict: padding, no white space, no stray bits
 * (XEP-0047 section 4).
 */

#include <stddef.h>

/* The size of the output of base64_encode() for n bytes, its NUL included. */
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

/* Encodes n bytes into out, with a NUL. Returns the length without the NUL. */
size_t base64_encode(const void *data, size_t n, char *out);

/*
 * Decodes into out, which has room for n / 4 * 3 bytes. Returns the length, or -1 if
 * malformed.
 */
long base64_decode(const char *text, size_t n, void *out);

#endif
