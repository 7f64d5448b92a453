/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_NETADDR_H
#define CORE_NETADDR_H

/*
 * An address and port of TCP, IPv4 or IPv6, as devices tell them to each other:
 * "192.0.2.7:4711", "[2001:db8::7]:4711". What a device says is a wish of
 * somebody else's, so netaddr_may_dial() decides whether it is followed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NETADDR_TEXT_MAX = 64 };

struct netaddr {
	bool v6;
	uint8_t ip[16];		/* network order; the first four of IPv4 */
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
 * An IPv4-mapped address becomes IPv4. False for anything but the two forms; no
 * names, no zones, port 1-65535.
 */
bool netaddr_parse(const char *text, struct netaddr *out);
void netaddr_format(const struct netaddr *a, char out[NETADDR_TEXT_MAX]);
bool netaddr_equal(const struct netaddr *a, const struct netaddr *b);
enum netaddr_scope netaddr_scope(const struct netaddr *a);

/*
 * An address that a device named: PRIVATE and GLOBAL; with local (xmpp.directLocal), LOOPBACK and
 * LINK_LOCAL too.
 */
bool netaddr_may_dial(const struct netaddr *a, bool local);

/*
 * Who is at an address, where places are shared as among JIDs (quota.h): "address@network", an
 * IPv6 network of 64 bits being one address, and 24 bits of IPv4 or 48 of IPv6 a network.
 */
void netaddr_who(const struct netaddr *a, char out[NETADDR_TEXT_MAX]);

/*
 * Which of two goes first when a device's own addresses are told, as for qsort():
 * PRIVATE before GLOBAL, there IPv6 before IPv4, then LOOPBACK and LINK_LOCAL.
 */
int netaddr_compare(const struct netaddr *a, const struct netaddr *b);

#endif
