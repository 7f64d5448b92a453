/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ROSTER_H
#define CORE_ROSTER_H

/*
 * Finds out who is a buddy no more. It compares the roster with what the trust table
 * remembers of it (MARK_LISTED, MARK_GRANTED): somebody was removed, by any client, or may
 * not see us any more. One who is in the roster and never could see us has lost nothing.
 * Pure; the caller does what follows.
 *
 * While we are online each change is pushed: roster_note(). What changed while we were
 * offline is found by comparison with a roster that was read whole: roster_begin(),
 * roster_item() for each item, roster_compare().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "presence.h"
#include "trust.h"

/*
 * Takes one item. True if it takes away a right of jid: then the trust table is unchanged,
 * and trust_suspend() is due. Otherwise the item is remembered; *changed tells whether the
 * table must be saved.
 */
bool roster_note(struct trust *trust, const char *jid, enum subscription subscription, bool removed,
		 uint64_t unix_now, bool *changed);

struct roster;

/* A roster that is being read. */
struct roster *roster_begin(void);
void roster_destroy(struct roster *r);
/* jid is bare and normalised. */
void roster_item(struct roster *r, const char *jid, enum subscription subscription);

/* Those in the trust table who are buddies no more. */
struct roster_losses {
	char **jids;		/* owned */
	size_t count;
	bool emptied;		/* the roster has nobody any more: more likely a mishap than a
				   decision */
};

/* own is our own bare JID. Remembers the items of all others, as roster_note() does. */
void roster_compare(const struct roster *r, struct trust *trust, const char *own, uint64_t unix_now,
		    struct roster_losses *losses, bool *changed);
void roster_losses_finish(struct roster_losses *losses);

#endif
