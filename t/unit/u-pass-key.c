/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pass-key.h"
#include "tap.h"

static const unsigned char alice[FINGERPRINT_BYTES] = "alice", bob[FINGERPRINT_BYTES] = "bob",
	mallory[FINGERPRINT_BYTES] = "mallory";

static bool same_key(const struct pass_use *a, const struct pass_use *b)
{
	return !memcmp(a->psk, b->psk, sizeof(a->psk));
}

static void test_use(void)
{
	struct pass one, other;
	struct pass_use client, server, use;

	pass_make(&one);
	pass_make(&other);
	ok(strcmp(one.token, other.token) && memcmp(one.secret, other.secret, sizeof(one.secret)),
	   "two passes are not the same");
	pass_use(&one, 1, true, alice, bob, &client);
	pass_use(&one, 1, false, bob, alice, &server);
	ok(same_key(&client, &server), "client and server have the same key");
	is_str(client.identity, server.identity, "... and name");
	ok(!memcmp(client.peer, bob, sizeof(bob)) && !memcmp(server.peer, alice, sizeof(alice)),
	   "... of each other");
	pass_use(&one, 1, true, bob, alice, &use);
	ok(!same_key(&use, &server), "not the other way round");
	pass_use(&one, 1, true, alice, mallory, &use);
	ok(!same_key(&use, &server), "nor for who takes the server for somebody else");
	pass_use(&one, 1, false, bob, mallory, &use);
	ok(!same_key(&use, &client), "nor the client");
	pass_use(&other, 1, true, alice, bob, &use);
	ok(!same_key(&use, &server), "nor with another secret");
	other = one;
	other.secret[PASS_SECRET_BYTES - 1] ^= 1;
	pass_use(&other, 1, true, alice, bob, &use);
	ok(!same_key(&use, &server), "of which one bit is enough");
}

/* Computed by other means: what another implementation has to come to. */
static void test_vector(void)
{
	static const unsigned char expected[32] = {
		0xf4, 0xd5, 0xa0, 0xfd, 0x11, 0x3c, 0x81, 0x50,
		0xfc, 0x58, 0x8a, 0x71, 0xc8, 0xbc, 0x8e, 0xa9,
		0xa5, 0x28, 0x29, 0xf8, 0xbe, 0x82, 0xb6, 0x7b,
		0xe1, 0x5e, 0xb6, 0x94, 0xf8, 0x8c, 0x8a, 0xd8,
	};
	struct pass p = { .token = "000102030405060708090a0b0c0d0e0f" };
	unsigned char client[FINGERPRINT_BYTES], server[FINGERPRINT_BYTES];
	struct pass_use use;

	for (unsigned i = 0; i < 32; i++) {
		p.secret[i] = i;
		client[i] = 0x40 + i;
		server[i] = 0x80 + i;
	}
	pass_use(&p, 0x1234, true, client, server, &use);
	is_str(use.identity, "000102030405060708090a0b0c0d0e0f.0000000000001234", "an identity");
	ok(!memcmp(use.psk, expected, sizeof(expected)), "a key");
}

int main(void)
{
	test_use();
	test_vector();
	return tap_done();
}
