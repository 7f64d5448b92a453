/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TRUST_INTERNAL_H
#define CORE_TRUST_INTERNAL_H

/* Shared by trust.c (the rules) and trust-file.c (the file). */

#include "trust.h"

struct trust {
	struct hashtable by_jid;
	struct trust_person *persons, **persons_tail;		/* owned */
	struct trusted_device *devices, **devices_tail;		/* owned */
};

/* Finds or makes a person. NULL if jid is no bare JID, or one too many. */
struct trust_person *trust_make_person(struct trust *t, const char *jid);

struct trusted_device *trust_find_device(const struct trust_person *p, const unsigned char *fp);

/* Adds a device that is not in the table yet. NULL at a bound. */
struct trusted_device *trust_add_device(struct trust *t, const char *jid, const unsigned char *fp,
					enum trust_state state, uint64_t first_seen);

#endif
