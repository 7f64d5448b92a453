/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_LFS_STORE_H
#define HELPER_LFS_STORE_H

/*
 * The objects of git-lfs as objects of git: each is a blob, and refs/xmpp/lfs/<oid> keeps it. So
 * a share has them where all of the rest is, and who may fetch and push there, how much, and what
 * moves at once, is decided as ever. git-lfs names an object by the SHA-256 of its content, and
 * checks it; nothing here does.
 *
 * In each function *why is replaced by the reason, a line without its newline, where something
 * fails. An oid is valid (lfs_oid_valid()).
 */

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

#define LFS_REFS "refs/xmpp/lfs/"

/* Whether the text is 64 hexadecimal digits. */
bool lfs_oid_valid(const char *oid);

/* Makes an object of the repository from a file, and keeps it by its ref there. */
bool lfs_publish(const char *oid, const char *path, struct buf *why);

/* The same in the repository of a remote, a name or a URL. */
bool lfs_push(const char *remote, const char *oid, const char *path, struct buf *why);

/*
 * Writes an object to a new file, whose path replaces *path: one that was published here, or that
 * of the remote. One of another size is refused.
 */
bool lfs_fetch(const char *remote, const char *oid, uint64_t size, struct buf *path,
	       struct buf *why);

#endif
