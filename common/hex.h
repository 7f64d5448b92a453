/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_HEX_H
#define COMMON_HEX_H

/* Bytes as hexadecimal digits. */

#include <stdbool.h>
#include <stddef.h>

/* The value of a hexadecimal digit of either case; -1 if it is no digit. */
int hex_digit(char c);

/* Lower-case hex of n bytes; out has 2n + 1 bytes. */
void hex_encode(const void *bytes, size_t n, char *out);

/* Decodes exactly 2n hex digits of either case to n bytes. False if hex is anything else. */
bool hex_decode(const char *hex, void *bytes, size_t n);

#endif
