/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_COMPARISON_STRING_H
#define CORE_COMPARISON_STRING_H

/*
 * The short string of a comparison, in the manner of RFC 6189, from a nonce of either side:
 *
 *   opener    commit=SHA-256("git-xmpp compare" 00 nonce_o fp_o fp_a)
 *   answerer  nonce=nonce_a
 *   opener    nonce=nonce_o
 *   string  = HMAC-SHA-256(nonce_o nonce_a, "git-xmpp words" 00 fp_o fp_a jid_o 00 jid_a 00 X)
 *
 * X is of the TLS connection. Nobody knows the other's nonce before they are bound to their
 * own, so nobody can search for two connections with the same string: they have one guess in
 * 2^30. protocol.md, "Comparing".
 */

#include "digest-ops.h"
#include "fingerprint.h"
#include "words.h"

enum { COMPARISON_NONCE = 32 };		/* bytes */

/* What both sides put into the string. */
struct comparison_parts {
	const unsigned char *nonce_o, *nonce_a;		/* COMPARISON_NONCE bytes each */
	const unsigned char *fp_o, *fp_a;
	const char *jid_o, *jid_a;			/* bare */
	const unsigned char *exported;			/* X, DIGEST_BYTES */
};

/* The opener's commitment: of parts, nonce_o and the fingerprints. */
void comparison_commitment(const struct digest_ops *digests, const struct comparison_parts *parts,
			   unsigned char out[DIGEST_BYTES]);
void comparison_string(const struct digest_ops *digests, const struct comparison_parts *parts,
		       unsigned char out[SHORT_BYTES]);

#endif
