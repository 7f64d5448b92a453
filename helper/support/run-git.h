/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_RUN_GIT_H
#define HELPER_RUN_GIT_H

/* git, run for what git does best: its configuration, its credentials, its repositories. */

#include <stdbool.h>

#include "buf.h"

enum git_errors { GIT_ERRORS_SHOWN, GIT_ERRORS_HIDDEN };

/*
 * Runs git with the arguments after "git", ended by NULL, gives it input (NULL:
 * none; at most a few kilobytes) and appends what it prints to out (NULL: it
 * prints on our standard output). The exit status, 127 if git cannot
 * be run, or died of a signal.
 */
int run_git(const char *const *args, const char *input, struct buf *out, enum git_errors errors);

#endif
