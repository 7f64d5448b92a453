/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mapping-messages.h"

#include <stdio.h>
#include <string.h>

/*
 * All numbers are big endian. PCP has addresses of 16 bytes, in which IPv4 is mapped; its answer
 * has the request's layout, with a result and an epoch in the place of our address.
 *
 * A router that speaks NAT-PMP only answers a request of PCP by version 0 and "unsupported
 * version", in 8 bytes (RFC 6886 3.5). One that speaks another version of PCP says so in a whole
 * header (RFC 6887 9).
 */

enum {
	PCP_VERSION = 2,
	PCP_MAP = 1,
	PCP_HEADER = 24,
	PCP_MAP_LEN = 60,
	PCP_MAX = 1100,
	NAT_PMP_VERSION = 0,
	NAT_PMP_ADDRESS = 0,
	NAT_PMP_MAP_TCP = 2,
	NAT_PMP_REFUSAL_LEN = 8,
	NAT_PMP_ADDRESS_LEN = 12,
	NAT_PMP_MAP_LEN = 16,
	ANSWER = 0x80,		 /* the bit of an opcode that is answered */
	UNSUPPORTED_VERSION = 1, /* of both */
	TCP = 6,
};

static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v & 0xff;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put_mapped(uint8_t *p, const struct netaddr *a)
{
	memcpy(p, v4_mapped, sizeof(v4_mapped));
	memcpy(p + sizeof(v4_mapped), a->ip, 4);
}

size_t mapping_put_pcp(const struct mapping_request *r, uint8_t out[MAPPING_REQUEST_MAX])
{
	const struct netaddr any = { .v6 = false };

	memset(out, 0, PCP_MAP_LEN);
	out[0] = PCP_VERSION;
	out[1] = PCP_MAP;
	put32(out + 4, r->lifetime);
	put_mapped(out + 8, &r->own);
	memcpy(out + 24, r->nonce, MAPPING_NONCE_BYTES);
	out[36] = TCP;
	put16(out + 40, r->own.port);
	/* A removal names nothing of the router's, which knows it. */
	put16(out + 42, r->lifetime ? r->external.port : 0);
	put_mapped(out + 44, r->lifetime ? &r->external : &any);
	return PCP_MAP_LEN;
}

size_t mapping_put_nat_pmp(const struct mapping_request *r, uint8_t out[MAPPING_REQUEST_MAX])
{
	memset(out, 0, 12);
	out[0] = NAT_PMP_VERSION;
	out[1] = NAT_PMP_MAP_TCP;
	put16(out + 4, r->own.port);
	put16(out + 6, r->lifetime ? r->external.port : 0);
	put32(out + 8, r->lifetime);
	return 12;
}

size_t mapping_put_nat_pmp_address(uint8_t out[MAPPING_REQUEST_MAX])
{
	out[0] = NAT_PMP_VERSION;
	out[1] = NAT_PMP_ADDRESS;
	return 2;
}

size_t mapping_put_search(const struct netaddr *gateway, uint8_t out[MAPPING_REQUEST_MAX])
{
	int n = snprintf((char *)out, MAPPING_REQUEST_MAX,
			 "M-SEARCH * HTTP/1.1\r\n"
			 "HOST: %u.%u.%u.%u:%d\r\n"
			 "MAN: \"ssdp:discover\"\r\n"
			 "MX: 1\r\n"
			 "ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n"
			 "\r\n",
			 gateway->ip[0], gateway->ip[1], gateway->ip[2], gateway->ip[3],
			 MAPPING_SEARCH_PORT);

	return (size_t)n;
}

static void parse_pcp(const uint8_t *data, size_t n, const uint8_t *nonce,
		      struct mapping_answer *out)
{
	if (n < PCP_HEADER || n > PCP_MAX || n % 4)
		return;
	out->result = data[3];
	out->lifetime = get32(data + 4);
	out->epoch = get32(data + 8);
	if (out->result == UNSUPPORTED_VERSION) {
		out->kind = MAPPING_NO_VERSION;
		return;
	}
	if (data[0] != PCP_VERSION || data[1] != (ANSWER | PCP_MAP) || n < PCP_MAP_LEN ||
	    memcmp(data + 24, nonce, MAPPING_NONCE_BYTES) != 0 || data[36] != TCP)
		return;
	/* A router that refuses may repeat what was asked, or say nothing there. */
	if (!out->result && memcmp(data + 44, v4_mapped, sizeof(v4_mapped)) != 0)
		return;
	out->kind = MAPPING_PCP_MAP;
	out->own_port = get16(data + 40);
	out->external.port = get16(data + 42);
	memcpy(out->external.ip, data + 56, 4);
}

static void parse_nat_pmp(const uint8_t *data, size_t n, struct mapping_answer *out)
{
	if (n < NAT_PMP_REFUSAL_LEN)
		return;
	out->result = get16(data + 2);
	out->epoch = get32(data + 4);
	if (out->result == UNSUPPORTED_VERSION) {
		out->kind = MAPPING_NO_PCP;
	} else if (data[1] == (ANSWER | NAT_PMP_ADDRESS)) {
		if (n < NAT_PMP_ADDRESS_LEN && !out->result)
			return;
		out->kind = MAPPING_NAT_PMP_ADDRESS;
		if (!out->result)
			memcpy(out->external.ip, data + 8, 4);
	} else if (data[1] == (ANSWER | NAT_PMP_MAP_TCP)) {
		if (n < NAT_PMP_MAP_LEN && !out->result)
			return;
		out->kind = MAPPING_NAT_PMP_MAP;
		if (n < NAT_PMP_MAP_LEN)
			return;
		out->own_port = get16(data + 8);
		out->external.port = get16(data + 10);
		out->lifetime = get32(data + 12);
	}
}

void mapping_parse(const uint8_t *data, size_t n, const uint8_t nonce[MAPPING_NONCE_BYTES],
		   struct mapping_answer *out)
{
	*out = (struct mapping_answer){ .kind = MAPPING_NONSENSE };
	if (n < 2 || n > MAPPING_ANSWER_MAX || !(data[1] & ANSWER))
		return;
	if (data[0] == NAT_PMP_VERSION)
		parse_nat_pmp(data, n, out);
	else
		parse_pcp(data, n, nonce, out);
}

static bool begins(const char *text, const char *with, const char **rest)
{
	for (; *with; text++, with++) {
		char c = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;

		if (c != *with)
			return false;
	}
	*rest = text;
	return true;
}

bool mapping_url_is_at(const char *url, const struct netaddr *host)
{
	char text[32];
	const char *rest;

	if (host->v6)
		return false;
	snprintf(text, sizeof(text), "http://%u.%u.%u.%u", host->ip[0], host->ip[1], host->ip[2],
		 host->ip[3]);
	if (!begins(url, text, &rest))
		return false;
	if (*rest == ':')
		rest += 1 + strspn(rest + 1, "0123456789");
	/* Anything else makes another host of it: "@" one after it, "." a longer name. */
	return *rest == '/';
}

/* The header's value up to the end of its line, if that is printable and not too long. */
static bool take_url(const char *value, char url[MAPPING_URL_MAX + 1])
{
	size_t len;

	value += strspn(value, " \t");
	len = strcspn(value, "\r\n");
	while (len && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		len--;
	if (len > MAPPING_URL_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (value[i] <= ' ' || value[i] > '~')
			return false;
	memcpy(url, value, len);
	url[len] = '\0';
	return true;
}

bool mapping_parse_search(const uint8_t *data, size_t n, const struct netaddr *gateway,
			  char url[MAPPING_URL_MAX + 1])
{
	char text[MAPPING_ANSWER_MAX + 1];
	const char *line, *rest;

	if (n > MAPPING_ANSWER_MAX || memchr(data, '\0', n))
		return false;
	memcpy(text, data, n);
	text[n] = '\0';
	if (strncmp(text, "HTTP/1.1 200", 12) != 0 && strncmp(text, "HTTP/1.0 200", 12) != 0)
		return false;
	for (line = strchr(text, '\n'); line; line = strchr(line, '\n')) {
		line++;
		if (begins(line, "location:", &rest))
			return take_url(rest, url) && mapping_url_is_at(url, gateway);
	}
	return false;
}

const char *mapping_result_text(bool pcp, unsigned result)
{
	static const char *const of_pcp[] = {
		"done",
		"another version",
		"not authorized",
		"malformed request",
		"no such request",
		"no such option",
		"malformed option",
		"a failure of its network",
		"no port is left",
		"no such protocol",
		"too many mappings",
		"not that address",
		"another NAT is between",
		"too many peers",
	};
	static const char *const of_nat_pmp[] = {
		"done",
		"another version",
		"not authorized",
		"a failure of its network",
		"no port is left",
		"no such request",
	};
	const char *const *texts = pcp ? of_pcp : of_nat_pmp;
	size_t n =
		pcp ? sizeof(of_pcp) / sizeof(*of_pcp) : sizeof(of_nat_pmp) / sizeof(*of_nat_pmp);

	return result < n ? texts[result] : "an unknown failure";
}
