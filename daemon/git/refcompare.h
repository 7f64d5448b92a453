/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_REFCOMPARE_H
#define DAEMON_REFCOMPARE_H

/*
 * Compares what a buddy announced with the refs that a remote has in a
 * repository of ours: in libuv's thread pool, with libgit2.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct refcompare;

/*
 * Whether "git fetch <remote>" would bring something: a ref that the remote's
 * fetch refspecs map to one that is not there or not the same, or a tag that is not there
 * (unless remote.<name>.tagOpt is --no-tags), or, with fetch.prune and its like, one of ours
 * that is gone there. When in doubt the answer is yes, and git will know. Some doubts a fetch
 * does not remove: a tag that it does not follow, refs behind a cut. For these last_version, of
 * the tips that were fetched last (NULL: none), says that it was tried. refs is a digest of all
 * refs that are here, to tell whether a fetch has changed any; 0 where libgit2 cannot read the
 * repository.
 */
typedef void refcompare_fn(void *owner, bool something_new, uint64_t refs);

/* tips: valid fields. Everything is copied. done follows once, not within the call, and ends it. */
struct refcompare *refcompare_start(uv_loop_t *loop, const char *path, const char *remote,
				    const void *tips, size_t len, const char *last_version,
				    refcompare_fn *done, void *owner);

/* Before done: it is not called any more. NULL is fine. */
void refcompare_cancel(struct refcompare *compare);

#endif
