/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_PERCENT_H
#define COMMON_PERCENT_H

/* Percent-encoded text (RFC 3986 2.1), as it stands in addresses and invitations. */

#include <stdbool.h>
#include <stddef.h>

/*
 * Decodes n bytes to out, of size bytes, with a NUL behind them. NULL, or a phrase for what is
 * wrong. slash: whether a '/' may be encoded. Where it separates, it may not.
 */
const char *percent_decode(const char *s, size_t n, bool slash, char *out, size_t size);

#endif
