/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netaddr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "decimal.h"
#include "hex.h"

/*
 * Two tables give the scope of an address, after the special-purpose registries of RFC
 * 6890. The first row that matches counts. An IPv6 address that wraps an IPv4 address
 * (mapped, NAT64, 6to4) is judged by the IPv4 address inside, so no wrapping makes a
 * private address look public.
 */

struct range {
	uint8_t prefix[16];
	unsigned bits;
	enum netaddr_scope scope;
};

static const struct range v4_ranges[] = {
	{ { 0 }, 8, NETADDR_RESERVED },
	{ { 10 }, 8, NETADDR_PRIVATE },
	{ { 100, 64 }, 10, NETADDR_PRIVATE },
	{ { 127 }, 8, NETADDR_LOOPBACK },
	{ { 169, 254 }, 16, NETADDR_LINK_LOCAL },
	{ { 172, 16 }, 12, NETADDR_PRIVATE },
	{ { 192, 0, 0 }, 24, NETADDR_RESERVED },
	{ { 192, 0, 2 }, 24, NETADDR_RESERVED },
	{ { 192, 88, 99 }, 24, NETADDR_RESERVED },
	{ { 192, 168 }, 16, NETADDR_PRIVATE },
	{ { 198, 18 }, 15, NETADDR_RESERVED },
	{ { 198, 51, 100 }, 24, NETADDR_RESERVED },
	{ { 203, 0, 113 }, 24, NETADDR_RESERVED },
	{ { 224 }, 3, NETADDR_RESERVED },	/* multicast, reserved, broadcast */
	{ { 0 }, 0, NETADDR_GLOBAL },
};

static const struct range v6_ranges[] = {
	{ { [15] = 1 }, 128, NETADDR_LOOPBACK },
	{ { 0x20, 0x01 }, 23, NETADDR_RESERVED },	/* Teredo and other protocols' own */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, NETADDR_RESERVED },
	{ { 0x3f, 0xff }, 20, NETADDR_RESERVED },
	{ { 0x20 }, 3, NETADDR_GLOBAL },
	{ { 0xfc }, 7, NETADDR_PRIVATE },
	{ { 0xfe, 0x80 }, 10, NETADDR_LINK_LOCAL },
	{ { 0 }, 0, NETADDR_RESERVED },
};

static const struct wrapping {
	uint8_t prefix[16];
	unsigned bits;
	unsigned offset;		/* bytes to the IPv4 address inside */
} wrappings[] = {
	{ { [10] = 0xff, [11] = 0xff }, 96, 12 },
	{ { 0x00, 0x64, 0xff, 0x9b }, 96, 12 },
	{ { 0x20, 0x02 }, 16, 2 },
};

static bool has_prefix(const uint8_t *ip, const uint8_t *prefix, unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;

	if (memcmp(ip, prefix, bytes))
		return false;
	return rest == 0 || (ip[bytes] ^ prefix[bytes]) >> (8 - rest) == 0;
}

/* The last row of a table matches everything. */
static enum netaddr_scope look_up(const struct range *range, const uint8_t *ip)
{
	while (!has_prefix(ip, range->prefix, range->bits))
		range++;
	return range->scope;
}

enum netaddr_scope netaddr_scope(const struct netaddr *a)
{
	if (!a->v6)
		return look_up(v4_ranges, a->ip);
	for (size_t i = 0; i < sizeof(wrappings) / sizeof(wrappings[0]); i++) {
		const struct wrapping *w = &wrappings[i];

		if (!has_prefix(a->ip, w->prefix, w->bits))
			continue;
		/*
		 * A translator does not bring us into a private network: inside, only
		 * GLOBAL counts.
		 */
		return look_up(v4_ranges, a->ip + w->offset) == NETADDR_GLOBAL ?
			NETADDR_GLOBAL : NETADDR_RESERVED;
	}
	return look_up(v6_ranges, a->ip);
}

bool netaddr_may_dial(const struct netaddr *a, bool local)
{
	switch (netaddr_scope(a)) {
	case NETADDR_PRIVATE:
	case NETADDR_GLOBAL:
		return true;
	case NETADDR_LOOPBACK:
	case NETADDR_LINK_LOCAL:
		return local;
	default:
		return false;
	}
}

/* Decimal without sign or leading zero, 1 to 65535; 0 for anything else. */
static uint16_t parse_port(const char *text)
{
	uint64_t port;

	return *text != '0' && decimal_parse(text, 65535, &port) ? (uint16_t)port : 0;
}

bool netaddr_parse(const char *text, struct netaddr *out)
{
	char host[NETADDR_TEXT_MAX];
	bool v6 = *text == '[';
	const char *start = text + v6, *end = strchr(start, v6 ? ']' : ':'), *port = end;
	size_t n;

	if (!end || (v6 && *++port != ':'))
		return false;
	n = (size_t)(end - start);
	if (n >= sizeof(host))
		return false;
	memcpy(host, start, n);
	host[n] = '\0';
	memset(out, 0, sizeof(*out));	/* padding, too: no byte is left unset */
	out->v6 = v6;
	out->port = parse_port(port + 1);
	if (out->port == 0 || inet_pton(v6 ? AF_INET6 : AF_INET, host, out->ip) != 1)
		return false;
	if (v6 && has_prefix(out->ip, wrappings[0].prefix, wrappings[0].bits)) {
		out->v6 = false;
		memmove(out->ip, out->ip + 12, 4);
		memset(out->ip + 4, 0, 12);
	}
	return true;
}

void netaddr_format(const struct netaddr *a, char out[NETADDR_TEXT_MAX])
{
	char host[INET6_ADDRSTRLEN];

	inet_ntop(a->v6 ? AF_INET6 : AF_INET, a->ip, host, sizeof(host));
	snprintf(out, NETADDR_TEXT_MAX, a->v6 ? "[%s]:%u" : "%s:%u", host, a->port);
}

static int compare_ip(const struct netaddr *a, const struct netaddr *b)
{
	return memcmp(a->ip, b->ip, a->v6 ? 16 : 4);
}

bool netaddr_equal(const struct netaddr *a, const struct netaddr *b)
{
	return a->v6 == b->v6 && a->port == b->port && compare_ip(a, b) == 0;
}

int netaddr_compare(const struct netaddr *a, const struct netaddr *b)
{
	static const int ranks[] = {
		[NETADDR_PRIVATE] = 0,
		[NETADDR_GLOBAL] = 1,
		[NETADDR_LOOPBACK] = 2,
		[NETADDR_LINK_LOCAL] = 3,
		[NETADDR_RESERVED] = 4,
	};
	int d = ranks[netaddr_scope(a)] - ranks[netaddr_scope(b)];

	if (d)
		return d;
	if (a->v6 != b->v6)
		return a->v6 ? -1 : 1;
	d = compare_ip(a, b);
	return d ? d : a->port - b->port;
}

void netaddr_who(const struct netaddr *a, char out[NETADDR_TEXT_MAX])
{
	char address[2 * 8 + 1], network[2 * 6 + 1];

	hex_encode(a->ip, a->v6 ? 8 : 4, address);
	hex_encode(a->ip, a->v6 ? 6 : 3, network);
	snprintf(out, NETADDR_TEXT_MAX, "%s@%s", address, network);
}
