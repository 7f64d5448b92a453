/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_NETADDR_H
#define CORE_NETADDR_H

/*
 * An address and port of TCP, IPv4 or IPv6, as devices tell them to each other:
 * "192.0.2.7:4711", "[2001:db8::7]:4711". Other devices choose these addresses, so
 * netaddr_may_dial() decides whether one is dialled.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NETADDR_TEXT_MAX = 64 };

struct netaddr {
	bool v6;
	uint8_t ip[16];		/* network order; IPv4 uses the first four bytes */
	uint16_t port;		/* host order */
};

enum netaddr_scope {
	/* unspecified, multicast, broadcast, documentation: never dialled */
	NETADDR_RESERVED,
	NETADDR_LOOPBACK,	/* 127.0.0.0/8, ::1 */
	NETADDR_LINK_LOCAL,	/* 169.254.0.0/16, fe80::/10 */
	NETADDR_PRIVATE,	/* RFC 1918, RFC 6598, RFC 4193 */
	NETADDR_GLOBAL,
};

/*
 * Parses one of the two forms; no names, no zones, port 1 to 65535. False for anything
 * else. An IPv4-mapped address becomes IPv4.
 */
bool netaddr_parse(const char *text, struct netaddr *out);
void netaddr_format(const struct netaddr *a, char out[NETADDR_TEXT_MAX]);
bool netaddr_equal(const struct netaddr *a, const struct netaddr *b);
enum netaddr_scope netaddr_scope(const struct netaddr *a);

/*
 * Whether an address that a device named may be dialled: PRIVATE and GLOBAL; with local
 * (xmpp.directLocal) LOOPBACK and LINK_LOCAL, too.
 */
bool netaddr_may_dial(const struct netaddr *a, bool local);

/*
 * A name for the host at an address, for sharing places as among JIDs (quota.h):
 * "address@network". An IPv6 network of 64 bits counts as one address. A network is 24
 * bits of IPv4 or 48 bits of IPv6.
 */
void netaddr_who(const struct netaddr *a, char out[NETADDR_TEXT_MAX]);

/*
 * The order, as for qsort(), in which a device tells its own addresses: PRIVATE, GLOBAL,
 * LOOPBACK, LINK_LOCAL. Within a scope IPv6 goes before IPv4.
 */
int netaddr_compare(const struct netaddr *a, const struct netaddr *b);

#endif
