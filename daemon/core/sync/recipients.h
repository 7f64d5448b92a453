/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_RECIPIENTS_H
#define CORE_RECIPIENTS_H

/*
 * The devices that announcements are made to: those online, and those that
 * were, for what they have seen. Bounded: of those that are away some are forgotten
 * when there are too many. What is known of each is announcements.c's to write.
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
	struct list turn;		/* announcements::line or ::resting, or alone */
	char id[DEVICE_ID_LEN + 1];
	uint8_t instance[INSTANCE_BYTES];	/* whose the rest is; zero before it was met */
	bool online;
	bool sure;			/* that process is the one that is there */
	struct recipient_slots seen;	/* the newest tips of these */
	struct recipient_slots owed;	/* nothing while it is away */
	unsigned next_slot;		/* where to go on, so that no share comes first always */
	uint64_t telling;		/* the version under way; 0: none */
	struct quota_place *place;	/* while a telling or meeting is under way; owned */
	unsigned telling_slot;
	bool meeting;			/* under way */
	bool reappeared;		/* since the one or the other began */
	unsigned pause;			/* after the last failure */
	uint64_t retry_at;		/* 0: need not rest */
};

/* Zero-initialise it. */
struct recipients {
	struct hashtable accounts;	/* owned, by JID */
	struct recipient *first;	/* owned, newest first */
};

void recipients_finish(struct recipients *all);
struct recipient *recipients_find(const struct recipients *all, const char *jid, const char *id);

/* The device must not be there, and id fit. NULL if there are too many online. */
struct recipient *recipients_add(struct recipients *all, const char *jid, const char *id);
const char *recipient_jid(const struct recipient *d);

#endif
