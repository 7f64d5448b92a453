/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_JOININGS_H
#define CORE_JOININGS_H

/*
 * The invitations of others that our user wants to use, and whose inviter is away. A stranger's
 * presence is not told to us, so an attempt is made from time to time: after a pause that doubles
 * (backoff.h), and at once after a login, or when the inviter's device is seen. One is tried
 * at a time, the one that is due longest.
 *
 * An attempt that nobody answers leaves the invitation as it is: the inviter never hears of it.
 * The sids are therefore used in turn, without end (join-proof.h).
 *
 * A joining ends when its invitation was used or refused, when the user drops it, or when the
 * invitation expires: by the link, and INVITATION_DAYS_MAX after it was added at the latest.
 *
 * The table is kept in a text file, which holds secrets, of one line a joining:
 *   since(unix) until(unix) link
 * The caller reads and writes the file. What is due is forgotten with the process.
 *
 * Pure. Times are unix seconds where a name begins with unix_, and ms otherwise.
 */

#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"
#include "buf.h"
#include "invitation-link.h"

struct joining {
	struct joining *next;
	struct invitation_link link;
	uint64_t since, until;	/* unix seconds */
	unsigned attempts;	/* since the process began; picks the sid */
	uint64_t due;		/* ms */
	unsigned pause;		/* ms; the last one, without chance */
	bool seen;		/* the inviter's device, by its presence */
	bool busy;		/* an attempt is under way */
};

struct joinings;

struct joinings *joinings_create(void);
void joinings_destroy(struct joinings *all);

/* Parses a file into an empty table, and returns the number of lines that were dropped. */
int joinings_parse(struct joinings *all, const char *text, size_t n);
void joinings_write(const struct joinings *all, struct buf *out);

/*
 * Adds the invitation of this link, or finds it; NULL if JOININGS_MAX wait, or if it has
 * expired. One that is added is due after a pause.
 */
struct joining *joinings_add(struct joinings *all, const struct invitation_link *link,
			     uint64_t unix_now, uint64_t now, uint32_t *random);

struct joining *joinings_first(const struct joinings *all);
/* By the secret of the link, and who it is of. NULL: it does not wait. */
struct joining *joinings_find(const struct joinings *all, const struct invitation_link *link);
/* The first of this inviter (bare JID). */
struct joining *joinings_of(const struct joinings *all, const char *jid);
void joinings_drop(struct joinings *all, struct joining *one);

/* The first that has expired and is not busy; NULL: none. The caller drops it. */
struct joining *joinings_expired(const struct joinings *all, uint64_t unix_now);
bool joining_is_expired(const struct invitation_link *link, uint64_t unix_now);

/* The one to try now; NULL: none is due, or one is busy. joining_begin() follows. */
struct joining *joinings_due(const struct joinings *all, uint64_t now);
/*
 * ms, when joinings_expired() may find one, or, if may_try, joinings_due(); UINT64_MAX: not by
 * time.
 */
uint64_t joinings_deadline(const struct joinings *all, bool may_try, uint64_t unix_now,
			   uint64_t now);

/* An attempt begins. Returns its number, for join_sid(). */
unsigned joining_begin(struct joining *one);
/* Nobody has answered: pauses. */
void joining_unanswered(struct joining *one, uint64_t now, uint32_t *random);

/* We have logged in: all are due, and each pause begins anew. */
void joinings_online(struct joinings *all, uint64_t now);
/* Whether the inviter's device is seen now. It is due when that begins. */
void joining_seen(struct joining *one, bool seen, uint64_t now);

#endif
