/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mapping-messages.h"

#include <string.h>

#include "hex.h"
#include "tap.h"

static const struct netaddr gateway = { .ip = { 192, 168, 1, 1 } };
static const uint8_t nonce[MAPPING_NONCE_BYTES] = "NNNNNNNNNNNN";

/* The 60 bytes of an answer of PCP to MAP. */
#define PCP(version, op, result, lifetime, n, protocol, ip)                                        \
	version op "\0" result lifetime "\0\0\0\x07"                                               \
		   "\0\0\0\0\0\0\0\0\0\0\0\0" n protocol "\0\0\0\x12\x67\x9c\x41"                  \
		   "\0\0\0\0\0\0\0\0\0\0" ip "\x09\x09\x01\x01"
#define GOOD	 "NNNNNNNNNNNN"
#define HOUR	 "\0\0\x0e\x10"
#define V4	 "\xff\xff"
#define BYTES(s) (s), sizeof(s) - 1

static const struct {
	const char *bytes;
	size_t n;
	enum mapping_answer_kind kind;
	unsigned result;
	const char *name;
} rows[] = {
	{ BYTES(PCP("\x02", "\x81", "\0", HOUR, GOOD, "\x06", V4)), MAPPING_PCP_MAP, 0,
	  "PCP maps" },
	{ BYTES(PCP("\x02", "\x81", "\x02", HOUR, GOOD, "\x06", V4)), MAPPING_PCP_MAP, 2,
	  "PCP refuses" },
	{ BYTES(PCP("\x02", "\x81", "\x02", HOUR, GOOD, "\x06", "\0\0")), MAPPING_PCP_MAP, 2,
	  "PCP refuses, with no address" },
	{ BYTES(PCP("\x02", "\x81", "\0", HOUR, "NNNNNNNNNNNX", "\x06", V4)), MAPPING_NONSENSE, 0,
	  "another nonce" },
	{ BYTES(PCP("\x02", "\x81", "\0", HOUR, GOOD, "\x11", V4)), MAPPING_NONSENSE, 0,
	  "a mapping of UDP" },
	{ BYTES(PCP("\x02", "\x81", "\0", HOUR, GOOD, "\x06", "\0\0")), MAPPING_NONSENSE, 0,
	  "a mapping to IPv6" },
	{ BYTES(PCP("\x02", "\x01", "\0", HOUR, GOOD, "\x06", V4)), MAPPING_NONSENSE, 0,
	  "a request" },
	{ BYTES(PCP("\x02", "\x82", "\0", HOUR, GOOD, "\x06", V4)), MAPPING_NONSENSE, 0,
	  "another opcode" },
	{ BYTES(PCP("\x03", "\x81", "\0", HOUR, GOOD, "\x06", V4)), MAPPING_NONSENSE, 0,
	  "another version" },
	{ BYTES(PCP("\x02", "\x81", "\0", HOUR, GOOD, "\x06", V4) "\0"), MAPPING_NONSENSE, 0,
	  "a length that is no multiple of four" },
	{ BYTES("\x01\x81\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), MAPPING_NO_VERSION, 1,
	  "PCP of version 1 only" },
	{ BYTES("\0\x81\0\x01\0\0\0\x07"), MAPPING_NO_PCP, 1, "NAT-PMP only" },
	{ BYTES("\0\x81\0\x01\0\0\0"), MAPPING_NONSENSE, 0, "too short for that" },
	{ BYTES("\0\x80\0\0\0\0\0\x07\x09\x09\x01\x01"), MAPPING_NAT_PMP_ADDRESS, 0, "an address" },
	{ BYTES("\0\x80\0\0\0\0\0\x07\x09\x09\x01"), MAPPING_NONSENSE, 0, "too short for one" },
	{ BYTES("\0\x80\0\x03\0\0\0\x07"), MAPPING_NAT_PMP_ADDRESS, 3, "no address" },
	{ BYTES("\0\x82\0\0\0\0\0\x07\x12\x67\x9c\x41\0\0\x0e\x10"), MAPPING_NAT_PMP_MAP, 0,
	  "NAT-PMP maps" },
	{ BYTES("\0\x82\0\x02\0\0\0\x07"), MAPPING_NAT_PMP_MAP, 2, "NAT-PMP refuses" },
	{ BYTES("\0\x82\0\0\0\0\0\x07\x12\x67\x9c\x41\0\0\x0e"), MAPPING_NONSENSE, 0,
	  "too short to map" },
	{ BYTES("\0\x81\0\0\0\0\0\x07\x12\x67\x9c\x41\0\0\x0e\x10"), MAPPING_NONSENSE, 0,
	  "a mapping of UDP, by NAT-PMP" },
	{ BYTES(""), MAPPING_NONSENSE, 0, "nothing" },
	{ BYTES("\x02"), MAPPING_NONSENSE, 0, "a byte" },
};

static void test_answers(void)
{
	struct mapping_answer a;
	uint8_t huge[MAPPING_ANSWER_MAX + 4] = { 2, 0x81 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		mapping_parse((const uint8_t *)rows[i].bytes, rows[i].n, nonce, &a);
		ok(a.kind == rows[i].kind && (!a.kind || a.result == rows[i].result), "%s",
		   rows[i].name);
	}
	mapping_parse((const uint8_t *)rows[0].bytes, rows[0].n, nonce, &a);
	ok(a.lifetime == 3600 && a.epoch == 7 && a.own_port == 0x1267, "what PCP says is read");
	ok(a.external.port == 40001 && !memcmp(a.external.ip, "\x09\x09\x01\x01", 4),
	   "... where the port is, too");
	mapping_parse((const uint8_t *)rows[16].bytes, rows[16].n, nonce, &a);
	ok(a.lifetime == 3600 && a.epoch == 7 && a.own_port == 0x1267 && a.external.port == 40001,
	   "and what NAT-PMP says");
	/* Each beginning of an answer is nonsense, and read no further than it goes. */
	for (size_t n = 0; n < rows[0].n; n++) {
		mapping_parse((const uint8_t *)rows[0].bytes, n, nonce, &a);
		if (a.kind != MAPPING_NONSENSE)
			break;
		is_int(a.kind, MAPPING_NONSENSE, "a part of an answer");
	}
	mapping_parse(huge, sizeof(huge), nonce, &a);
	is_int(a.kind, MAPPING_NONSENSE, "more than there may be");
}

static const char *hex(const uint8_t *data, size_t n)
{
	static char text[2 * MAPPING_REQUEST_MAX + 1];

	hex_encode(data, n, text);
	return text;
}

static void test_requests(void)
{
	struct mapping_request r = { .own = { .ip = { 192, 168, 1, 2 }, .port = 4711 },
				     .external = { .ip = { 9, 9, 1, 1 }, .port = 40001 },
				     .lifetime = 3600 };
	uint8_t out[MAPPING_REQUEST_MAX];

	memcpy(r.nonce, nonce, sizeof(nonce));
	is_str(hex(out, mapping_put_pcp(&r, out)),
	       "0201000000000e10"
	       "00000000000000000000ffffc0a80102"
	       "4e4e4e4e4e4e4e4e4e4e4e4e"
	       "06000000"
	       "12679c41"
	       "00000000000000000000ffff09090101",
	       "a request of PCP");
	is_str(hex(out, mapping_put_nat_pmp(&r, out)), "0002000012679c4100000e10",
	       "a request of NAT-PMP");
	is_str(hex(out, mapping_put_nat_pmp_address(out)), "0000", "... for the address");
	r.lifetime = 0;
	is_str(hex(out, mapping_put_pcp(&r, out)),
	       "0201000000000000"
	       "00000000000000000000ffffc0a80102"
	       "4e4e4e4e4e4e4e4e4e4e4e4e"
	       "06000000"
	       "12670000"
	       "00000000000000000000ffff00000000",
	       "a removal by PCP");
	is_str(hex(out, mapping_put_nat_pmp(&r, out)), "000200001267000000000000",
	       "a removal by NAT-PMP");
}

static bool finds(const char *answer, const char *expected)
{
	char url[MAPPING_URL_MAX + 1];

	return mapping_parse_search((const uint8_t *)answer, strlen(answer), &gateway, url) &&
	       !strcmp(url, expected);
}

#define OK "HTTP/1.1 200 OK\r\n"

static void test_search(void)
{
	static const char *const bad[] = {
		"HTTP/1.1 404 Not Found\r\nLOCATION: http://192.168.1.1/\r\n\r\n",
		OK "ST: nothing\r\n\r\n",
		OK "LOCATION: http://192.168.1.10:5000/a\r\n\r\n",
		OK "LOCATION: http://192.168.1.1@evil.example/\r\n\r\n",
		OK "LOCATION: http://192.168.1.1:80@evil.example/\r\n\r\n",
		OK "LOCATION: http://192.168.1.1.evil.example/\r\n\r\n",
		OK "LOCATION: https://192.168.1.1/\r\n\r\n",
		OK "LOCATION: http://192.168.1.1/a b\r\n\r\n",
		OK "LOCATION: http://192.168.1.1\r\n\r\n",
		OK "LOCATION: http://localhost/\r\nLOCATION: http://192.168.1.1/\r\n\r\n",
	};
	char url[MAPPING_URL_MAX + 1], text[1000];
	uint8_t out[MAPPING_REQUEST_MAX];
	size_t n = mapping_put_search(&gateway, out);

	ok(n < sizeof(out) && strstr((char *)out, "HOST: 192.168.1.1:1900\r\n") &&
		   !strcmp((char *)out + n - 4, "\r\n\r\n"),
	   "a search names the router");
	ok(finds(OK "location:\thttp://192.168.1.1:5000/rootDesc.xml \r\n\r\n",
		 "http://192.168.1.1:5000/rootDesc.xml"),
	   "where its description is");
	ok(finds("HTTP/1.0 200 OK\nST: x\nLocation: HTTP://192.168.1.1/", "HTTP://192.168.1.1/"),
	   "... without a port, and the end of a line");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(!mapping_parse_search((const uint8_t *)bad[i], strlen(bad[i]), &gateway, url),
		   "no description at the router, %zu", i);
	snprintf(text, sizeof(text), OK "LOCATION: http://192.168.1.1/%0*d\r\n\r\n",
		 MAPPING_URL_MAX, 0);
	ok(!mapping_parse_search((const uint8_t *)text, strlen(text), &gateway, url),
	   "one that is too long");
	ok(!mapping_parse_search((const uint8_t *)OK "\0LOCATION: http://192.168.1.1/", 48,
				 &gateway, url),
	   "a NUL");
}

int main(void)
{
	test_answers();
	test_requests();
	test_search();
	is_str(mapping_result_text(true, 12), "another NAT is between", "a result of PCP");
	is_str(mapping_result_text(false, 2), "not authorized", "a result of NAT-PMP");
	is_str(mapping_result_text(true, 255), "an unknown failure", "one that is not known");
	return tap_done();
}
