/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_FOLLOWER_H
#define CORE_FOLLOWER_H

/*
 * Fetches followed shares: joins follows.h to the comparison of refs and to
 * "git fetch", both of which run elsewhere. What came of a fetch goes to the journal and the log.
 * Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "context.h"
#include "fields.h"
#include "follows.h"

/* A comparison and a git under way, as whoever provides the ops knows them. */
struct refcompare;
struct git_run;

/* something_new: a fetch would bring some. refs: a digest of all refs that are here; 0: unknown. */
typedef void follower_compared_fn(void *owner, bool something_new, uint64_t refs);

/* status: 0 if all went well. error: why not, never NULL. */
typedef void follower_fetched_fn(void *owner, int status, const char *output, const char *error);

/* What is started here ends with done, which is called once and not within the call. */
struct follower_ops {
	/*
	 * Compares tips with the refs of follow->remote in the repository follow->path.
	 * last_version, of the tips that were fetched last (NULL: none), was tried already. Both
	 * are copied.
	 */
	struct refcompare *(*compare)(void *arg, const struct follow *follow, struct fields tips,
				      const char *last_version, follower_compared_fn *done,
				      void *owner);
	/* Before done, which is not called any more. */
	void (*cancel)(void *arg, struct refcompare *compare);
	/* Runs git fetch. device is asked first; NULL: any. */
	struct git_run *(*fetch)(void *arg, const struct follow *follow, const char *device,
				 follower_fetched_fn *done, void *owner);
	/* Before done, which is not called any more. The git goes on to its end. */
	void (*release)(void *arg, struct git_run *git);
	/* One line for the journal; left_out: how many failures before this one have none. */
	void (*journal)(void *arg, const struct follow *follow, const char *result,
			const char *text, unsigned left_out);
	/* Calls follows_add() for each followed share of the configuration. */
	void (*configured)(void *arg, struct follows *follows);
};

/* All functions take NULL, which does nothing: a broker that stops has none. */
struct follower;

/* Takes what is followed from the configuration. seed: of the jitter. */
struct follower *follower_create(struct context *context, const struct follower_ops *ops, void *arg,
				 uint32_t seed);

/* The configuration may have changed. What is new there catches up. */
void follower_reload(struct follower *f);

/*
 * A trusted device of jid (bare) announced the refs of its share. Copies the
 * fields; nothing slow happens in here. Ignored if nobody follows the share. That
 * device is the first that will be asked.
 */
void follower_announced(struct follower *f, const char *jid, const char *device, const char *share,
			struct fields tips);

/* A trusted device of jid has appeared: failed fetches are tried at once. */
void follower_buddy_online(struct follower *f, const char *jid);

/* For status: the first of the followed shares, then follow->next. */
const struct follow *follower_first(const struct follower *f);

/* What runs is cancelled or released. */
void follower_destroy(struct follower *f);

#endif
