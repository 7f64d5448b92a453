/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pass.h"

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
	ok(!memcmp(client.peer, bob, sizeof(bob)) && !memcmp(server.peer, alice, sizeof(alice)), "... of each other");
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

static void test_identity(void)
{
	static const struct {
		const char *identity;
		bool good;
	} rows[] = {
		{ "00112233445566778899aabbccddeeff.0000000000000001", true },
		{ "00112233445566778899aabbccddeeff.ffffffffffffffff", true },
		{ "00112233445566778899aabbccddeeff.000000000000001", false },
		{ "00112233445566778899aabbccddeeff.00000000000000001", false },
		{ "00112233445566778899aabbccddeeff.000000000000000G", false },
		{ "00112233445566778899aabbccddeeff.+000000000000001", false },
		{ "00112233445566778899aabbccddeeff-0000000000000001", false },
		{ "00112233445566778899AABBCCDDEEFF.0000000000000001", false },
		{ "0112233445566778899aabbccddeeff.00000000000000001", false },
		{ "00112233445566778899aabbccddeeff", false },
		{ "", false },
	};
	char token[PASS_TOKEN_LEN + 1];
	uint64_t number = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(pass_identity(rows[i].identity, token, &number) == rows[i].good, "'%s' is %s",
		   rows[i].identity, rows[i].good ? "an identity" : "none");
	pass_identity(rows[1].identity, token, &number);
	is_str(token, "00112233445566778899aabbccddeeff", "its token");
	ok(number == UINT64_MAX, "... and number");
}

static void test_seen(void)
{
	struct pass_seen seen = { 0 };
	unsigned again = 0, missed = 0;

	ok(!pass_is_new(&seen, 0), "0 is no number");
	for (uint64_t n = 1; n <= 200; n++) {
		missed += !pass_is_new(&seen, n);
		pass_mark(&seen, n);
		for (uint64_t m = 1; m <= n; m++)
			again += pass_is_new(&seen, m);
	}
	ok(!missed && !again, "in order, each is good once");
	pass_mark(&seen, 210);
	ok(pass_is_new(&seen, 209) && pass_is_new(&seen, 201) && !pass_is_new(&seen, 200), "some may be late");
	pass_mark(&seen, 205);
	ok(!pass_is_new(&seen, 205) && pass_is_new(&seen, 204), "... and are good once, too");
	pass_mark(&seen, 210 + PASS_WINDOW);
	ok(!pass_is_new(&seen, 210) && pass_is_new(&seen, 211), "not later than %d", PASS_WINDOW);
	pass_mark(&seen, 204);
	ok(!pass_is_new(&seen, 204), "what is too late stays so");
	pass_mark(&seen, UINT64_MAX);
	ok(!pass_is_new(&seen, UINT64_MAX) && pass_is_new(&seen, UINT64_MAX - 1) && !pass_is_new(&seen, 1), "at the end");
}

int main(void)
{
	test_use();
	test_vector();
	test_identity();
	test_seen();
	return tap_done();
}
