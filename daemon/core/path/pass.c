/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pass.h"

/*
 * The key of TLS is not the secret but made from it and both fingerprints, in
 * the order client, server. So it is good in one direction only (nobody is answered by what
 * he said himself), and between these two devices only: one that is trusted by two
 * others cannot give what the first told it to the second, and have each of them take
 * the other for it.
 */

#include <assert.h>
#include <inttypes.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "random.h"
#include "text.h"

static const char label[] = "git-xmpp/1 path";		/* its NUL goes with it */

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

bool pass_identity(const char *identity, char token[PASS_TOKEN_LEN + 1], uint64_t *number)
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(identity) != PASS_IDENTITY_LEN || strspn(identity, digits) != PASS_TOKEN_LEN ||
	    identity[PASS_TOKEN_LEN] != '.' ||
	    strspn(identity + PASS_TOKEN_LEN + 1, digits) != PASS_NUMBER_LEN)
		return false;
	memcpy(token, identity, PASS_TOKEN_LEN);
	token[PASS_TOKEN_LEN] = '\0';
	return sscanf(identity + PASS_TOKEN_LEN + 1, "%16" SCNx64, number) == 1;
}

/* As RFC 4303 3.4.3 keeps out packets that were seen. */
bool pass_is_new(const struct pass_seen *seen, uint64_t number)
{
	uint64_t behind = seen->highest - number;

	if (number > seen->highest)
		return true;
	return number && behind < PASS_WINDOW && !(seen->before >> behind & 1);
}

void pass_mark(struct pass_seen *seen, uint64_t number)
{
	uint64_t ahead;

	if (number <= seen->highest) {
		if (seen->highest - number < PASS_WINDOW)
			seen->before |= (uint64_t)1 << (seen->highest - number);
		return;
	}
	ahead = number - seen->highest;
	seen->before = (ahead < PASS_WINDOW ? seen->before << ahead : 0) | 1;
	seen->highest = number;
}
