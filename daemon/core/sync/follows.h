/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_FOLLOWS_H
#define CORE_FOLLOWS_H

/*
 * Followed shares: remotes of our repositories that the broker fetches when
 * a buddy announces that their refs moved. For each one: compare what was
 * announced with the refs that are here, and only if something is new run
 * "git fetch <remote>" there; of one buddy one fetch at a time in a repository, never sooner than
 * FOLLOW_INTERVAL after the one before, and a few at a time in all, of FOLLOW_TURNS_MAX that
 * all share (quota.h). After a fetch that failed, or brought nothing, there is a pause with
 * back-off and jitter, which no announcement ends. One buddy's fetches never wait for
 * another's. Pure.
 *
 *   QUIET      announced, or it is new              COMPARING   (when its turn comes)
 *   COMPARING  nothing new                          QUIET, or COMPARING if announced meanwhile
 *   COMPARING  something new                        FETCHING
 *   FETCHING   done                                 QUIET, or COMPARING if announced meanwhile
 *   FETCHING   done, and nothing came the same, after a pause (FOLLOW_BACKOFF_FIRST, doubled to
 *              _MAX)
 *   FETCHING   failed                               WAITING     (the same pause)
 *   WAITING    time, the buddy appears              COMPARING   (when its turn comes)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "bounds.h"

enum follow_state { FOLLOW_QUIET, FOLLOW_COMPARING, FOLLOW_FETCHING, FOLLOW_WAITING };

enum follow_outcome {
	FOLLOW_NEWS,		/* something has changed in the repository */
	FOLLOW_NOTHING,		/* the fetch ended well, and nothing has */
	FOLLOW_FAILED,
};

struct follow {
	struct follow *next;
	char jid[JID_MAX];
	char share[SHARE_NAME_MAX];
	char *path;			/* git directory; owned */
	char *remote;			/* owned */
	enum follow_state state;
	uint64_t last_ok, last_failed;	/* unix seconds; 0: never. For status */
	char *error;			/* of the last failure; owned, NULL: none */
	uint64_t retry_at;		/* while WAITING */
	struct follow_internal *in;	/* owned */
};

struct follows;

struct follows_events {
	/*
	 * Compare tips (fields, as announced; only cut=1 if they were too long to keep) with
	 * the refs of f: follows_compared() follows, not within the call. tips are valid during
	 * the call.
	 */
	void (*compare)(void *owner, struct follow *f, const void *tips, size_t len);
	/* Run the fetch: follows_fetched() follows, not within the call. */
	void (*fetch)(void *owner, struct follow *f);
};

/* seed: of the jitter. */
struct follows *follows_create(const struct follows_events *events, void *owner, uint32_t seed);
void follows_destroy(struct follows *all);

/*
 * From the configuration; adding what is there changes nothing. follows_mark/sweep drop what was
 * not added again. One that is dropped while COMPARING or FETCHING is not waited for: the owner
 * cancels what it does for it. follows_add: NULL beyond FOLLOWS_MAX.
 */
void follows_mark(struct follows *all);
struct follow *follows_add(struct follows *all, const char *jid, const char *share,
			   const char *path, const char *remote);
void follows_sweep(struct follows *all);

/*
 * Those added since follows_mark() fetch without having been told of anything: what the buddy
 * announced before they were there is lost. Not for those that a start reads: the buddy tells
 * whoever appears.
 */
void follows_catch_up(struct follows *all, uint64_t now);

/* A can-push of kind announcement from a trusted device of jid. The newest replaces older ones. */
void follows_announced(struct follows *all, const char *jid, const char *share, const void *tips,
		       size_t len, uint64_t now);

void follows_compared(struct follows *all, struct follow *f, bool something_new, uint64_t now);
/* error: of FOLLOW_FAILED. */
void follows_fetched(struct follows *all, struct follow *f, enum follow_outcome outcome,
		     const char *error, uint64_t now, uint64_t unix_now);

/*
 * The buddy has appeared: what waits is tried at once, unless it was tried less
 * than FOLLOW_APPEARED ago.
 */
void follows_buddy_online(struct follows *all, const char *jid, uint64_t now);

uint64_t follows_deadline(const struct follows *all);
void follows_tick(struct follows *all, uint64_t now);
struct follow *follows_first(const struct follows *all);
bool follows_any(const struct follows *all, const char *jid, const char *share);
const char *follow_state_name(enum follow_state state);

#endif
