/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_STAGED_H
#define HELPER_STAGED_H

/*
 * Configuration files that are being changed, all of them or none. Each is locked as git
 * locks it, so nobody else writes it; what git config does is done to the copy in the
 * lock, and shows when it is committed.
 */

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "buf.h"

enum { STAGED_MAX = 16 };

struct staged_file {
	char *path;			/* owned; as whoever named it did */
	char *real, *lock;		/* owned; without symbolic links */
	struct buf before, after;	/* what is, was or will be in it */
	mode_t mode;
	bool existed;
	bool locked;			/* the lock is there, with what will be */
	bool committed;			/* it is in place */
};

struct staged {
	struct staged_file files[STAGED_MAX];
	size_t count;
	sigset_t signals;	/* as they were: one that ends us waits until the locks are gone */
	bool holds_signals;
};

void staged_begin(struct staged *s);

/*
 * "git config --file <path> <args>" on the copy; the file is locked and copied when it is the
 * first. The exit status of git, which says why it failed if errors are shown; -1 with *why when
 * the file cannot be changed.
 */
int staged_config(struct staged *s, const char *path, const char *const *args, bool show_errors,
		  const char **why);

/* Puts all in place; false with *path and *why, and then nothing is. The locks are gone. */
bool staged_commit(struct staged *s, const char **path, const char **why);

/* A signal that waited ends us now. */
void staged_release(struct staged *s);

/* What was committed becomes what it was. False with *path if it cannot, or was changed since. */
bool staged_undo(struct staged *s, const char **path);

/* Gives up what was not committed, and frees. */
void staged_finish(struct staged *s);

#endif
