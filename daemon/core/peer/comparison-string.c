/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "comparison-string.h"

#include <string.h>

#include "buf.h"

/*
 * Each value begins with a label, so that no other use of these functions makes the same one. All
 * that follows has a fixed length, or ends with a NUL, which a JID has not.
 */

void comparison_commitment(const struct digest_ops *digests, const struct comparison_parts *parts,
			   unsigned char out[DIGEST_BYTES])
{
	static const char label[] = "git-xmpp compare";		/* hashed with its NUL */
	struct buf data = { 0 };

	buf_append(&data, label, sizeof(label));
	buf_append(&data, parts->nonce_o, COMPARISON_NONCE);
	buf_append(&data, parts->fp_o, FINGERPRINT_BYTES);
	buf_append(&data, parts->fp_a, FINGERPRINT_BYTES);
	digests->sha256(buf_data(&data), buf_len(&data), out);
	buf_finish(&data);
}

void comparison_string(const struct digest_ops *digests, const struct comparison_parts *parts,
		       unsigned char out[SHORT_BYTES])
{
	static const char label[] = "git-xmpp words";		/* hashed with its NUL */
	unsigned char key[2 * COMPARISON_NONCE], made[DIGEST_BYTES];
	struct buf data = { 0 };

	memcpy(key, parts->nonce_o, COMPARISON_NONCE);
	memcpy(key + COMPARISON_NONCE, parts->nonce_a, COMPARISON_NONCE);
	buf_append(&data, label, sizeof(label));
	buf_append(&data, parts->fp_o, FINGERPRINT_BYTES);
	buf_append(&data, parts->fp_a, FINGERPRINT_BYTES);
	buf_append(&data, parts->jid_o, strlen(parts->jid_o) + 1);
	buf_append(&data, parts->jid_a, strlen(parts->jid_a) + 1);
	buf_append(&data, parts->exported, DIGEST_BYTES);
	digests->hmac(key, sizeof(key), buf_data(&data), buf_len(&data), made);
	buf_finish(&data);
	memcpy(out, made, SHORT_BYTES);
}
