/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TRUST_INTERNAL_H
#define CORE_TRUST_INTERNAL_H

/*
 * Shared by trust.c (the table), trust-decisions.c, vouching.c, trust-move.c and trust-file.c (the
 * file).
 */

#include "trust.h"

struct trust {
	struct hashtable by_jid;
	struct trust_person *persons, **persons_tail;		/* owned */
	struct trusted_device *devices, **devices_tail;		/* owned */
	/* of this device */
	char *own_name;			/* owned; NULL: none */
	uint64_t named, retired;	/* unix seconds */
};

/* Finds or makes a person. NULL if jid is no bare JID, or one too many. */
struct trust_person *trust_make_person(struct trust *t, const char *jid);

/* The person, or NULL. */
struct trust_person *trust_find_person(struct trust *t, const char *jid);

/* "" takes the name away. */
void trust_set_name(struct trusted_device *d, const char *name);

struct trusted_device *trust_find_device(const struct trust_person *p, const unsigned char *fp);

/* Adds a device that is not in the table yet. NULL at a bound. */
struct trusted_device *trust_add_device(struct trust *t, const char *jid, const unsigned char *fp,
					enum trust_state state, uint64_t first_seen);

/* Takes a device out of the table. Its person stays. */
void trust_remove_device(struct trust *t, struct trusted_device *d);

/*
 * Forgets a person without a device and without a mark other than MARK_LISTED and
 * MARK_GRANTED.
 */
void trust_settle(struct trust *t, struct trust_person *p);

/* Changes the state, and forgets what only the old one needed. Keeps since if it is the same. */
void trust_set_state(struct trusted_device *d, enum trust_state state, uint64_t unix_now);
/* by may be NULL. */
void trust_set_by(struct trusted_device *d, const unsigned char *by);
/* Whether d->by is this fingerprint. */
bool trust_is_by(const struct trusted_device *d, const unsigned char *fp);

/* Another device of the person, or this one with by == d->fp, revokes d. */
void trust_revoke(struct trust *t, struct trust_person *p, struct trusted_device *d,
		  const unsigned char *by, uint64_t unix_now);

/* The voucher of these devices does not count any more: takes VOUCHED from each. */
void trust_drop_vouched(struct trust *t, struct trust_person *p, const unsigned char *voucher,
			uint64_t unix_now);
/* As trust_drop_vouched(), for one device. It may be freed. */
void trust_drop_one(struct trust *t, struct trust_person *p, struct trusted_device *d,
		    uint64_t unix_now);

/*
 * Makes room for one more device of jid, as trust_observe() says. False if there is none. The
 * person may be freed.
 */
bool trust_make_room(struct trust *t, const char *jid, uint64_t unix_now);

#endif
