/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_REPOSITORY_H
#define DAEMON_REPOSITORY_H

/* Opens repositories with libgit2, as far as it can; the others are left to git itself. */

#include <git2.h>

#include "user-settings.h"

/*
 * libgit2's lifetime: to be begun before the first thread that uses it, and ended after the
 * last one, or libgit2's memory for each thread leaks.
 */
void repository_library_begin(void);
void repository_library_end(void);

/*
 * path: the git directory. Returns a libgit2 error (below 0) also for a repository of format
 * 1 (SHA-256, partial clones, worktree configuration): libgit2 1.5 knows few extensions, and
 * leaks 20 KiB each time it looks for them. The configuration that libgit2 has for *repo is the
 * repository's own; *repo is NULL if it is not opened.
 */
int repository_open(git_repository **repo, const char *path);

/*
 * Calls fn for each setting that git has in that repository: those of user-settings.h, then its
 * own. -1: its own cannot be read.
 */
int repository_settings(git_repository *repo, setting_fn *fn, void *owner);

/*
 * The top of the work tree of a git directory, malloc'd: that of core.worktree, of a linked
 * work tree, or of the main one. NULL if there is none, or if nothing in the git directory
 * tells where it is.
 */
char *repository_work_tree(const char *git_dir);

#endif
