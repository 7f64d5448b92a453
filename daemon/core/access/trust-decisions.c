/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trust.h"

#include <string.h>

#include "trust-internal.h"

/*
 * What the user decides about devices, and what a new device is when it shows itself.
 *
 * Trust goes up by add or accept, for one first device of a person, or by verify, or by the
 * word of a verified device (vouching.c), and by nothing else. Everything else that happens
 * to a person takes it down. A person about whose devices the user has decided once is never
 * trusted on first use again: a thief of the person's password would only have to wait for the
 * user to say add once more.
 */

/* Whether the user once decided about a device of theirs, which rules out first use. */
static bool any_decided(const struct trust_person *p)
{
	for (struct trusted_device *d = p->devices; d; d = d->sibling)
		if (d->state != TRUST_PENDING)
			return true;
	return false;
}

enum trust_invitation trust_invite(struct trust *t, const char *jid, uint64_t unix_now)
{
	struct trust_person *p;

	trust_expire(t, unix_now);
	p = trust_make_person(t, jid);
	if (!p)
		return TRUST_FULL;
	if (!p->since[MARK_ASKED])
		p->since[MARK_ASKED] = unix_now;
	p->since[MARK_LOST] = 0;
	if (p->count == 0) {
		if (p->since[MARK_EXPECTED])
			return TRUST_EXPECTED;
		p->since[MARK_EXPECTED] = unix_now;
		return TRUST_EXPECTS;
	}
	if (p->count > 1 || any_decided(p) || trust_other_owner(t, p->jid, p->devices->fp))
		return TRUST_COMPARE;
	trust_set_state(p->devices, TRUST_SEEN, unix_now);
	p->since[MARK_EXPECTED] = 0;
	return TRUST_ADMITTED;
}

enum trust_state trust_observe(struct trust *t, const char *jid, const unsigned char *fp,
			       uint64_t unix_now, bool *changed)
{
	enum trust_state state = TRUST_PENDING;
	struct trusted_device *d;
	struct trust_person *p;

	*changed = false;
	trust_expire(t, unix_now);
	p = trust_find_person(t, jid);
	d = trust_find_device(p, fp);
	if (d)
		return d->state;
	if (p && p->since[MARK_EXPECTED] && p->count == 0 && !trust_other_owner(t, p->jid, fp))
		state = TRUST_SEEN;
	else if (!trust_make_room(t, jid, unix_now))
		return TRUST_PENDING;
	d = trust_add_device(t, jid, fp, state, unix_now);
	/* trust_make_room() may have forgotten the person, who is added anew then. */
	p = trust_find_person(t, jid);
	if (!d)
		return TRUST_PENDING;
	*changed = true;
	if (p)
		p->since[MARK_EXPECTED] = 0;
	return d->state;
}

/*
 * A device that never came is forgotten: nobody could compare it, and it would only take a
 * place. One that came waits, even where no place for a pending device is left; how many can
 * do that is bounded by DEVICES_PER_BUDDY.
 */
void trust_drop_one(struct trust *t, struct trust_person *p, struct trusted_device *d,
		    uint64_t unix_now)
{
	if (d->last_seen)
		trust_set_state(d, TRUST_PENDING, unix_now);
	else
		trust_remove_device(t, d);
}

void trust_drop_vouched(struct trust *t, struct trust_person *p, const unsigned char *voucher,
			uint64_t unix_now)
{
	struct trusted_device *d = p->devices, *sibling;

	for (; d; d = sibling) {
		sibling = d->sibling;
		if (d->state == TRUST_VOUCHED && trust_is_by(d, voucher))
			trust_drop_one(t, p, d, unix_now);
	}
}

void trust_revoke(struct trust *t, struct trust_person *p, struct trusted_device *d,
		  const unsigned char *by, uint64_t unix_now)
{
	trust_set_state(d, TRUST_REVOKED, unix_now);
	trust_set_by(d, by);
	trust_drop_vouched(t, p, d->fp, unix_now);
}

/*
 * The user has decided between a device that was revoked and the device that revoked it.
 * What the latter repeats does not count any more, nor what a device says in return that the
 * verified one revoked.
 */
static void settle_revocations(struct trust_person *p, const unsigned char *verified)
{
	for (struct trusted_device *d = p->devices; d; d = d->sibling)
		if (d->state == TRUST_REVOKED && trust_is_by(d, verified))
			d->settled = true;
}

bool trust_verify(struct trust *t, const char *jid, const unsigned char *fp, uint64_t unix_now)
{
	struct trust_person *p = trust_find_person(t, jid);
	struct trusted_device *d = trust_find_device(p, fp);
	unsigned char by[FINGERPRINT_BYTES];
	bool overrules;

	if (!d)
		return false;
	overrules = d->state == TRUST_REVOKED && d->by;
	if (overrules)
		memcpy(by, d->by, sizeof(by));
	trust_set_state(d, TRUST_VERIFIED, unix_now);
	if (overrules)
		trust_set_by(d, by);
	p->since[MARK_EXPECTED] = p->since[MARK_LOST] = 0;
	settle_revocations(p, fp);
	return true;
}

/* Makes room for one more device of p, if they have as many as they may: a pending one goes. */
static bool make_room_of(struct trust *t, struct trust_person *p)
{
	struct trusted_device *d = p->devices;

	if (p->count < DEVICES_PER_BUDDY)
		return true;
	while (d && d->state != TRUST_PENDING)
		d = d->sibling;
	if (d)
		trust_remove_device(t, d);
	return d;
}

bool trust_admit(struct trust *t, const char *jid, const unsigned char *fp, uint64_t unix_now)
{
	struct trust_person *p = trust_make_person(t, jid);
	struct trusted_device *d = trust_find_device(p, fp);

	if (!p || (d && trust_rejects(d->state)))
		return false;
	if (!d && make_room_of(t, p))
		d = trust_add_device(t, jid, fp, TRUST_VERIFIED, unix_now);
	if (!d)
		return false;
	trust_verify(t, jid, fp, unix_now);
	trust_note_seen(t, jid, fp, unix_now);
	p->since[MARK_ASKED] = unix_now;
	return true;
}

bool trust_distrust(struct trust *t, const char *jid, const unsigned char *fp, uint64_t unix_now)
{
	struct trust_person *p = trust_find_person(t, jid);
	bool any = false;

	for (struct trusted_device *d = p ? p->devices : NULL; d; d = d->sibling) {
		if (fp && memcmp(d->fp, fp, FINGERPRINT_BYTES))
			continue;
		trust_set_state(d, TRUST_DISTRUSTED, unix_now);
		any = true;
	}
	if (!any)
		return false;
	if (fp)
		trust_drop_vouched(t, p, fp, unix_now);
	p->since[MARK_EXPECTED] = 0;
	return true;
}

bool trust_retire(struct trust *t, const char *jid, const unsigned char *fp,
		  const unsigned char *own, uint64_t unix_now)
{
	struct trust_person *p = trust_find_person(t, jid);
	struct trusted_device *d = trust_find_device(p, fp);

	if (!d || (d->state == TRUST_REVOKED && trust_is_by(d, own)))
		return false;
	trust_revoke(t, p, d, own, unix_now);
	trust_untell(t);
	return true;
}

bool trust_retire_self(struct trust *t, uint64_t unix_now)
{
	if (t->retired)
		return false;
	t->retired = unix_now;
	trust_untell(t);
	return true;
}

bool trust_suspend(struct trust *t, const char *jid, uint64_t unix_now)
{
	struct trust_person *p = trust_find_person(t, jid);
	struct trusted_device *d = p ? p->devices : NULL, *sibling;
	bool changed = false;

	if (!p)
		return false;
	for (; d; d = sibling) {
		sibling = d->sibling;
		changed |= trust_allows(d->state) || d->state == TRUST_PENDING;
		if (trust_allows(d->state))
			trust_set_state(d, TRUST_SUSPENDED, unix_now);
		else if (d->state == TRUST_PENDING)
			trust_remove_device(t, d);
	}
	for (unsigned i = 0; i < MARK_COUNT; i++) {
		if (i == MARK_BLOCKED)
			continue;
		changed |= p->since[i] != 0;
		p->since[i] = 0;
	}
	trust_settle(t, p);
	return changed;
}

bool trust_decline(struct trust *t, const char *jid)
{
	struct trust_person *p = trust_find_person(t, jid);
	bool open = p && (p->since[MARK_EXPECTED] || p->since[MARK_ASKED]);

	if (!open)
		return false;
	p->since[MARK_EXPECTED] = p->since[MARK_ASKED] = 0;
	trust_settle(t, p);
	return true;
}
