/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_SIM_NAT_H
#define T_SIM_NAT_H

/*
 * A model of what stands between a host and the network, as far as TCP's first packets are
 * concerned: nothing, a firewall, or a NAT, in the terms of RFC 4787 and RFC 5382. One host
 * is behind it, or several.
 */

#include <stdbool.h>
#include <stdint.h>

#include "netaddr.h"

enum { NAT_ENTRIES = 64 };

struct nat_kind {
	const char *name;
	bool translates;	/* else the address of the host is its own */
	bool by_destination;	/* each destination has a mapping of its own */
	bool keeps_ports;
	bool filters;		/* lets in only what answers, by address and port */
	bool refuses;		/* what it does not let in is answered by a reset; else dropped */
	bool hairpins;		/* what goes from inside to its outer address comes in again */
};

struct nat_entry {
	struct netaddr inner, outer, remote;
	bool open;		/* what comes is let in; a mapping lasts longer than that */
};

struct nat {
	const struct nat_kind *kind;
	struct netaddr address;		/* the outer one */
	struct nat_entry entries[NAT_ENTRIES];
	unsigned n;
	uint16_t next_port;
};

/* A packet leaves. Returns the address that the world sees as its source. */
struct netaddr nat_out(struct nat *n, const struct netaddr *from, const struct netaddr *to);

/*
 * A packet comes from `from` to the address `to`, which is the outer one. Returns whether it
 * gets in, and to whom. Else the kind says whether it is refused.
 */
bool nat_in(struct nat *n, const struct netaddr *from, const struct netaddr *to,
	    struct netaddr *inner);

/* A reset has passed between the two: nothing is let in before something goes out again. */
void nat_close(struct nat *n, const struct netaddr *inner, const struct netaddr *remote);

#endif
