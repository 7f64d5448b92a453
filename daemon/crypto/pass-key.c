/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pass-key.h"

/*
 * The TLS key is not the secret itself, but derived from it and both fingerprints, in the
 * order client, server. So it is good in one direction only: what a device said cannot be
 * reflected to it. And it is good between these two devices only: a device that two others
 * trust cannot hand the pass of the first to the second, and make each of them take the
 * other for it.
 */

#include <assert.h>
#include <inttypes.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "random.h"

static const char label[] = "git-xmpp/1 path";		/* hashed with its NUL */

void pass_make(struct pass *p)
{
	unsigned char token[PASS_TOKEN_BYTES];

	random_bytes(token, sizeof(token));
	hex_encode(token, sizeof(token), p->token);
	random_bytes(p->secret, sizeof(p->secret));
}

void pass_use(const struct pass *p, uint64_t number, bool client, const unsigned char *ours,
	      const unsigned char *theirs, struct pass_use *out)
{
	unsigned char who[sizeof(label) + 2 * FINGERPRINT_BYTES];
	unsigned n = sizeof(out->psk);
	const void *made;

	memcpy(who, label, sizeof(label));
	memcpy(who + sizeof(label), client ? ours : theirs, FINGERPRINT_BYTES);
	memcpy(who + sizeof(label) + FINGERPRINT_BYTES, client ? theirs : ours, FINGERPRINT_BYTES);
	snprintf(out->identity, sizeof(out->identity), "%s.%016" PRIx64, p->token, number);
	memcpy(out->peer, theirs, FINGERPRINT_BYTES);
	made = HMAC(EVP_sha256(), p->secret, sizeof(p->secret), who, sizeof(who), out->psk, &n);
	assert(made && n == sizeof(out->psk));
	(void)made;
}
