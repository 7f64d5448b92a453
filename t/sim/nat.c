/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nat.h"

/*
 * An entry stands for one pair of a host's port and a remote address. A NAT whose mapping
 * does not depend on the destination gives the same outer port to all entries of one inner
 * port. Filters look at the whole entry, as connection tracking does.
 */

static struct nat_entry *entry_of(struct nat *n, const struct netaddr *inner,
				  const struct netaddr *remote)
{
	for (unsigned i = 0; i < n->n; i++)
		if (netaddr_equal(&n->entries[i].inner, inner) &&
		    netaddr_equal(&n->entries[i].remote, remote))
			return &n->entries[i];
	return NULL;
}

/* Whether another host, or another of its ports, has this one outside. */
static bool is_taken(const struct nat *n, const struct netaddr *outer, const struct netaddr *inner)
{
	for (unsigned i = 0; i < n->n; i++)
		if (netaddr_equal(&n->entries[i].outer, outer) &&
		    !netaddr_equal(&n->entries[i].inner, inner))
			return true;
	return false;
}

static struct netaddr map(struct nat *n, const struct netaddr *inner)
{
	struct netaddr outer = n->address;

	if (!n->kind->translates)
		return *inner;
	outer.port = inner->port;
	if (n->kind->keeps_ports && !is_taken(n, &outer, inner))
		return outer;
	for (unsigned i = 0; i < n->n && !n->kind->by_destination; i++)
		if (netaddr_equal(&n->entries[i].inner, inner))
			return n->entries[i].outer;
	outer.port = n->next_port++;
	return outer;
}

struct netaddr nat_out(struct nat *n, const struct netaddr *from, const struct netaddr *to)
{
	struct nat_entry *e = entry_of(n, from, to);

	if (e) {
		e->open = true;
		return e->outer;
	}
	if (n->n == NAT_ENTRIES)
		n->n--;
	e = &n->entries[n->n];
	*e = (struct nat_entry){ *from, map(n, from), *to, true };
	n->n++;
	return e->outer;
}

bool nat_in(struct nat *n, const struct netaddr *from, const struct netaddr *to,
	    struct netaddr *inner)
{
	for (unsigned i = 0; i < n->n; i++) {
		if (!netaddr_equal(&n->entries[i].outer, to) ||
		    (n->kind->filters &&
		     !(n->entries[i].open && netaddr_equal(&n->entries[i].remote, from))))
			continue;
		*inner = n->entries[i].inner;
		return true;
	}
	*inner = *to;
	return !n->kind->filters && !n->kind->translates;
}

void nat_close(struct nat *n, const struct netaddr *inner, const struct netaddr *remote)
{
	struct nat_entry *e = entry_of(n, inner, remote);

	if (e)
		e->open = false;
}
