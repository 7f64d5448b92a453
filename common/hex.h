/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_HEX_H
#define COMMON_HEX_H

/* Bytes as hexadecimal digits. */

#include <stdbool.h>
#include <stddef.h>

/* The value of a digit of either case; -1: it is none. */
int hex_digit(char c);

/* Lower-case hex of n bytes; out has 2n + 1 bytes. */
void hex_encode(const void *bytes, size_t n, char *out);

/* Exactly 2n hex digits of either case, nothing else. */
bool hex_decode(const char *hex, void *bytes, size_t n);

#endif
