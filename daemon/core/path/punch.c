/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "punch.h"

#include <stdio.h>

/*
 * The side that offers waits for READY, the side that answers connects while READY is on its
 * way; a moment later, since the way through servers is mostly the longer one, and two SYNs
 * cross best that begin at the same time. Each address has a slot of its own, and all of them are
 * tried at the same time.
 *
 * Where packets from outside are dropped, no timing matters: the connect of the first side
 * stays silent and has opened its own NAT, so that of the second side completes both. The
 * kernel repeats a SYN that is lost. Where they are refused, the two SYNs have to cross: each
 * side tries again after a random pause, since two with the same pause would miss each other
 * each time. A try stands for one round trip, so with long pauses on both sides two of them
 * seldom meet where the round trip is short. So the side that offered, which begins when the
 * other one has begun, makes its pauses about as long as a try, and the other side, whose tries
 * come to nothing until then, saves them by long ones.
 *
 * A connection proves nothing, since an address may be another machine's in our network. So
 * the others go on until the handshake of one is done.
 */

void punch_offer(struct punch *p, const struct punch_events *events, void *owner, bool local,
		 uint64_t now)
{
	*p = (struct punch){
		.events = events,
		.owner = owner,
		.state = PUNCH_OFFERED,
		.local = local,
		.offered = true,
		.until = now + PUNCH_ANSWER_MAX,
	};
}

static bool may_try(const struct punch *p, const struct netaddr *a)
{
	return a->port >= PUNCH_PORT_MIN && netaddr_may_dial(a, p->local);
}

static void drop_all(struct punch *p, unsigned but)
{
	for (unsigned i = 0; i < p->n; i++) {
		struct punch_slot *s = &p->slots[i];
		bool open = s->state == PUNCH_CONNECTING || s->state == PUNCH_PROVING;

		s->state = PUNCH_SPENT;
		if (open && i != but)
			p->events->drop(p->owner, i);
	}
}

void punch_end(struct punch *p)
{
	p->state = PUNCH_OVER;
	drop_all(p, PUNCH_ADDRESSES_MAX);
}

static void fail(struct punch *p, const char *why, bool tell)
{
	punch_end(p);
	p->events->failed(p->owner, why, tell);
}

static void try(struct punch *p, unsigned slot, uint64_t now)
{
	struct punch_slot *s = &p->slots[slot];

	s->began = now;
	s->state = PUNCH_CONNECTING;
	s->tries++;
	p->events->connect(p->owner, slot, &s->to);
}

static bool dial(struct punch *p, const struct punch_record *theirs, uint64_t now)
{
	p->state = PUNCH_DIALLING;
	p->until = now + (p->offered ? PUNCH_DIAL_MAX : PUNCH_ANSWERER_MAX);
	for (size_t i = 0; i < theirs->n; i++)
		if (may_try(p, &theirs->addresses[i]))
			p->slots[p->n++].to = theirs->addresses[i];
	for (unsigned i = 0; i < p->n; i++) {
		if (p->offered)
			try(p, i, now);
		else
			p->slots[i].due = now + PUNCH_HEAD_START;
	}
	return p->n;
}

bool punch_answer(struct punch *p, const struct punch_events *events, void *owner, bool local,
		  const struct punch_record *offer, uint64_t now)
{
	*p = (struct punch){
		.events = events,
		.owner = owner,
		.local = local,
	};
	if (dial(p, offer, now))
		return true;
	p->state = PUNCH_OVER;
	return false;
}

void punch_wait(struct punch *p, uint64_t now)
{
	p->state = PUNCH_ASKING;
	p->until = now + PUNCH_ASK_MAX;
}

void punch_go(struct punch *p, uint64_t now)
{
	if (p->state != PUNCH_ASKING)
		return;
	p->state = p->offered ? PUNCH_OFFERED : PUNCH_DIALLING;
	p->until = now + (p->offered ? PUNCH_ANSWER_MAX : PUNCH_ANSWERER_MAX);
	for (unsigned i = 0; i < p->n; i++)
		p->slots[i].due = now + PUNCH_HEAD_START;
	p->events->tell(p->owner);
}

void punch_hear(struct punch *p, const struct punch_record *record, uint64_t now)
{
	if (p->state == PUNCH_OVER)
		return;
	if (record->step == PUNCH_FAILED)
		fail(p, record->reason, false);
	else if (record->step == PUNCH_READY && p->state == PUNCH_OFFERED && !dial(p, record, now))
		fail(p, "unreachable", true);
}

void punch_connected(struct punch *p, unsigned slot)
{
	if (p->slots[slot].state == PUNCH_CONNECTING)
		p->slots[slot].state = PUNCH_PROVING;
}

static bool any_proves(const struct punch *p)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->slots[i].state == PUNCH_PROVING)
			return true;
	return false;
}

static bool all_spent(const struct punch *p)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->slots[i].state != PUNCH_SPENT)
			return false;
	return true;
}

/*
 * A refusal takes one round trip. The side that offered pauses one more, on average; and where
 * that is next to nothing, longer from try to try, or all of them would be over before the other
 * side has made a few.
 */
static uint64_t pause_bound(const struct punch *p, const struct punch_slot *s, uint64_t now)
{
	uint64_t bound = 2 * (now - s->began), least = PUNCH_PAUSE_MIN + s->tries / 2;

	if (!p->offered)
		return PUNCH_PAUSE_MAX;
	if (bound < least)
		return least;
	return bound < PUNCH_PAUSE_OFFERER ? bound : PUNCH_PAUSE_OFFERER;
}

void punch_refused(struct punch *p, unsigned slot, uint32_t random, uint64_t now)
{
	struct punch_slot *s = &p->slots[slot];

	if (p->state == PUNCH_OVER)
		return;
	s->due = now + random % pause_bound(p, s, now);
	s->state =
		p->state == PUNCH_DIALLING && s->tries < PUNCH_TRIES ? PUNCH_PAUSING : PUNCH_SPENT;
	if (all_spent(p))
		fail(p, "unreachable", true);
}

void punch_proven(struct punch *p, unsigned slot)
{
	p->state = PUNCH_OVER;
	drop_all(p, slot);
}

/* The time to connect is over: what is not connected is given up. */
static void settle(struct punch *p)
{
	p->state = PUNCH_SETTLING;
	p->until += PUNCH_PROVE_MAX;
	for (unsigned i = 0; i < p->n; i++) {
		struct punch_slot *s = &p->slots[i];
		bool open = s->state == PUNCH_CONNECTING;

		if (s->state == PUNCH_PROVING)
			continue;
		s->state = PUNCH_SPENT;
		if (open)
			p->events->drop(p->owner, i);
	}
}

void punch_step(struct punch *p, uint64_t now)
{
	if (p->state == PUNCH_OVER)
		return;
	if (p->state == PUNCH_ASKING) {
		if (now >= p->until)
			punch_go(p, now);
		return;
	}
	if (now >= p->until) {
		if (p->state == PUNCH_DIALLING && any_proves(p))
			settle(p);
		else
			fail(p, "timeout", true);
		return;
	}
	for (unsigned i = 0; i < p->n; i++)
		if (p->slots[i].state == PUNCH_PAUSING && p->slots[i].due <= now)
			try(p, i, now);
}

uint64_t punch_deadline(const struct punch *p)
{
	uint64_t at = p->until;

	if (p->state == PUNCH_OVER)
		return UINT64_MAX;
	for (unsigned i = 0; i < p->n && p->state != PUNCH_ASKING; i++)
		if (p->slots[i].state == PUNCH_PAUSING && p->slots[i].due < at)
			at = p->slots[i].due;
	return at;
}

static size_t add(struct netaddr out[PUNCH_ADDRESSES_MAX], size_t n, const struct netaddr *a,
		  uint16_t port)
{
	struct netaddr with = *a;

	with.port = port;
	for (size_t i = 0; i < n; i++)
		if (netaddr_equal(&out[i], &with))
			return n;
	if (n < PUNCH_ADDRESSES_MAX && port)
		out[n++] = with;
	return n;
}

size_t punch_addresses(const struct netaddr *own, size_t n, const struct netaddr *mapped,
		       uint16_t port4, uint16_t port6, bool local,
		       struct netaddr out[PUNCH_ADDRESSES_MAX])
{
	size_t told = 0, globals[2] = { 0 };

	for (int v6 = 1; v6 >= 0; v6--)
		for (size_t i = 0; i < n && globals[v6] < 1; i++)
			if (own[i].v6 == (bool)v6 && netaddr_scope(&own[i]) == NETADDR_GLOBAL) {
				told = add(out, told, &own[i], v6 ? port6 : port4);
				globals[v6]++;
			}
	if (mapped && (mapped->v6 ? port6 : port4))
		told = add(out, told, mapped, mapped->port);
	for (size_t i = 0; i < n; i++)
		if (netaddr_scope(&own[i]) != NETADDR_GLOBAL && netaddr_may_dial(&own[i], local))
			told = add(out, told, &own[i], own[i].v6 ? port6 : port4);
	return told;
}

void punch_kind(const struct netaddr *told, size_t n, bool changes, char out[PUNCH_KIND_MAX])
{
	bool global[2] = { false }, inner = false;
	const char *v4;

	for (size_t i = 0; i < n; i++) {
		if (netaddr_scope(&told[i]) == NETADDR_GLOBAL)
			global[told[i].v6] = true;
		else
			inner |= !told[i].v6;
	}
	/* Who has an address that is not global as well is behind a NAT. */
	v4 = !global[0] ? "" : !inner ? "IPv4" : changes ? "NAT that changes ports" : "NAT";
	snprintf(out, PUNCH_KIND_MAX, "%s%s%s", global[1] ? "IPv6" : "",
		 global[1] && *v4 ? " and " : "", v4);
	if (!*out)
		snprintf(out, PUNCH_KIND_MAX, "no global address");
}
