/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "alloc.h"
#include "socks5.h"
#include "tap.h"

#define BYTES(s) (s), sizeof(s) - 1
#define HASH "972b7bf47291ca609517f67f86b5081086052dad"
#define REPLY "\5\0\0\3\x28" HASH "\0"

static const char greeting[] = "\5\1\0";
static const char request[] = "\5\1\0\3\x28" HASH "\0";	/* and the NUL that ends it: port 0 */

static const struct {
	const char *answer;
	size_t n;
	enum socks5_state state;
	const char *error;
	const char *rest;		/* of the bytestream, after DONE */
	const char *what;
} rows[] = {
	{ BYTES(""), SOCKS5_GREETED, NULL, "", "no answer yet" },
	{ BYTES("\5"), SOCKS5_GREETED, NULL, "", "half of the first" },
	{ BYTES("\5\0"), SOCKS5_ASKED, NULL, "", "no password needed: we ask" },
	{ BYTES("\5\0" REPLY "\0"), SOCKS5_DONE, NULL, "", "connected" },
	{ BYTES("\5\0" REPLY), SOCKS5_ASKED, NULL, "", "a byte is missing" },
	{ BYTES("\5\0" REPLY "\0\x16\3\1"), SOCKS5_DONE, NULL, "\x16\3\1",
	  "and TLS begins at once" },
	{ BYTES("\5\0\5\0\0\1\1\2\3\4\5\6" "x"), SOCKS5_DONE, NULL, "x",
	  "an IPv4 address as answer" },
	{ BYTES("\5\0\5\0\0\4" "0123456789abcdef" "\5\6" "xy"), SOCKS5_DONE, NULL, "xy",
	  "an IPv6 one" },
	{ BYTES("\5\0\5\0\0\3\0\0\0" "x"), SOCKS5_DONE, NULL, "x", "an empty name" },
	{ BYTES("\5\0\5\0\0\2\0\0\0\0"), SOCKS5_FAILED,
	  "the proxy answers with an unknown kind of address", "",
	  "an address that is none" },
	{ BYTES("\5\0\5\5"), SOCKS5_FAILED, "the proxy says that it is refused", "",
	  "a refusal, cut short" },
	{ BYTES("\5\0\5\2\0\1\0\0\0\0\0\0"), SOCKS5_FAILED, "the proxy does not allow it", "",
	  "a whole one" },
	{ BYTES("\5\0\5\x8f"), SOCKS5_FAILED, "the proxy says no in a way of its own", "",
	  "another one" },
	{ BYTES("\5\xff"), SOCKS5_FAILED, "the proxy wants a password", "",
	  "no method is acceptable" },
	{ BYTES("\5\2"), SOCKS5_FAILED, "the proxy wants a password", "", "a password is wanted" },
	{ BYTES("\4\0"), SOCKS5_FAILED, "not a SOCKS5 proxy", "", "SOCKS4" },
	{ BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), SOCKS5_FAILED, "not a SOCKS5 proxy", "",
	  "a web server" },
	{ BYTES("\5\0\4\0\0\1\0\0\0\0\0\0"), SOCKS5_FAILED, "not a SOCKS5 proxy", "",
	  "another version later" },
};

/* Feeds an answer in pieces of step bytes and checks what came of it. */
static void converse(size_t row, size_t step)
{
	struct socks5 s;
	struct buf out = { 0 };
	bool asked = rows[row].n >= 2 && !memcmp(rows[row].answer, "\5\0", 2);
	size_t rest = strlen(rows[row].rest),
	       want = sizeof(greeting) - 1 + (asked ? sizeof(request) : 0);

	socks5_start(&s, HASH, &out);
	for (size_t at = 0; at < rows[row].n; at += step) {
		size_t n = rows[row].n - at < step ? rows[row].n - at : step;
		size_t before = buf_len(&out);

		socks5_input(&s, rows[row].answer + at, n, &out);
		if (buf_len(&out) != before && buf_len(&out) != before + sizeof(request))
			ok(false, "the request is one write");
	}
	is_int(s.state, rows[row].state, rows[row].what);
	is_str(s.error, rows[row].error, "with the reason");
	ok(buf_len(&out) == want && !memcmp(buf_data(&out), greeting, sizeof(greeting) - 1) &&
	   (!asked || !memcmp(buf_data(&out) + sizeof(greeting) - 1, request, sizeof(request))),
	   "what we said was right");
	if (s.state == SOCKS5_DONE)
		ok(buf_len(&s.in) == rest && !memcmp(buf_data(&s.in), rows[row].rest, rest),
		   "what follows is left to the bytestream");
	socks5_finish(&s);
	buf_finish(&out);
}

static void test_random(void)
{
	unsigned ends[SOCKS5_FAILED + 1] = { 0 }, wrong = 0;

	srand(4);
	for (int i = 0; i < 50000; i++) {
		uint8_t bytes[300];
		struct socks5 whole, slow;
		struct buf out = { 0 }, again = { 0 };
		size_t n = (size_t)rand() % sizeof(bytes);

		for (size_t k = 0; k < n; k++)
			bytes[k] = rand() % 3 ? (uint8_t)(rand() % 6) : (uint8_t)rand();
		if (rand() % 4)
			memcpy(bytes, "\5\0\5\0", 4);
		socks5_start(&whole, HASH, &out);
		socks5_start(&slow, HASH, &again);
		socks5_input(&whole, bytes, n, &out);
		for (size_t k = 0; k < n; k++)
			socks5_input(&slow, bytes + k, 1, &again);
		ends[whole.state]++;
		wrong += whole.state != slow.state || whole.error != slow.error ||
			 buf_len(&out) != buf_len(&again);
		wrong += whole.state == SOCKS5_DONE && buf_len(&whole.in) != buf_len(&slow.in);
		wrong += (whole.state == SOCKS5_FAILED) != (whole.error != NULL);
		wrong += whole.state == SOCKS5_ASKED && buf_len(&whole.in) > 262;
		socks5_finish(&whole);
		socks5_finish(&slow);
		buf_finish(&out);
		buf_finish(&again);
	}
	is_int(wrong, 0, "random bytes come to the same, whole or one by one");
	ok(ends[SOCKS5_DONE] > 100 && ends[SOCKS5_FAILED] > 100 && ends[SOCKS5_ASKED] > 10,
	   "and to every end");
}

/* With a user, and a host that the proxy looks up. */
static const struct {
	const char *answer;
	size_t n;
	enum socks5_state state;
	const char *error;
	const char *what;
} named_rows[] = {
	{ BYTES("\5\2"), SOCKS5_NAMED, NULL, "the proxy asks who we are" },
	{ BYTES("\5\2\1\0"), SOCKS5_ASKED, NULL, "... and takes it" },
	{ BYTES("\5\2\1\0\5\0\0\1\0\0\0\0\0\0"), SOCKS5_DONE, NULL, "... and connects" },
	{ BYTES("\5\2\1\1"), SOCKS5_FAILED, "the proxy refuses the password", "... or refuses" },
	{ BYTES("\5\0"), SOCKS5_ASKED, NULL, "it does not ask" },
	{ BYTES("\5\xff"), SOCKS5_FAILED, "the proxy takes no password", "it knows neither" },
	{ BYTES("\5\1"), SOCKS5_FAILED, "the proxy wants a password", "it wants something else" },
};

static void test_named(void)
{
	static const char said[] = "\5\2\0\2"
				   "\1\2me\6secret"
				   "\5\1\0\3\11a.example\x14\x66";

	for (size_t i = 0; i < ARRAY_SIZE(named_rows); i++) {
		struct buf out = { 0 };
		struct socks5 s;

		socks5_connect(&s, "a.example", 5222, "me", "secret", &out);
		socks5_input(&s, named_rows[i].answer, named_rows[i].n, &out);
		ok(s.state == named_rows[i].state, "%s", named_rows[i].what);
		if (named_rows[i].error)
			is_str(s.error, named_rows[i].error, "... and why");
		if (s.state == SOCKS5_DONE)
			ok(buf_len(&out) == sizeof(said) - 1 &&
				   !memcmp(buf_data(&out), said, sizeof(said) - 1),
			   "... and all that we said is this");
		socks5_finish(&s);
		buf_finish(&out);
	}
}

int main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		converse(i, 1000);
		converse(i, 1);
		converse(i, 3);
	}
	test_random();
	test_named();
	return tap_done();
}
