/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PASS_H
#define CORE_PASS_H

/*
 * A pass lets a device open a path over TCP. One device gives it to another inside their
 * link, where both have proven their keys. It is a token, which the dialling device names
 * in clear, and a secret, which nobody else ever sees. TLS proves the secret (an external
 * PSK, RFC 8446 4.2.11) and shows neither key.
 *
 * Each ClientHello has a higher number than those before it, and each number is valid
 * once. So a recorded ClientHello opens nothing.
 */

#include <stdbool.h>
#include <stdint.h>

#include "fingerprint.h"

enum {
	PASS_TOKEN_BYTES = 16,
	PASS_TOKEN_LEN = 2 * PASS_TOKEN_BYTES,
	PASS_SECRET_BYTES = 32,
	PASS_NUMBER_LEN = 16,
	PASS_IDENTITY_LEN = PASS_TOKEN_LEN + 1 + PASS_NUMBER_LEN,
	PASS_WINDOW = 64,		/* ClientHellos that may arrive out of order */
};

struct pass {
	char token[PASS_TOKEN_LEN + 1];		/* hex, lower case; empty: no pass */
	unsigned char secret[PASS_SECRET_BYTES];
};

/* One use of a pass: the identity that TLS names, and the key that proves it. */
struct pass_use {
	char identity[PASS_IDENTITY_LEN + 1];	/* token.number */
	unsigned char psk[32];
	unsigned char peer[FINGERPRINT_BYTES];	/* fingerprint of the device at the other end,
						   if it proves the same */
};

/* Which numbers were used; all 0: none. */
struct pass_seen {
	uint64_t highest;
	uint64_t before;	/* bit n: highest - n */
};

/* Splits an identity into its parts; false if it is malformed. */
bool pass_identity(const char *identity, char token[PASS_TOKEN_LEN + 1], uint64_t *number);

bool pass_is_new(const struct pass_seen *seen, uint64_t number);
void pass_mark(struct pass_seen *seen, uint64_t number);

#endif
