/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "digest.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static void on_sha256(const void *data, size_t n, unsigned char out[DIGEST_BYTES])
{
	int made = EVP_Digest(data, n, out, NULL, EVP_sha256(), NULL);

	assert(made == 1);
	(void)made;
}

static void on_hmac(const void *key, size_t key_len, const void *data, size_t n,
		    unsigned char out[DIGEST_BYTES])
{
	unsigned len = DIGEST_BYTES;
	const void *made = HMAC(EVP_sha256(), key, (int)key_len, data, n, out, &len);

	assert(made && len == DIGEST_BYTES);
	(void)made;
}

const struct digest_ops openssl_digests = { .sha256 = on_sha256, .hmac = on_hmac };
