/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stun.h"
#include "hex.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

/* RFC 5769 2.2 and 2.3: the responses of the test vectors. */
static const char v4_hex[] = "0101003c2112a442b7e7a701bc34d686fa87dfae"
			     "8022000b7465737420766563746f7220"
			     "002000080001a147e112a643"
			     "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
			     "80280004c07d4c96";
static const char v6_hex[] = "010100482112a442b7e7a701bc34d686fa87dfae"
			     "8022000b7465737420766563746f7220"
			     "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
			     "00080014a382954e4be67bf11784c97c8292c275bfe3ed41"
			     "80280004c8fb0b4c";
/* RFC 5769 2.1: the header of its request. */
static const char request_hex[] = "2112a442b7e7a701bc34d686fa87dfae";

static uint8_t id[STUN_ID];

static size_t bytes_of(const char *hex, uint8_t *out)
{
	size_t n = strlen(hex) / 2;

	if (!hex_decode(hex, out, n))
		exit(1);
	return n;
}

static const char *answer_of(const uint8_t *data, size_t n)
{
	static char text[NETADDR_TEXT_MAX];
	struct netaddr a;
	uint8_t *copy = malloc(n ? n : 1);
	bool good;

	/* In memory of its own, so that a sanitizer sees what is read behind the end. */
	memcpy(copy, data, n);
	good = stun_response(copy, n, id, &a);
	free(copy);
	if (!good)
		return "none";
	netaddr_format(&a, text);
	return text;
}

static void test_vectors(void)
{
	uint8_t data[STUN_MESSAGE_MAX], request[STUN_HEADER], header[16];
	size_t n = bytes_of(v4_hex, data);

	bytes_of(request_hex, header);
	memcpy(id, header + 4, sizeof(id));
	stun_request(id, request);
	ok(!memcmp(request, "\0\1\0\0", 4) && !memcmp(request + 4, header, 16), "a request");
	is_str(answer_of(data, n), "192.0.2.1:32853", "RFC 5769 2.2");
	for (size_t i = 0; i < n; i++)
		if (strcmp(answer_of(data, i), "none"))
			ok(false, "cut at %zu", i);
	for (size_t i = 0; i < STUN_HEADER; i++)
		is_int(stun_size(data, i), 0, "a size needs the whole header");
	is_int(stun_size(data, STUN_HEADER), (int)n, "... and not more");
	n = bytes_of(v6_hex, data);
	is_str(answer_of(data, n), "[2001:db8:1234:5678:11:2233:4455:6677]:32853", "RFC 5769 2.3");
	id[11] ^= 1;
	is_str(answer_of(data, n), "none", "the answer to another request");
	id[11] ^= 1;
	data[0] = 0x01;
	data[1] = 0x11;
	is_str(answer_of(data, n), "none", "an error response");
}

/* attributes: in hex, behind a header. */
static void is_answer(const char *attributes, const char *expected, const char *what)
{
	char hex[2 * STUN_MESSAGE_MAX + 1];
	uint8_t data[STUN_MESSAGE_MAX];

	snprintf(hex, sizeof(hex), "0101%04x%s%s", (unsigned)strlen(attributes) / 2, request_hex,
		 attributes);
	is_str(answer_of(data, bytes_of(hex, data)), expected, what);
}

static void test_attributes(void)
{
	is_answer("", "none", "without an address");
	is_answer("0001000800011388cb007109", "203.0.113.9:5000", "an old server's address");
	is_answer("0001000800011388cb007109"
		  "002000080001a147e112a643",
		  "192.0.2.1:32853", "the XORed one counts");
	is_answer("002000080001a147e112a643"
		  "002000080001a147e112a644",
		  "192.0.2.1:32853", "the first one counts");
	is_answer("002000080003a147e112a643", "none", "of no family");
	is_answer("002000080002a147e112a643", "none", "of the other family");
	is_answer("002000040001a147", "none", "too short");
	is_answer("00200000", "none", "empty");
	is_answer("0020000800012112e112a643", "none", "port 0");
	is_answer("0020fffc0001a147e112a643", "none", "longer than the message");
	is_answer("7fff0000002000080001a147e112a643", "none", "what must be understood is not");
	is_answer("80ff000161000000002000080001a147e112a643", "192.0.2.1:32853",
		  "what need not is passed over, with its padding");
	is_answer("002000080001a147e112a643"
		  "80220005",
		  "none", "a value behind the end");
}

static void test_headers(void)
{
	uint8_t data[STUN_HEADER];

	stun_request(id, data);
	is_int(stun_size(data, sizeof(data)), STUN_HEADER, "a message without attributes");
	data[3] = 2;
	is_int(stun_size(data, sizeof(data)), -1, "an odd size");
	data[2] = 0xff;
	data[3] = 0xfc;
	is_int(stun_size(data, sizeof(data)), -1, "one that is too long");
	stun_request(id, data);
	data[4] ^= 1;
	is_int(stun_size(data, sizeof(data)), -1, "without the cookie");
	memcpy(data, "HTTP/1.1 400 Bad Request", sizeof(data));
	is_int(stun_size(data, sizeof(data)), -1, "another protocol");
}

/* Whatever comes is read within its bounds: with a sanitizer. */
static void test_random(void)
{
	uint8_t data[STUN_MESSAGE_MAX], good[STUN_MESSAGE_MAX];
	size_t n = bytes_of(v4_hex, good);
	struct netaddr a;

	srand(1);
	for (unsigned i = 0; i < 100000; i++) {
		memcpy(data, good, n);
		for (unsigned k = rand() % 4; k <= 4; k++)
			data[(unsigned)rand() % n] = (uint8_t)rand();
		if (strcmp(answer_of(data, n), "none") && stun_response(data, n, id, &a) && !a.port)
			ok(false, "port 0 is told");
	}
	ok(true, "what is no message breaks nothing");
}

static void test_hosts(void)
{
	ok(stun_host_is_of("example.org", "example.org"), "the domain");
	ok(stun_host_is_of("Stun.Example.ORG", "example.org"), "a name below it");
	ok(!stun_host_is_of("badexample.org", "example.org"), "not one that ends so");
	ok(!stun_host_is_of("example.org.evil.net", "example.org"), "nor one that begins so");
	ok(!stun_host_is_of("org", "example.org"), "nor what is above");
	ok(!stun_host_is_of("192.0.2.1", "example.org"), "nor an address");
	ok(!stun_host_is_of("example.org", ""), "nor anything of no domain");
}

int main(void)
{
	test_vectors();
	test_attributes();
	test_headers();
	test_random();
	test_hosts();
	return tap_done();
}
