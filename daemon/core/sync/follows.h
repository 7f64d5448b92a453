/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_FOLLOWS_H
#define CORE_FOLLOWS_H

/*
 * Followed shares: remotes of our repositories that the broker fetches when a buddy announces
 * that their refs have moved. For each one the announced tips are compared with the refs that
 * are here. Only if something is new "git fetch <remote>" is run there.
 *
 * In one repository one fetch of a buddy's shares runs at a time, and begins at least
 * FOLLOW_INTERVAL after the one before. A buddy has a few turns at a time, out of
 * FOLLOW_TURNS_MAX that all buddies share (quota.h). After a fetch that failed, or brought
 * nothing, there is a pause with back-off and jitter, which no announcement ends. One buddy's
 * fetches never wait for another's. Pure.
 *
 *   QUIET      announced, or new                   COMPARING   (when its turn comes)
 *   COMPARING  nothing new                         QUIET, or COMPARING if announced meanwhile
 *   COMPARING  something new                       FETCHING
 *   FETCHING   done                                QUIET, or COMPARING if announced meanwhile
 *   FETCHING   done, but nothing came              the same, after a pause
 *                                                  (FOLLOW_BACKOFF_FIRST, doubled to _MAX)
 *   FETCHING   failed                              WAITING     (the same pause)
 *   WAITING    the pause ends, the buddy appears   COMPARING   (when its turn comes)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "bounds.h"

enum follow_state { FOLLOW_QUIET, FOLLOW_COMPARING, FOLLOW_FETCHING, FOLLOW_WAITING };

enum follow_outcome {
	FOLLOW_NEWS,		/* the refs of the repository have changed */
	FOLLOW_NOTHING,		/* the fetch ended well, but no ref has changed */
	FOLLOW_FAILED,
};

struct follow {
	struct follow *next;
	char jid[JID_MAX];
	char share[SHARE_NAME_MAX];
	char *path;			/* git directory; owned */
	char *remote;			/* owned */
	enum follow_state state;
	uint64_t last_ok, last_failed;	/* unix seconds; 0: never; for status */
	char *error;			/* of the last failure; owned, NULL: none */
	uint64_t retry_at;		/* ms, monotonic; while WAITING */
	struct follow_internal *in;	/* owned */
};

struct follows;

struct follows_events {
	/*
	 * Compare tips with the refs of f; follows_compared() follows, not within the call.
	 * tips are the fields as announced, or only cut=1 if they were too long to keep. They
	 * are valid during the call.
	 */
	void (*compare)(void *owner, struct follow *f, const void *tips, size_t len);
	/* Run the fetch; follows_fetched() follows, not within the call. */
	void (*fetch)(void *owner, struct follow *f);
};

/* seed: for the jitter. */
struct follows *follows_create(const struct follows_events *events, void *owner, uint32_t seed);
void follows_destroy(struct follows *all);

/*
 * Takes the followed shares of the configuration: follows_mark(), follows_add() for each, then
 * follows_sweep(), which drops those that were not added again. To add one that is there
 * changes nothing. If one is dropped while COMPARING or FETCHING, the owner cancels what it
 * does for it. follows_add(): NULL if there are FOLLOWS_MAX already.
 */
void follows_mark(struct follows *all);
struct follow *follows_add(struct follows *all, const char *jid, const char *share,
			   const char *path, const char *remote);
void follows_sweep(struct follows *all);

/*
 * Shares that were added since follows_mark() fetch without an announcement: what the buddy
 * announced before is lost. Do not call it for the shares that are read at a start: a buddy's
 * device announces to every device that appears.
 */
void follows_catch_up(struct follows *all, uint64_t now);

/* A trusted device of jid has announced the tips of its share. They replace older ones. */
void follows_announced(struct follows *all, const char *jid, const char *share, const void *tips,
		       size_t len, uint64_t now);

void follows_compared(struct follows *all, struct follow *f, bool something_new, uint64_t now);
/* error: the reason of FOLLOW_FAILED. */
void follows_fetched(struct follows *all, struct follow *f, enum follow_outcome outcome,
		     const char *error, uint64_t now, uint64_t unix_now);

/*
 * The buddy has appeared: a follow that waits is tried at once, unless it was tried less than
 * FOLLOW_APPEARED ago.
 */
void follows_buddy_online(struct follows *all, const char *jid, uint64_t now);

uint64_t follows_deadline(const struct follows *all);
void follows_tick(struct follows *all, uint64_t now);
struct follow *follows_first(const struct follows *all);
bool follows_any(const struct follows *all, const char *jid, const char *share);
const char *follow_state_name(enum follow_state state);

#endif
