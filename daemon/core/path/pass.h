/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PASS_H
#define CORE_PASS_H

/*
 * What opens a path over TCP. One device gives a pass to another inside their link,
 * which both have proven with their keys: a token, that the other names in clear
 * when it dials, and a secret, that nobody else ever sees. TLS proves the secret
 * (RFC 8446 4.2.11, an external PSK) and shows neither key.
 *
 * Each hello says a higher number than those before it, and each number is good once, so
 * a hello that somebody recorded opens nothing.
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
	PASS_WINDOW = 64,		/* hellos that may arrive in another order */
};

struct pass {
	char token[PASS_TOKEN_LEN + 1];		/* hex, lower case; empty: no pass */
	unsigned char secret[PASS_SECRET_BYTES];
};

/* One opening: what TLS says, and by what it proves that. */
struct pass_use {
	char identity[PASS_IDENTITY_LEN + 1];	/* token.number */
	unsigned char psk[32];
	unsigned char peer[FINGERPRINT_BYTES];	/* who is at the other end, if it proves the same */
};

/* Numbers that were used; all 0: none. */
struct pass_seen {
	uint64_t highest;
	uint64_t before;	/* bit n: highest - n */
};

/* The parts of an identity; false if it is none. */
bool pass_identity(const char *identity, char token[PASS_TOKEN_LEN + 1], uint64_t *number);

bool pass_is_new(const struct pass_seen *seen, uint64_t number);
void pass_mark(struct pass_seen *seen, uint64_t number);

#endif
