/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_REFS_H
#define DAEMON_REFS_H

/*
 * Reads the refs of a repository that we share, with libgit2 in libuv's thread pool, so that
 * the loop waits for no disk. A repository that libgit2 cannot open (SHA-256, reftable) is
 * read with "git ls-remote".
 */

#include <stddef.h>
#include <uv.h>

enum { REFS_BYTES_MAX = 15 * 1024 };	/* bytes of tips: they must fit into one record */

struct refs_read;

/*
 * What a fetch from the repository could see: HEAD and everything below refs/, without
 * refs/remotes, refs/stash and what transfer.hideRefs and uploadpack.hideRefs hide. tips are
 * fields for announcements_tips() and neg_announce(). The same refs give the same bytes,
 * valid during the call:
 *
 *   version=<digest of all refs>   tip=<object> <ref> ... sorted by ref   cut=1 if there are more
 *
 * There are at most ANNOUNCE_TIPS_MAX tips and REFS_BYTES_MAX bytes. tips is NULL if the
 * repository cannot be read; error is then a sentence without a full stop.
 */
typedef void refs_fn(void *owner, const void *tips, size_t len, const char *error);

/*
 * path: the git directory; copied. done follows once, not within the call, and frees the
 * refs_read.
 */
struct refs_read *refs_read(uv_loop_t *loop, const char *path, refs_fn *done, void *owner);

/* Only before done, which is not called any more. read may be NULL. */
void refs_cancel(struct refs_read *read);

#endif
