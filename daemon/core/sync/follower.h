/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_FOLLOWER_H
#define CORE_FOLLOWER_H

/*
 * Fetches followed shares. Joins follows.h to the comparison of refs and to "git fetch", both
 * of which run elsewhere. The result of a fetch goes to the journal and the log. Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "context.h"
#include "fields.h"
#include "follows.h"

/* A comparison and a git process under way; defined by the provider of the ops. */
struct refcompare;
struct git_run;

/*
 * something_new: a fetch would bring something. refs: digest of all refs of the repository; 0:
 * unknown.
 */
typedef void follower_compared_fn(void *owner, bool something_new, uint64_t refs);

/* status: 0 if all went well. error: why not; never NULL. */
typedef void follower_fetched_fn(void *owner, int status, const char *output, const char *error);

/* What these functions start ends with done(), which is called once and not within the call. */
struct follower_ops {
	/*
	 * Compares tips with the refs of follow->remote in the repository follow->path.
	 * last_version: version of the tips that were fetched last, which were tried already;
	 * NULL: none. Both are copied.
	 */
	struct refcompare *(*compare)(void *arg, const struct follow *follow, struct fields tips,
				      const char *last_version, follower_compared_fn *done,
				      void *owner);
	/* Ends a comparison before done(), which is not called any more. */
	void (*cancel)(void *arg, struct refcompare *compare);
	/* Runs git fetch. device: the device to ask first; NULL: any. */
	struct git_run *(*fetch)(void *arg, const struct follow *follow, const char *device,
				 follower_fetched_fn *done, void *owner);
	/*
	 * Lets go of the git process before done(), which is not called any more. The process
	 * goes on to its end.
	 */
	void (*release)(void *arg, struct git_run *git);
	/* Writes one line of the journal. left_out: how many earlier failures have no line. */
	void (*journal)(void *arg, const struct follow *follow, const char *result,
			const char *text, unsigned left_out);
	/* Calls follows_add() for each followed share of the configuration. */
	void (*configured)(void *arg, struct follows *follows);
};

/* All functions accept NULL and then do nothing: a broker that stops has no follower. */
struct follower;

/* Takes the followed shares from the configuration. seed: for the jitter. */
struct follower *follower_create(struct context *context, const struct follower_ops *ops, void *arg,
				 uint32_t seed);

/* The configuration may have changed. Shares that are new in it catch up. */
void follower_reload(struct follower *f);

/*
 * A trusted device of jid (bare) has announced the refs of its share. Ignored if nobody
 * follows the share. Copies the fields and does nothing slow. The fetch will ask that device
 * first.
 */
void follower_announced(struct follower *f, const char *jid, const char *device, const char *share,
			struct fields tips);

/*
 * A trusted device of jid has appeared: failed fetches are tried again
 * (follows_buddy_online()).
 */
void follower_buddy_online(struct follower *f, const char *jid);

/* For status: the first followed share; follow->next has the others. */
const struct follow *follower_first(const struct follower *f);

/* Cancels or releases what runs. */
void follower_destroy(struct follower *f);

#endif
