/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_REPOSITORY_H
#define DAEMON_REPOSITORY_H

/* Opens repositories with libgit2, as far as it can; the others are left to git itself. */

#include <git2.h>

/*
 * libgit2's lifetime: to be begun before the first thread that uses it, and ended after the
 * last one, or libgit2's memory for each thread leaks.
 */
void repository_library_begin(void);
void repository_library_end(void);

/*
 * path: the git directory. Returns a libgit2 error (below 0) also for a repository of format
 * 1 (SHA-256, partial clones, worktree configuration): libgit2 1.5 knows few extensions, and
 * leaks 20 KiB each time it looks for them.
 */
int repository_open(git_repository **repo, const char *path);

/*
 * The top of the work tree of a git directory, malloc'd: that of core.worktree, of a linked
 * work tree, or of the main one. NULL if there is none, or if nothing in the git directory
 * tells where it is.
 */
char *repository_work_tree(const char *git_dir);

#endif
