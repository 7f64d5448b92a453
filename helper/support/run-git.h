/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_RUN_GIT_H
#define HELPER_RUN_GIT_H

/* Runs git for what git does best: its configuration, its credentials, its repositories. */

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

enum git_errors {
	GIT_ERRORS_SHOWN,
	GIT_ERRORS_HIDDEN,
	GIT_ERRORS_TAKEN,	/* they go where the output goes */
};

/*
 * Runs git with these arguments, which begin after "git" and are ended by NULL. input goes
 * to git's standard input (NULL: nothing; at most a few kilobytes). The output is appended
 * to out (NULL: it goes to our standard output). Returns the exit status; 127 if git cannot
 * be run, or died of a signal.
 */
int run_git(const char *const *args, const char *input, struct buf *out, enum git_errors errors);

/* As run_git(); the output goes to a descriptor, which stays the caller's. git reads nothing. */
int run_git_to(const char *const *args, int fd, enum git_errors errors);

/* As run_git(), for a command line that "sh -c" runs. */
int run_command(const char *command, const char *input, struct buf *out, enum git_errors errors);

/*
 * From now on what is run is killed at this time of monotonic_ms(), and its exit status is then
 * 127. 0: never, as at first. Only for runs of which the output is taken.
 */
void run_until(int64_t deadline);

#endif
