/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trust.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "quota.h"
#include "trust-internal.h"

/*
 * All devices are in a list in the order in which they were met; it serves to write and to
 * show them. Each person has a list of their own few devices, and marks. A question is
 * always about one person.
 */

static const char *const state_names[] = {
	[TRUST_UNKNOWN] = "unknown", [TRUST_VERIFIED] = "verified",
	[TRUST_VOUCHED] = "vouched", [TRUST_SEEN] = "seen",
	[TRUST_PENDING] = "pending", [TRUST_SUSPENDED] = "suspended",
	[TRUST_REVOKED] = "revoked", [TRUST_DISTRUSTED] = "distrusted",
};

const char *trust_state_name(enum trust_state state)
{
	return state_names[state];
}

bool trust_allows(enum trust_state state)
{
	return state == TRUST_SEEN || state == TRUST_VOUCHED || state == TRUST_VERIFIED;
}

bool trust_rejects(enum trust_state state)
{
	return state == TRUST_REVOKED || state == TRUST_DISTRUSTED;
}

struct trust *trust_create(void)
{
	struct trust *t = xcalloc(1, sizeof(*t));

	t->persons_tail = &t->persons;
	t->devices_tail = &t->devices;
	return t;
}

static void free_device(struct trusted_device *d)
{
	free(d->name);
	free(d->by);
	free(d);
}

static void free_person(struct trust_person *p)
{
	free(p->jid);
	free(p);
}

void trust_destroy(struct trust *t)
{
	if (!t)
		return;
	while (t->devices) {
		struct trusted_device *d = t->devices;

		t->devices = d->next;
		free_device(d);
	}
	while (t->persons) {
		struct trust_person *p = t->persons;

		t->persons = p->next;
		free_person(p);
	}
	hashtable_finish(&t->by_jid);
	free(t->own_name);
	free(t);
}

/* A key is a normalised JID, so a JID that is a key already is not normalised again. */
static struct trust_person *find_person(const struct trust *t, const char *jid)
{
	struct hashtable_node *node = hashtable_find(&t->by_jid, jid);
	char bare[JID_MAX];

	if (!node && jid_bare(jid, bare))
		node = hashtable_find(&t->by_jid, bare);
	return (struct trust_person *)node;
}

/* A device names its person as the table does. */
static struct trust_person *person_of(const struct trust *t, const struct trusted_device *d)
{
	return (struct trust_person *)hashtable_find(&t->by_jid, d->jid);
}

struct trust_person *trust_find_person(struct trust *t, const char *jid)
{
	return find_person(t, jid);
}

struct trust_person *trust_make_person(struct trust *t, const char *jid)
{
	char bare[JID_MAX];
	struct trust_person *p = find_person(t, jid);

	if (p)
		return p;
	if (!jid_bare(jid, bare) || t->by_jid.count >= BUDDIES_MAX)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	p->jid = xstrdup(bare);
	hashtable_add(&t->by_jid, &p->node, p->jid);
	p->link = t->persons_tail;
	*t->persons_tail = p;
	t->persons_tail = &p->next;
	return p;
}

struct trusted_device *trust_find_device(const struct trust_person *p, const unsigned char *fp)
{
	struct trusted_device *d = p ? p->devices : NULL;

	while (d && memcmp(d->fp, fp, FINGERPRINT_BYTES))
		d = d->sibling;
	return d;
}

static unsigned count_pending(const struct trust *t)
{
	unsigned count = 0;

	for (struct trusted_device *d = t->devices; d; d = d->next)
		count += d->state == TRUST_PENDING;
	return count;
}

struct trusted_device *trust_add_device(struct trust *t, const char *jid, const unsigned char *fp,
					enum trust_state state, uint64_t first_seen)
{
	struct trust_person *p;
	struct trusted_device *d;

	if (state == TRUST_PENDING && count_pending(t) >= PENDING_DEVICES_MAX)
		return NULL;
	p = trust_make_person(t, jid);
	if (!p || p->count >= DEVICES_PER_BUDDY)
		return NULL;
	d = xcalloc(1, sizeof(*d));
	d->jid = p->jid;
	memcpy(d->fp, fp, FINGERPRINT_BYTES);
	d->state = state;
	d->first_seen = d->since = d->last_seen = first_seen;
	d->sibling = p->devices;
	p->devices = d;
	p->count++;
	d->link = t->devices_tail;
	*t->devices_tail = d;
	t->devices_tail = &d->next;
	return d;
}

static void remove_device(struct trust *t, struct trust_person *p, struct trusted_device *gone)
{
	struct trusted_device **at = &p->devices;

	while (*at != gone)
		at = &(*at)->sibling;
	*at = gone->sibling;
	p->count--;
	*gone->link = gone->next;
	if (gone->next)
		gone->next->link = gone->link;
	else
		t->devices_tail = gone->link;
	free_device(gone);
}

void trust_remove_device(struct trust *t, struct trusted_device *d)
{
	remove_device(t, find_person(t, d->jid), d);
}

void trust_settle(struct trust *t, struct trust_person *p)
{
	for (unsigned i = 0; i < MARK_COUNT; i++)
		if (p->since[i] && i != MARK_LISTED && i != MARK_GRANTED)
			return;
	if (p->devices)
		return;
	*p->link = p->next;
	if (p->next)
		p->next->link = p->link;
	else
		t->persons_tail = p->link;
	hashtable_remove(&t->by_jid, &p->node);
	free_person(p);
}

static bool is_over(uint64_t since, uint64_t lasts, uint64_t unix_now)
{
	return unix_now > since && unix_now - since >= lasts;
}

void trust_expire(struct trust *t, uint64_t unix_now)
{
	struct trust_person *p = t->persons, *next;

	for (; p; p = next) {
		struct trusted_device *d = p->devices, *sibling;

		next = p->next;
		for (; d; d = sibling) {
			sibling = d->sibling;
			if (d->state == TRUST_PENDING &&
			    is_over(d->since, PENDING_EXPIRY, unix_now))
				remove_device(t, p, d);
		}
		for (unsigned i = MARK_EXPECTED; i <= MARK_ASKED; i++)
			if (is_over(p->since[i], EXPECTATION_MAX, unix_now))
				p->since[i] = 0;
		trust_settle(t, p);
	}
}

bool trust_any_allowed(const struct trust_person *p)
{
	for (const struct trusted_device *d = p ? p->devices : NULL; d; d = d->sibling)
		if (trust_allows(d->state))
			return true;
	return false;
}

/* The oldest pending device of p that was met at least PENDING_SETTLED ago, or NULL. */
static struct trusted_device *oldest_pending(const struct trust *t, const struct trust_person *p,
					     uint64_t unix_now)
{
	for (struct trusted_device *d = t->devices; p && d; d = d->next)
		if (d->state == TRUST_PENDING && d->jid == p->jid &&
		    unix_now >= (uint64_t)d->since + PENDING_SETTLED)
			return d;
	return NULL;
}

/*
 * Finds room for one more pending device of jid; *gone is the device that has to go, or
 * NULL if there is room. The places are counted from the table, which is short, so that
 * code that changes a state need not know of them. False if there is no room.
 */
static bool find_room(const struct trust *t, const char *jid, uint64_t unix_now,
		      struct trusted_device **gone)
{
	struct quota_place places[PENDING_DEVICES_MAX] = { 0 }, *victim;
	struct trusted_device *devices[PENDING_DEVICES_MAX] = { NULL };
	const struct trust_person *p = find_person(t, jid);
	enum quota_verdict verdict;
	struct quota quota;
	unsigned n = 0;

	quota_init(&quota, PENDING_DEVICES_MAX, false);
	for (struct trusted_device *d = t->devices; d && n < PENDING_DEVICES_MAX; d = d->next) {
		if (d->state != TRUST_PENDING)
			continue;
		devices[n] = d;
		quota_take(&quota, &places[n++], d->jid, trust_any_allowed(person_of(t, d)));
	}
	verdict = quota_ask(&quota, jid, trust_any_allowed(p), &victim);
	*gone = verdict == QUOTA_ROOM ? devices[victim - places] : NULL;
	while (n)
		quota_leave(&places[--n]);
	quota_finish(&quota);
	/*
	 * Pending devices of one person make room for each other, but not as fast as the
	 * person can show keys: each new one is written to the disk.
	 */
	if (verdict == QUOTA_NO || (p && p->count >= DEVICES_PER_BUDDY)) {
		*gone = oldest_pending(t, p, unix_now);
		return *gone;
	}
	return true;
}

bool trust_make_room(struct trust *t, const char *jid, uint64_t unix_now)
{
	struct trusted_device *gone;
	struct trust_person *p;

	if (!find_room(t, jid, unix_now, &gone))
		return false;
	if (!gone)
		return true;
	p = person_of(t, gone);
	remove_device(t, p, gone);
	trust_settle(t, p);
	return true;
}

const char *trust_other_owner(const struct trust *t, const char *jid, const unsigned char *fp)
{
	for (struct trusted_device *d = t->devices; d; d = d->next)
		if (!memcmp(d->fp, fp, FINGERPRINT_BYTES) && strcmp(d->jid, jid))
			return d->jid;
	return NULL;
}

static bool is_open(const struct trust *t, const char *jid, enum trust_mark mark, uint64_t unix_now)
{
	const struct trust_person *p = find_person(t, jid);

	return p && p->since[mark] && !is_over(p->since[mark], EXPECTATION_MAX, unix_now);
}

bool trust_expected(const struct trust *t, const char *jid, uint64_t unix_now)
{
	return is_open(t, jid, MARK_EXPECTED, unix_now);
}

bool trust_asked(const struct trust *t, const char *jid, uint64_t unix_now)
{
	return is_open(t, jid, MARK_ASKED, unix_now);
}

enum trust_state trust_lookup(const struct trust *t, const char *jid, const unsigned char *fp)
{
	const struct trusted_device *d = trust_find_device(find_person(t, jid), fp);

	return d ? d->state : TRUST_UNKNOWN;
}

const struct trusted_device *trust_device(const struct trust *t, const char *jid,
					  const unsigned char *fp)
{
	return trust_find_device(find_person(t, jid), fp);
}

void trust_set_by(struct trusted_device *d, const unsigned char *by)
{
	free(d->by);
	d->by = NULL;
	if (!by)
		return;
	d->by = xmalloc(FINGERPRINT_BYTES);
	memcpy(d->by, by, FINGERPRINT_BYTES);
}

bool trust_is_by(const struct trusted_device *d, const unsigned char *fp)
{
	return d->by && !memcmp(d->by, fp, FINGERPRINT_BYTES);
}

void trust_set_state(struct trusted_device *d, enum trust_state state, uint64_t unix_now)
{
	if (d->state == state)
		return;
	d->was = state == TRUST_REVOKED ? d->state : TRUST_UNKNOWN;
	d->settled = false;
	trust_set_by(d, NULL);
	d->state = state;
	d->since = unix_now;
}

uint64_t trust_retired(const struct trust *t)
{
	return t->retired;
}

void trust_name_self(struct trust *t, const char *name, uint64_t unix_now)
{
	free(t->own_name);
	t->own_name = name && *name ? xstrdup(name) : NULL;
	t->named = unix_now;
}

const char *trust_own_name(const struct trust *t)
{
	return t->own_name;
}

bool trust_note_seen(struct trust *t, const char *jid, const unsigned char *fp, uint64_t unix_now)
{
	struct trusted_device *d = trust_find_device(find_person(t, jid), fp);

	if (!d || (d->last_seen && unix_now < (uint64_t)d->last_seen + LAST_SEEN_STEP))
		return false;
	d->last_seen = unix_now;
	return true;
}

void trust_note_told(struct trust *t, const char *jid, const unsigned char *fp)
{
	struct trusted_device *d = trust_find_device(find_person(t, jid), fp);

	if (d)
		d->told = true;
}

void trust_untell(struct trust *t)
{
	for (struct trusted_device *d = t->devices; d; d = d->next)
		d->told = false;
}

void trust_set_name(struct trusted_device *d, const char *name)
{
	free(d->name);
	d->name = *name ? xstrdup(name) : NULL;
}

bool trust_mark(struct trust *t, const char *jid, enum trust_mark mark, bool on, uint64_t unix_now)
{
	struct trust_person *p =
		on && mark == MARK_BLOCKED ? trust_make_person(t, jid) : find_person(t, jid);

	if (!p || (p->since[mark] != 0) == on)
		return false;
	p->since[mark] = on ? unix_now : 0;
	trust_settle(t, p);
	return true;
}

const struct trusted_device *trust_first(const struct trust *t)
{
	return t->devices;
}

const struct trust_person *trust_persons(const struct trust *t)
{
	return t->persons;
}

const struct trust_person *trust_person(const struct trust *t, const char *jid)
{
	return find_person(t, jid);
}

const struct trusted_device *trust_devices(const struct trust *t, const char *jid)
{
	const struct trust_person *p = find_person(t, jid);

	return p ? p->devices : NULL;
}

bool trust_marked(const struct trust *t, const char *jid, enum trust_mark mark)
{
	const struct trust_person *p = find_person(t, jid);

	return p && p->since[mark];
}

bool trust_any(const struct trust *t, const char *jid, enum trust_state state)
{
	for (const struct trusted_device *d = trust_devices(t, jid); d; d = d->sibling)
		if (d->state == state)
			return true;
	return false;
}
