/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_DIGEST_OPS_H
#define CORE_DIGEST_OPS_H

/* Hashes, which the core does not compute itself. daemon/crypto/digest.h has OpenSSL's. */

#include <stddef.h>

enum { DIGEST_BYTES = 32 };

struct digest_ops {
	/* SHA-256 (FIPS 180-4) of n bytes. */
	void (*sha256)(const void *data, size_t n, unsigned char out[DIGEST_BYTES]);
	/* HMAC-SHA-256 (RFC 2104) of n bytes. */
	void (*hmac)(const void *key, size_t key_len, const void *data, size_t n,
		     unsigned char out[DIGEST_BYTES]);
};

#endif
