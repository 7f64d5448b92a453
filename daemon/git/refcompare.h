/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_REFCOMPARE_H
#define DAEMON_REFCOMPARE_H

/*
 * Compares a buddy's announcement with the refs that a remote has in a repository of ours.
 * Runs in libuv's thread pool, with libgit2.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct refcompare;

/*
 * something_new: whether "git fetch <remote>" would bring something. That is a ref that the
 * remote's fetch refspecs map to one that is missing here or differs; a tag that is missing
 * here (unless remote.<name>.tagOpt is --no-tags); or, with fetch.prune and its like, a ref
 * of ours that is gone there.
 *
 * In doubt the answer is yes, and git decides. Some doubts remain after a fetch: a tag that
 * git does not follow, refs behind a cut. In such a doubt the answer is no if last_version,
 * the version of the tips fetched last (NULL: none), is that of these tips: a fetch was
 * tried.
 *
 * refs is a digest of all refs here, which tells whether a fetch has changed any; 0 if
 * libgit2 cannot read the repository.
 */
typedef void refcompare_fn(void *owner, bool something_new, uint64_t refs);

/*
 * tips: valid fields. Everything is copied. done follows once, not within the call, and frees
 * the comparison.
 */
struct refcompare *refcompare_start(uv_loop_t *loop, const char *path, const char *remote,
				    const void *tips, size_t len, const char *last_version,
				    refcompare_fn *done, void *owner);

/* Only before done, which is not called any more. compare may be NULL. */
void refcompare_cancel(struct refcompare *compare);

#endif
