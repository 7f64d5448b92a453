/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_GIT_LIMITS_H
#define DAEMON_GIT_LIMITS_H

/*
 * Limits a git process that works for somebody else on what they sent or ask for: memory and
 * processor time by limits of the system, and settings of git with which it needs less. The
 * settings only make git's defaults smaller. What the user has set, for all repositories or
 * for this one, goes first.
 */

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "negotiation.h"

enum { GIT_LIMITS_ARGS_MAX = 12 };

/* Arguments of git's: pairs of "-c" and "key=value". */
struct git_limits {
	const char *args[GIT_LIMITS_ARGS_MAX];
	unsigned n;
	char max_input[48];	/* one of args */
};

/*
 * The settings for a service in the repository whose git directory is path. max_pack: bytes
 * of a pack that the share takes, 0: as many as git does; it counts where it is less than what
 * the user has set. The strings are static, or in *l.
 */
void git_limits_settings(struct git_limits *l, enum service service, const char *path,
			 uint64_t max_pack);

/*
 * Bounds the memory (RLIMIT_DATA, in bytes; 0: no limit) and the processor time (RLIMIT_CPU)
 * of a process that has just been started, and of all that it starts. Only the soft limits
 * are set: a hook that needs more can raise its own.
 */
void git_limits_bound(int pid, uint64_t memory);

#endif
