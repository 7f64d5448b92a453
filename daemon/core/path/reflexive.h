/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_REFLEXIVE_H
#define CORE_REFLEXIVE_H

/*
 * Our reflexive address: how the world sees this machine by IPv4, behind a NAT (the term is that
 * of RFC 8445 4). Nobody inside can know it, so it is what others say. Of IPv6 an address is the
 * same on both sides of a firewall.
 *
 * Who says so may lie or err: then devices connect to that address in vain, a bounded number of
 * times (punch.h).
 */

#include <stdbool.h>
#include <stdint.h>

#include "netaddr.h"

/* Who says so. The first one that says anything is believed. */
enum reflexive_source {
	REFLEXIVE_USER,	  /* xmpp.directAddress */
	REFLEXIVE_SERVER, /* our server, of our connection with it (XEP-0279) */
	REFLEXIVE_STUN,	  /* a STUN server (RFC 8489) */
	REFLEXIVE_DEVICE, /* a device, of a direct path with it (`seen` of CANDIDATES) */
	REFLEXIVE_SOURCES,
};

/* Whether the NAT gives a port of ours the same number outside. */
enum reflexive_ports {
	REFLEXIVE_PORTS_UNKNOWN,
	REFLEXIVE_PORTS_KEPT,
	REFLEXIVE_PORTS_CHANGED,
};

/* Zero-initialise it: nobody has said anything. */
struct reflexive {
	struct {
		bool known;
		struct netaddr address;
		enum reflexive_ports ports;
	} by[REFLEXIVE_SOURCES];
};

/*
 * The source sees us at this address; NULL: it says nothing any more. inside: the number that
 * the port has here, if the address has a port that was seen; else 0. Only a global address
 * of IPv4 counts; any other one says nothing. Returns whether what the functions below return
 * has changed.
 */
bool reflexive_note(struct reflexive *r, enum reflexive_source source,
		    const struct netaddr *outside, uint16_t inside);

/* NULL: not known. The port is the one that was seen, and may be of use to nobody. */
const struct netaddr *reflexive_address(const struct reflexive *r);

/* One source that has seen another number is enough for REFLEXIVE_PORTS_CHANGED. */
enum reflexive_ports reflexive_ports(const struct reflexive *r);

#endif
