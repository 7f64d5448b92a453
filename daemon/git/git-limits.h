/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_GIT_LIMITS_H
#define DAEMON_GIT_LIMITS_H

/*
 * What a git process may take of this machine that works on what somebody else
 * sent, or asks for: memory and time by limits of the system, and settings of git's own with
 * which it needs less. The settings are git's defaults made smaller, and whatever
 * the user has set, for all repositories or for this one, goes before.
 */

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "negotiation.h"

enum { GIT_LIMITS_ARGS_MAX = 10 };

/* Arguments of git's: pairs of "-c" and "key=value". */
struct git_limits {
	const char *args[GIT_LIMITS_ARGS_MAX];
	unsigned n;
};

/* For a service in the repository whose git directory is path; strings are static. */
void git_limits_settings(struct git_limits *l, enum service service, const char *path);

/*
 * Bounds the memory (RLIMIT_DATA; bytes, 0: not) and the time on the processor of a
 * process that has just been started, and of all that it starts. Only the soft limits:
 * a hook that needs more can raise its own.
 */
void git_limits_bound(int pid, uint64_t memory);

#endif
