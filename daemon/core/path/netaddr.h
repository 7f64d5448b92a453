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

enum netaddr_reach {
	NETADDR_NOWHERE,	/* unspecified, multicast, broadcast, documentation: never dialled */
	NETADDR_HOST,		/* loopback */
	NETADDR_CABLE,		/* link-local */
	NETADDR_SITE,		/* RFC 1918, RFC 6598, RFC 4193 */
	NETADDR_WORLD,
};

/* An IPv4-mapped address becomes IPv4. False for anything but the two forms; no names, no zones, port 1-65535. */
bool netaddr_parse(const char *text, struct netaddr *out);
void netaddr_format(const struct netaddr *a, char out[NETADDR_TEXT_MAX]);
bool netaddr_equal(const struct netaddr *a, const struct netaddr *b);
enum netaddr_reach netaddr_reach(const struct netaddr *a);

/* An address that a device named: SITE and WORLD; with local (xmpp.directLocal), HOST and CABLE too. */
bool netaddr_may_dial(const struct netaddr *a, bool local);

/*
 * Who is at an address, where places are shared as among JIDs (quota.h): "address@network", an IPv6 network
 * of 64 bits being one address, and 24 bits of IPv4 or 48 of IPv6 a network.
 */
void netaddr_who(const struct netaddr *a, char out[NETADDR_TEXT_MAX]);

/*
 * Which of two goes first when a device's own addresses are told, as for qsort():
 * the same site before the world, there IPv6 before IPv4, then HOST and CABLE.
 */
int netaddr_compare(const struct netaddr *a, const struct netaddr *b);

#endif
