/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_FINGERPRINT_H
#define COMMON_FINGERPRINT_H

/* The fingerprint of a device's key (SHA-256), as people read and compare it. */

#include <stdbool.h>

enum {
	FINGERPRINT_BYTES = 32,
	FINGERPRINT_GROUPS = 16, /* of digits, with a blank between them */
	FINGERPRINT_TEXT_MAX = 81,
};

/* A fingerprint for people: upper-case hex in 16 groups of four. */
void fingerprint_format(const unsigned char fp[FINGERPRINT_BYTES], char out[FINGERPRINT_TEXT_MAX]);

/* Reads 64 hex digits of either case, with spaces and colons anywhere; false otherwise. */
bool fingerprint_parse(const char *text, unsigned char fp[FINGERPRINT_BYTES]);

#endif
