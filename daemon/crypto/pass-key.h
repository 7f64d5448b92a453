/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CRYPTO_PASS_KEY_H
#define CRYPTO_PASS_KEY_H

/*
 * Makes passes, and derives the pre-shared key of a TLS connection from a pass's secret:
 * HMAC-SHA-256, RFC 2104.
 */

#include "pass.h"

/* Fills in a new random pass. */
void pass_make(struct pass *p);

/*
 * Derives one use of the pass. The client (the side that dials) and the server each call
 * it for themselves. ours is the fingerprint of our own key. number counts from 1.
 */
void pass_use(const struct pass *p, uint64_t number, bool client, const unsigned char *ours,
	      const unsigned char *theirs, struct pass_use *out);

#endif
