/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_JOIN_PROOF_H
#define CORE_JOIN_PROOF_H

/*
 * What both sides of an invitation compute from its secret, which neither of them ever sends.
 * Documentation/protocol.md has the derivations, and test vectors.
 */

#include <stddef.h>

#include "fingerprint.h"
#include "invitation-link.h"

enum {
	JOIN_PROOF_BYTES = 32,
	JOIN_EXPORTER_BYTES = 32,
	JOIN_SID_LEN = 18,		/* hex digits */
	JOIN_ATTEMPTS = 4,		/* different sids of one joiner for one invitation */
};

/* HMAC-SHA-256 (RFC 2104); the core has none of its own. */
typedef void hmac_fn(const void *key, size_t key_len, const void *text, size_t len,
		     unsigned char out[JOIN_PROOF_BYTES]);

/* Who the two are. The strings are bare JIDs in their normal form. */
struct join_ends {
	const char *inviter, *joiner;
	const unsigned char *inviter_fp, *joiner_fp;	/* FINGERPRINT_BYTES each */
};

/*
 * The sid of the bytestream (XEP-0047) that the joiner opens to the inviter: by it the inviter
 * recognises the stranger who holds the link. attempt is below JOIN_ATTEMPTS. Only the JIDs of
 * ends are used.
 */
void join_sid(hmac_fn *hmac, const unsigned char secret[INVITATION_SECRET_BYTES],
	      const struct join_ends *ends, unsigned attempt, char sid[JOIN_SID_LEN + 1]);

/*
 * Proves the secret in a meeting. exporter is that of the meeting's TLS connection (RFC 8446
 * 7.5), so that nobody in between can pass a proof on.
 */
void join_proof(hmac_fn *hmac, const unsigned char secret[INVITATION_SECRET_BYTES], bool by_inviter,
		const struct join_ends *ends, const unsigned char exporter[JOIN_EXPORTER_BYTES],
		unsigned char proof[JOIN_PROOF_BYTES]);

/* Whether two proofs are the same, in a time that does not depend on them. */
bool join_proof_same(const unsigned char one[JOIN_PROOF_BYTES],
		     const unsigned char other[JOIN_PROOF_BYTES]);

#endif
