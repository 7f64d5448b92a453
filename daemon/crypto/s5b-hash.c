/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "s5b-hash.h"

#include <openssl/evp.h>

#include "hex.h"

enum { SHA1_BYTES = SOCKS5_HASH_LEN / 2 };

void s5b_hash(const char *sid, const char *requester, const char *target,
	      char out[SOCKS5_HASH_LEN + 1])
{
	struct buf text = { 0 };
	unsigned char digest[SHA1_BYTES] = { 0 };

	buf_puts(&text, sid);
	buf_puts(&text, requester);
	buf_puts(&text, target);
	/*
	 * The hash names the bytestream and protects nothing. Where SHA-1 is missing it
	 * stays zero, and the proxy does not know the bytestream.
	 */
	EVP_Digest(buf_data(&text), buf_len(&text), digest, NULL, EVP_sha1(), NULL);
	hex_encode(digest, sizeof(digest), out);
	buf_finish(&text);
}
