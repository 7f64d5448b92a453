/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_RECIPIENTS_H
#define CORE_RECIPIENTS_H

/*
 * The devices to which announcements are made: those online, and those that were, because of
 * what they have seen. Bounded: when there are too many, some that are away are forgotten.
 * announcements.c writes what is known of each.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"
#include "device-id.h"
#include "hashtable.h"
#include "list.h"
#include "quota.h"

enum {
	RECIPIENT_SLOT_WORDS = (SHARES_MAX + 63) / 64,
};

struct recipient_slots {
	uint64_t words[RECIPIENT_SLOT_WORDS];	/* one bit a slot */
};

struct recipient_account;

struct recipient {
	struct recipient *next, **link;	/* recipients::first */
	struct recipient *sibling;	/* recipient_account::devices */
	struct recipient_account *account;	/* borrowed */
	struct list turn;		/* announcements::line, one of ::resting, or alone */
	char id[DEVICE_ID_LEN + 1];
	uint8_t instance[INSTANCE_BYTES];	/* the process that seen is about; zero before one
						   was met */
	bool online;
	bool sure;			/* that process is the one that is there now */
	struct recipient_slots seen;	/* shares of which it has seen the newest tips */
	struct recipient_slots owed;	/* shares it has to be told of; none while it is away */
	unsigned next_slot;		/* slot to go on with, so that no share is always first */
	uint64_t telling;		/* the version under way; 0: none */
	struct quota_place *place;	/* while a telling or meeting is under way; owned */
	unsigned telling_slot;
	bool meeting;			/* a meeting is under way */
	bool reappeared;		/* it has appeared again since the telling or meeting
					   began */
	unsigned pause;			/* ms of pause after the last failure */
	uint64_t retry_at;		/* ms; 0: it does not rest */
};

/* Zero-initialise it. */
struct recipients {
	struct hashtable accounts;	/* owned, by JID */
	struct recipient *first;	/* owned, newest first */
};

void recipients_finish(struct recipients *all);
struct recipient *recipients_find(const struct recipients *all, const char *jid, const char *id);

/*
 * Adds a device that is not there yet; id has at most DEVICE_ID_LEN characters. NULL if the
 * account, or the broker, has too many devices that cannot be forgotten.
 */
struct recipient *recipients_add(struct recipients *all, const char *jid, const char *id);
const char *recipient_jid(const struct recipient *d);

#endif
