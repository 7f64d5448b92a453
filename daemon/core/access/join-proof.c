/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "join-proof.h"

#include <string.h>

#include "buf.h"
#include "hex.h"

/*
 * Each text that is hashed begins with a label of its own and its NUL, and every part of it
 * has a fixed length or ends in a NUL, so that no two different inputs are one text.
 */

enum { SID_BYTES = JOIN_SID_LEN / 2 };

static void put_string(struct buf *out, const char *s)
{
	buf_append(out, s, strlen(s) + 1);
}

static void finish(hmac_fn *hmac, const unsigned char *secret, struct buf *text,
		   unsigned char out[JOIN_PROOF_BYTES])
{
	hmac(secret, INVITATION_SECRET_BYTES, buf_data(text), buf_len(text), out);
	buf_finish(text);
}

void join_sid(hmac_fn *hmac, const unsigned char secret[INVITATION_SECRET_BYTES],
	      const struct join_ends *ends, unsigned attempt, char sid[JOIN_SID_LEN + 1])
{
	unsigned char digest[JOIN_PROOF_BYTES];
	struct buf text = { 0 };
	char digit = (char)('0' + attempt);

	put_string(&text, "git-xmpp join");
	put_string(&text, ends->inviter);
	put_string(&text, ends->joiner);
	buf_append(&text, &digit, 1);
	finish(hmac, secret, &text, digest);
	hex_encode(digest, SID_BYTES, sid);
}

void join_proof(hmac_fn *hmac, const unsigned char secret[INVITATION_SECRET_BYTES], bool by_inviter,
		const struct join_ends *ends, const unsigned char exporter[JOIN_EXPORTER_BYTES],
		unsigned char proof[JOIN_PROOF_BYTES])
{
	struct buf text = { 0 };

	put_string(&text, by_inviter ? "git-xmpp inviter" : "git-xmpp joiner");
	buf_append(&text, exporter, JOIN_EXPORTER_BYTES);
	buf_append(&text, ends->joiner_fp, FINGERPRINT_BYTES);
	buf_append(&text, ends->inviter_fp, FINGERPRINT_BYTES);
	put_string(&text, ends->joiner);
	put_string(&text, ends->inviter);
	finish(hmac, secret, &text, proof);
}

bool join_proof_same(const unsigned char one[JOIN_PROOF_BYTES],
		     const unsigned char other[JOIN_PROOF_BYTES])
{
	unsigned char differs = 0;

	for (unsigned i = 0; i < JOIN_PROOF_BYTES; i++)
		differs |= one[i] ^ other[i];
	return !differs;
}
