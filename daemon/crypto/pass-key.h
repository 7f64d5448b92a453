/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CRYPTO_PASS_KEY_H
#define CRYPTO_PASS_KEY_H

/*
 * What is random in a pass, and the key of TLS that follows from its secret:
 * HMAC-SHA-256, RFC 2104.
 */

#include "pass.h"

/* A new one. */
void pass_make(struct pass *p);

/*
 * Its use by the client (who dials) and the server, each for itself; ours is the
 * fingerprint of our key. number is from 1.
 */
void pass_use(const struct pass *p, uint64_t number, bool client, const unsigned char *ours,
	      const unsigned char *theirs, struct pass_use *out);

#endif
