/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "path-manager.h"

#include <string.h>

#include "jid.h"

/*
 * Every change of what is allowed or possible ends in refresh(), which tells the
 * selector. The selector forgets no wait when it is told the same again. In-band needs
 * the device's presence. Direct needs the addresses that the device told us inside the
 * link, and still works when the server is gone. A proxy needs an attached link, since
 * its steps are records, and so does PATH_PUNCH. A side that has a proxy offers it; when both
 * do, the offer of the side that leads wins.
 *
 * What can go wrong: an attempt fails (the selector waits and tries again), the link
 * loses its path while a proxy is being settled (that attempt has failed), or the link
 * gets a path while others are tried (they are given up unless they are better). An offer of
 * a proxy that goes over a dead path waits in the link, and reaches the device by the next path.
 * So none is made before the device has the one before: it would get all of them at once, and
 * refuse those too many.
 */

void path_manager_init(struct path_manager *s, const struct path_manager_events *events,
		       void *owner, uint64_t now)
{
	*s = (struct path_manager){ .events = events, .owner = owner };
	s->theirs.allowed = PATH_MASK_ALL;
	s->facts.transport = PATH_MASK_ALL;
	path_selector_init(&s->selector, now);
}

void path_manager_lead(struct path_manager *s, bool leads)
{
	s->known = true;
	path_selector_lead(&s->selector, leads);
}

unsigned path_manager_wanted(const struct path_manager *s)
{
	return s->demander ? s->demanded : s->facts.transport;
}

unsigned path_manager_allowed(const struct path_manager *s)
{
	return path_manager_wanted(s) & s->theirs.allowed;
}

size_t path_manager_dialable(const struct path_manager *s, struct netaddr out[CANDIDATES_MAX])
{
	size_t n = 0;

	if (!*s->theirs.pass.token || !s->facts.may_dial)
		return 0;
	for (size_t i = 0; i < s->theirs.n; i++)
		if (netaddr_may_dial(&s->theirs.addresses[i], s->facts.local))
			out[n++] = s->theirs.addresses[i];
	return n;
}

static void refresh(struct path_manager *s, uint64_t now)
{
	struct netaddr to[CANDIDATES_MAX];

	path_selector_allow(&s->selector, path_manager_allowed(s), now);
	path_selector_possible(&s->selector, PATH_INBAND, s->facts.online, now);
	path_selector_possible(&s->selector, PATH_DIRECT, path_manager_dialable(s, to) > 0, now);
	/* It must be known which side goes first. */
	path_selector_possible(&s->selector, PATH_PROXY,
			       s->facts.online && s->facts.proxy && s->known, now);
	path_selector_possible(&s->selector, PATH_PUNCH,
			       s->facts.punch && s->theirs.punches && s->known, now);
}

bool path_manager_needs_proxy(const struct path_manager *s)
{
	return s->selector.current >= 0 && s->selector.current != PATH_DIRECT;
}

void path_manager_tell_again(struct path_manager *s)
{
	if (s->told)
		path_manager_tell(s);
}

void path_manager_tell(struct path_manager *s)
{
	s->told = true;
	s->events->tell(s->owner);
}

static void give_up(struct path_manager *s, enum path_kind kind)
{
	s->trying[kind] = false;
	s->events->give_up(s->owner, kind);
}

/* What was said for this attempt, if there is one, is lost. That says nothing about the path. */
static void lose(struct path_manager *s, enum path_kind kind)
{
	if (!s->trying[kind])
		return;
	give_up(s, kind);
	path_selector_arrived(&s->selector, kind);
}

void path_manager_know(struct path_manager *s, const struct path_manager_facts *facts, uint64_t now)
{
	bool appeared = facts->online && !s->facts.online;

	s->facts = *facts;
	/* It is another session of the device, and knows nothing of what was sent to the other. */
	if (appeared)
		lose(s, PATH_INBAND);
	refresh(s, now);
	/* The device may have tried something for which we must know its JID. */
	if (appeared)
		path_manager_tell_again(s);
}

void path_manager_device_moved(struct path_manager *s, uint64_t now)
{
	lose(s, PATH_INBAND);
	path_selector_renew(&s->selector, now);
}

void path_manager_network_changed(struct path_manager *s, uint64_t now)
{
	path_selector_network_changed(&s->selector, now);
	refresh(s, now);
	path_manager_tell_again(s);
}

static void wish(struct path_manager *s, const void *by, unsigned kinds, uint64_t now)
{
	unsigned before = path_manager_wanted(s);

	s->demander = by;
	s->demanded = kinds;
	if (path_manager_wanted(s) == before)
		return;
	refresh(s, now);
	path_manager_tell_again(s);
}

void path_manager_demand(struct path_manager *s, const void *by, unsigned kinds, uint64_t now)
{
	wish(s, by, kinds, now);
}

void path_manager_release(struct path_manager *s, const void *by, uint64_t now)
{
	if (s->demander == by)
		wish(s, NULL, 0, now);
}

void path_manager_hold(struct path_manager *s, enum path_kind kind, bool held)
{
	path_selector_hold(&s->selector, kind, held);
}

void path_manager_step(struct path_manager *s, bool busy, uint64_t now)
{
	int kind;

	while (!s->stopped && (kind = path_selector_next(&s->selector, busy, now)) >= 0) {
		s->trying[kind] = true;
		s->answering[kind] = false;
		s->events->begin(s->owner, kind);
	}
}

uint64_t path_manager_deadline(const struct path_manager *s, bool busy)
{
	return path_selector_deadline(&s->selector, busy);
}

void path_manager_failed(struct path_manager *s, enum path_kind kind, uint64_t now)
{
	s->trying[kind] = false;
	/* A failure of the device's offer does not count against our own. */
	if (s->answering[kind])
		path_selector_arrived(&s->selector, kind);
	else
		path_selector_failed(&s->selector, kind, now);
}

void path_manager_put_off(struct path_manager *s, enum path_kind kind, uint64_t now)
{
	s->trying[kind] = false;
	path_selector_put_off(&s->selector, kind, now);
}

void path_manager_arrived(struct path_manager *s, enum path_kind kind)
{
	s->trying[kind] = false;
	path_selector_arrived(&s->selector, kind);
}

bool path_manager_trying(const struct path_manager *s)
{
	for (int kind = 0; kind < PATH_KINDS; kind++)
		if (s->trying[kind])
			return true;
	return false;
}

static void give_up_all(struct path_manager *s, enum path_kind up_to)
{
	for (int kind = 0; kind <= (int)up_to; kind++)
		lose(s, kind);
}

void path_manager_stop(struct path_manager *s)
{
	s->stopped = true;
	give_up_all(s, PATH_DIRECT);
}

void path_manager_replaced(struct path_manager *s, enum path_kind by, uint64_t heard_at,
			   uint64_t now)
{
	path_selector_replaced(&s->selector, by, heard_at, now);
}

void path_manager_attached(struct path_manager *s, enum path_kind kind, uint64_t now)
{
	give_up_all(s, kind);
	path_selector_attached(&s->selector, kind, now);
	refresh(s, now);
}

void path_manager_detached(struct path_manager *s, uint64_t heard_at, uint64_t now)
{
	/* The steps of these are records, and the link may take long to come back. */
	lose(s, PATH_PROXY);
	lose(s, PATH_PUNCH);
	path_selector_detached(&s->selector, heard_at, now);
	refresh(s, now);
}

bool path_manager_wants(const struct path_manager *s, enum path_kind kind)
{
	return path_selector_wants(&s->selector, kind);
}

/* Compares by members: the padding inside an address has no defined value. */
static bool same_addresses(const struct candidates *a, const struct candidates *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (!netaddr_equal(&a->addresses[i], &b->addresses[i]))
			return false;
	return a->n == b->n;
}

void path_manager_hear(struct path_manager *s, const struct candidates *theirs, uint64_t now)
{
	if (!same_addresses(theirs, &s->theirs)) {
		path_selector_possible(&s->selector, PATH_DIRECT, false, now);
		path_selector_elsewhere(&s->selector, PATH_DIRECT, now);
	}
	s->theirs = *theirs;
	refresh(s, now);
	path_selector_renew(&s->selector, now);
}

/* Makes way for the answer to an offer of the device, or says why not. */
static const char *answer(struct path_manager *s, enum path_kind kind)
{
	if (s->trying[kind] && s->selector.leads)
		return "collision";
	if (s->trying[kind])
		give_up(s, kind);
	s->trying[kind] = s->answering[kind] = true;
	path_selector_answers(&s->selector, kind);
	return NULL;
}

const char *path_manager_take_offer(struct path_manager *s, const struct s5b_offer *offer,
				    const char *ours, const char *theirs)
{
	if (!(path_manager_allowed(s) & PATH_MASK(PATH_PROXY)))
		return "not-wanted";
	/*
	 * The hash by which both join is made of full JIDs. A device may use its own and
	 * ours only.
	 */
	if (!theirs || !ours || !jid_same(offer->from, theirs) || !jid_same(offer->to, ours))
		return "not-you";
	return answer(s, PATH_PROXY);
}

const char *path_manager_take_punch(struct path_manager *s, bool room)
{
	if (!s->facts.punch || !path_selector_wants(&s->selector, PATH_PUNCH))
		return "not-wanted";
	if (!room)
		return "busy";
	return answer(s, PATH_PUNCH);
}
