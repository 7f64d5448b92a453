/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search.h"

#include <string.h>

#include "jid.h"

/*
 * Everything that may change what is allowed or possible ends in refresh(), which tells the
 * route; the route forgets nothing when it is told the same again. In-band needs the
 * device's presence. Direct needs the addresses that it told us inside the link, and works on
 * when the server is gone. A proxy needs the link attached, since its steps are
 * records: whoever has one offers it, and when both do, the offer of the side that
 * leads wins.
 *
 * What can go wrong: an attempt fails (the route waits and tries again), the link loses its
 * path while a proxy is being settled (that attempt has failed), or it gets a path
 * while others are tried (they are given up unless they are better).
 */

void search_init(struct search *s, const struct search_events *events, void *owner, uint64_t now)
{
	*s = (struct search){ .events = events, .owner = owner };
	s->theirs.allowed = ROUTE_ALL;
	s->facts.transport = ROUTE_ALL;
	route_init(&s->route, now);
}

void search_lead(struct search *s, bool leads)
{
	s->known = true;
	route_lead(&s->route, leads);
}

unsigned search_wanted(const struct search *s)
{
	return s->demander ? s->demanded : s->facts.transport;
}

unsigned search_allowed(const struct search *s)
{
	return search_wanted(s) & s->theirs.allowed;
}

size_t search_dialable(const struct search *s, struct netaddr out[WAYS_ADDRESSES])
{
	size_t n = 0;

	if (!*s->theirs.pass.token || !s->facts.may_dial)
		return 0;
	for (size_t i = 0; i < s->theirs.n; i++)
		if (netaddr_may_dial(&s->theirs.addresses[i], s->facts.local))
			out[n++] = s->theirs.addresses[i];
	return n;
}

static void refresh(struct search *s, uint64_t now)
{
	struct netaddr to[WAYS_ADDRESSES];

	route_allow(&s->route, search_allowed(s), now);
	route_possible(&s->route, PATH_INBAND, s->facts.online, now);
	route_possible(&s->route, PATH_DIRECT, search_dialable(s, to) > 0, now);
	/* Who goes first must be known. */
	route_possible(&s->route, PATH_PROXY, s->facts.online && s->facts.proxy && s->known, now);
}

bool search_needs_proxy(const struct search *s)
{
	return s->route.current >= 0 && s->route.current != PATH_DIRECT;
}

void search_tell_again(struct search *s)
{
	if (s->told)
		search_tell(s);
}

void search_tell(struct search *s)
{
	s->told = true;
	s->events->tell(s->owner);
}

void search_know(struct search *s, const struct search_facts *facts, uint64_t now)
{
	bool appeared = facts->online && !s->facts.online;

	s->facts = *facts;
	refresh(s, now);
	/* It may have tried what needs us to know its JID. */
	if (appeared)
		search_tell_again(s);
}

void search_network_changed(struct search *s, uint64_t now)
{
	route_network_changed(&s->route, now);
	refresh(s, now);
	search_tell_again(s);
}

static void wish(struct search *s, const void *by, unsigned kinds, uint64_t now)
{
	unsigned before = search_wanted(s);

	s->demander = by;
	s->demanded = kinds;
	if (search_wanted(s) == before)
		return;
	refresh(s, now);
	search_tell_again(s);
}

void search_demand(struct search *s, const void *by, unsigned kinds, uint64_t now)
{
	wish(s, by, kinds, now);
}

void search_release(struct search *s, const void *by, uint64_t now)
{
	if (s->demander == by)
		wish(s, NULL, 0, now);
}

void search_step(struct search *s, bool busy, uint64_t now)
{
	int kind;

	while (!s->stopped && (kind = route_next(&s->route, busy, now)) >= 0) {
		s->trying[kind] = true;
		if (kind == PATH_PROXY)
			s->answering = false;
		s->events->begin(s->owner, kind);
	}
}

uint64_t search_deadline(const struct search *s, bool busy)
{
	return route_deadline(&s->route, busy);
}

void search_failed(struct search *s, enum path_kind kind, uint64_t now)
{
	bool ours = kind != PATH_PROXY || !s->answering;

	s->trying[kind] = false;
	/* What the device's proxy is worth says nothing of ours. */
	if (ours)
		route_failed(&s->route, kind, now);
	else
		route_arrived(&s->route, kind);
}

void search_arrived(struct search *s, enum path_kind kind)
{
	s->trying[kind] = false;
	route_arrived(&s->route, kind);
}

bool search_trying(const struct search *s)
{
	return s->trying[PATH_INBAND] || s->trying[PATH_PROXY] || s->trying[PATH_DIRECT];
}

static void give_up(struct search *s, enum path_kind kind)
{
	s->trying[kind] = false;
	s->events->give_up(s->owner, kind);
}

static void give_up_all(struct search *s, enum path_kind up_to)
{
	for (int kind = 0; kind <= (int)up_to; kind++) {
		if (!s->trying[kind])
			continue;
		give_up(s, kind);
		route_arrived(&s->route, kind);
	}
}

void search_stop(struct search *s)
{
	s->stopped = true;
	give_up_all(s, PATH_DIRECT);
}

void search_attached(struct search *s, enum path_kind kind, uint64_t now)
{
	give_up_all(s, kind);
	route_attached(&s->route, kind, now);
	refresh(s, now);
}

void search_detached(struct search *s, uint64_t heard_at, uint64_t now)
{
	/* Its steps are records, and may take as long as the link does to come back. */
	if (s->trying[PATH_PROXY]) {
		give_up(s, PATH_PROXY);
		route_arrived(&s->route, PATH_PROXY);
	}
	route_detached(&s->route, heard_at, now);
	refresh(s, now);
}

bool search_wants(const struct search *s, enum path_kind kind)
{
	return route_wants(&s->route, kind);
}

/* Not by their bytes: what lies between the members of an address is nobody's. */
static bool same_addresses(const struct ways *a, const struct ways *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (!netaddr_equal(&a->addresses[i], &b->addresses[i]))
			return false;
	return a->n == b->n;
}

void search_hear(struct search *s, const struct ways *theirs, uint64_t now)
{
	if (!same_addresses(theirs, &s->theirs))
		route_possible(&s->route, PATH_DIRECT, false, now);
	s->theirs = *theirs;
	refresh(s, now);
	route_renew(&s->route, now);
}

const char *search_take_offer(struct search *s, const struct bytestream_offer *offer, const char *ours,
			      const char *theirs)
{
	if (!(search_allowed(s) & ROUTE_MASK(PATH_PROXY)))
		return "not-wanted";
	/* The hash that both join by is of full JIDs: a device may use its own and ours, no others. */
	if (!theirs || !ours || !jid_same(offer->from, theirs) || !jid_same(offer->to, ours))
		return "not-you";
	if (s->trying[PATH_PROXY] && s->route.leads)
		return "collision";
	if (s->trying[PATH_PROXY])
		give_up(s, PATH_PROXY);
	s->trying[PATH_PROXY] = s->answering = true;
	route_answers(&s->route, PATH_PROXY);
	return NULL;
}
