/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ROSTER_H
#define CORE_ROSTER_H

/*
 * Who is a buddy no more, by what the roster says now and what the trust table
 * remembers that it said before (MARK_LISTED, MARK_GRANTED): taken out, by whatever client, or
 * not allowed to see us any more. A pair that was only ever half subscribed
 * has lost nothing. Pure; what is done about it is the caller's.
 *
 * While online each item is pushed: roster_note(). What happened while we were
 * not is seen by comparison, and only with a roster that was read whole:
 * roster_begin(), roster_item() for each, roster_compare().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "presence.h"
#include "trust.h"

/*
 * One item: true if it takes something away that jid had; then the trust table is
 * as before, and trust_suspend() is due. Otherwise what it says is remembered;
 * *changed tells that the table must be saved.
 */
bool roster_note(struct trust *trust, const char *jid, enum subscription subscription, bool removed,
		 uint64_t unix_now, bool *changed);

struct roster;

/* A roster that is being read. */
struct roster *roster_begin(void);
void roster_destroy(struct roster *r);
/* jid is bare and normalised. */
void roster_item(struct roster *r, const char *jid, enum subscription subscription);

/* Who is a buddy no more, of those in the trust table; own is our own bare JID. */
struct roster_losses {
	char **jids;		/* owned */
	size_t count;
	bool emptied;		/* the roster has nobody any more: rather a mishap than a
				   decision */
};

/* Remembers what is left, as roster_note() does. */
void roster_compare(const struct roster *r, struct trust *trust, const char *own, uint64_t unix_now,
		    struct roster_losses *losses, bool *changed);
void roster_losses_finish(struct roster_losses *losses);

#endif
