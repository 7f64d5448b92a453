/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_REPOSITORY_H
#define DAEMON_REPOSITORY_H

/* Opening a repository with libgit2, where it can: others are left to git itself. */

#include <git2.h>

/*
 * libgit2 for as long as the broker runs: begun before the first thread that
 * uses it, ended after the last one, or what it keeps for each thread is lost.
 */
void repository_library_begin(void);
void repository_library_end(void);

/*
 * path: the git directory. A libgit2 error (below 0) also for a repository of format 1 (sha256,
 * partial clones, worktree configuration): libgit2 1.5 knows few extensions,
 * and leaks 20 KiB each time it looks for them.
 */
int repository_open(git_repository **repo, const char *path);

/*
 * The top of the work tree of a git directory, malloc'd: the main one's, the one of
 * core.worktree, or of a linked one. NULL if there is none, or nothing in the git directory
 * says where it is.
 */
char *repository_work_tree(const char *git_dir);

#endif
