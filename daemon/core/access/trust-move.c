/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "jid.h"
#include "trust-internal.h"

/*
 * A person has another address now. Trust is in a key of an address, so the user's word moves
 * it. The old address keeps no device: whoever has that address next begins as a stranger. A
 * new address is not trusted on first use, because devices of it are decided about then.
 *
 * When the user's own account moves, the table goes along: whom they trust does not depend on
 * the address from which they do. Only what the old server's contact list stood for ends.
 */

static unsigned count_decided(const struct trust_person *p)
{
	unsigned n = 0;

	for (const struct trusted_device *d = p ? p->devices : NULL; d; d = d->sibling)
		n += d->state != TRUST_PENDING;
	return n;
}

/* The devices of the new address all wait: those that are moved take their places. */
static void clear_room(struct trust *t, struct trust_person *to, const struct trust_person *from)
{
	struct trusted_device *d = to->devices, *sibling;
	unsigned coming = count_decided(from);

	for (; d; d = sibling) {
		const struct trusted_device *same = trust_find_device(from, d->fp);

		sibling = d->sibling;
		if ((same && same->state != TRUST_PENDING) ||
		    to->count + coming > DEVICES_PER_BUDDY)
			trust_remove_device(t, d);
	}
}

/* Adds a device like d to the new address. What d owns goes along. */
static void move_device(struct trust *t, const char *jid, struct trusted_device *d)
{
	struct trusted_device *moved = trust_add_device(t, jid, d->fp, d->state, d->first_seen);

	moved->since = d->since;
	moved->last_seen = d->last_seen;
	moved->was = d->was;
	moved->settled = d->settled;
	moved->compared = d->compared;
	moved->told = d->told;
	moved->name = d->name;
	moved->by = d->by;
	d->name = NULL;
	d->by = NULL;
}

enum trust_move trust_may_move(const struct trust *t, const char *from, const char *to)
{
	char bare[JID_MAX];

	if (count_decided(trust_person(t, to)))
		return TRUST_MOVE_TAKEN;
	if (!count_decided(trust_person(t, from)))
		return TRUST_MOVE_NOTHING;
	if (!jid_bare(to, bare) || (!trust_person(t, to) && t->by_jid.count >= BUDDIES_MAX))
		return TRUST_MOVE_FULL;
	return TRUST_MOVED;
}

bool trust_may_have_moved(const struct trust *t, const char *from, const char *to)
{
	return count_decided(trust_person(t, to)) && !count_decided(trust_person(t, from));
}

static void move_devices(struct trust *t, struct trust_person *old, struct trust_person *person)
{
	struct trusted_device *d, *next;

	clear_room(t, person, old);
	/* In the order of the whole list, which is the one of the file. */
	for (d = t->devices; d; d = next) {
		if (d->jid == old->jid && d->state != TRUST_PENDING)
			move_device(t, person->jid, d);
		next = d->next;
		if (d->jid == old->jid)
			trust_remove_device(t, d);
	}
}

enum trust_move trust_move(struct trust *t, const char *from, const char *to, uint64_t unix_now)
{
	enum trust_move outcome = trust_may_move(t, from, to);
	struct trust_person *person, *old = trust_find_person(t, from);

	if (outcome != TRUST_MOVED)
		return outcome;
	person = trust_make_person(t, to);
	move_devices(t, old, person);
	for (unsigned i = 0; i < MARK_COUNT; i++)
		if (i != MARK_LISTED && i != MARK_GRANTED && i != MARK_BLOCKED)
			old->since[i] = 0;
	/* Only the first device of a person is expected, and they have one. */
	person->since[MARK_EXPECTED] = 0;
	person->since[MARK_ASKED] = unix_now;
	person->since[MARK_LOST] = 0;
	trust_settle(t, old);
	return TRUST_MOVED;
}

enum trust_move trust_may_move_self(const struct trust *t, const char *from, const char *to)
{
	char bare[JID_MAX];

	if (!strcmp(from, to))
		return TRUST_MOVE_NOTHING;
	if (count_decided(trust_person(t, to)))
		return TRUST_MOVE_TAKEN;
	if (!jid_bare(to, bare) || (!trust_person(t, to) && t->by_jid.count >= BUDDIES_MAX))
		return TRUST_MOVE_FULL;
	return TRUST_MOVED;
}

/* Nobody knows the new address yet, and its contact list has nobody. */
static void begin_anew(struct trust_person *p, uint64_t unix_now)
{
	bool asked = (p->since[MARK_LISTED] || p->since[MARK_MEANT] || p->since[MARK_ASKED]) &&
		     (trust_any_allowed(p) || p->since[MARK_EXPECTED]);

	for (unsigned i = 0; i < MARK_COUNT; i++)
		if (i != MARK_BLOCKED && i != MARK_EXPECTED)
			p->since[i] = 0;
	if (asked && !p->since[MARK_BLOCKED])
		p->since[MARK_MEANT] = p->since[MARK_ASKED] = unix_now;
}

enum trust_move trust_move_self(struct trust *t, const char *from, const char *to,
				uint64_t unix_now)
{
	enum trust_move outcome = trust_may_move_self(t, from, to);
	struct trust_person *p, *next, *own = trust_find_person(t, from);

	if (outcome != TRUST_MOVED)
		return outcome;
	if (own)
		move_devices(t, own, trust_make_person(t, to));
	for (p = t->persons; p; p = next) {
		next = p->next;
		if (!strcmp(p->jid, from) || !strcmp(p->jid, to))
			memset(p->since, 0, sizeof(p->since));
		else
			begin_anew(p, unix_now);
		trust_settle(t, p);
	}
	trust_untell(t);
	return TRUST_MOVED;
}
