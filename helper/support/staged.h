/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_STAGED_H
#define HELPER_STAGED_H

/*
 * Changes several configuration files, all of them or none. Each file is locked as git
 * locks it, so that nobody else writes it. git config changes the copy in the lock file;
 * the change takes effect when the file is committed.
 */

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "buf.h"

enum { STAGED_MAX = 16 };

struct staged_file {
	char *path;			/* owned; as the caller gave it */
	char *real, *lock;		/* owned; symbolic links resolved */
	struct buf before, after;	/* content of the file before and after */
	mode_t mode;
	bool existed;
	bool locked;			/* the lock file exists, with the new content */
	bool committed;			/* the new content is in place */
};

struct staged {
	struct staged_file files[STAGED_MAX];
	size_t count;
	sigset_t signals;	/* the mask before; signals that end us wait until the locks are
				   gone */
	bool holds_signals;
};

void staged_begin(struct staged *s);

/*
 * Runs "git config --file <path> <args>" on the copy; the first call for a file locks and
 * copies it. Returns git's exit status; with show_errors git prints why it failed. -1 with
 * *why if the file cannot be changed.
 */
int staged_config(struct staged *s, const char *path, const char *const *args, bool show_errors,
		  const char **why);

/*
 * Puts all changes in place, and removes the locks. False, with *path and *why, if that
 * fails; the files are then as before.
 */
bool staged_commit(struct staged *s, const char **path, const char **why);

/* Lets a signal that waited end us now. */
void staged_release(struct staged *s);

/*
 * Gives each committed file its old content again. False, with *path, if a file cannot be
 * written, or was changed since.
 */
bool staged_undo(struct staged *s, const char **path);

/* Drops what was not committed, and frees. */
void staged_finish(struct staged *s);

#endif
