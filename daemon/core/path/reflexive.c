/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reflexive.h"

#include <stddef.h>

/*
 * Each source has a place of its own, so that one that falls silent leaves what the others say.
 * A NAT that keeps ports changes one whose number another host behind it has; so a change that
 * was seen counts for more than a port that was kept. If it was that one case, the next attempt
 * asks in vain, which costs it a moment.
 */

bool reflexive_note(struct reflexive *r, enum reflexive_source source,
		    const struct netaddr *outside, uint16_t inside)
{
	const struct netaddr *now, *before = reflexive_address(r);
	struct netaddr address = { 0 };
	enum reflexive_ports ports = reflexive_ports(r);
	bool known = before;

	if (before)
		address = *before;
	r->by[source].known = outside && !outside->v6 && netaddr_scope(outside) == NETADDR_GLOBAL;
	r->by[source].ports = REFLEXIVE_PORTS_UNKNOWN;
	if (r->by[source].known) {
		r->by[source].address = *outside;
		if (inside)
			r->by[source].ports = outside->port == inside ? REFLEXIVE_PORTS_KEPT
								      : REFLEXIVE_PORTS_CHANGED;
	}
	now = reflexive_address(r);
	return reflexive_ports(r) != ports || known != (now != NULL) ||
	       (now && !netaddr_equal(now, &address));
}

const struct netaddr *reflexive_address(const struct reflexive *r)
{
	for (int i = 0; i < REFLEXIVE_SOURCES; i++)
		if (r->by[i].known)
			return &r->by[i].address;
	return NULL;
}

enum reflexive_ports reflexive_ports(const struct reflexive *r)
{
	enum reflexive_ports ports = REFLEXIVE_PORTS_UNKNOWN;

	for (int i = 0; i < REFLEXIVE_SOURCES; i++) {
		if (r->by[i].ports == REFLEXIVE_PORTS_CHANGED)
			return REFLEXIVE_PORTS_CHANGED;
		if (r->by[i].ports == REFLEXIVE_PORTS_KEPT)
			ports = REFLEXIVE_PORTS_KEPT;
	}
	return ports;
}
