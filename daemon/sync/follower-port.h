/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_FOLLOWER_PORT_H
#define DAEMON_FOLLOWER_PORT_H

/*
 * What the follower (core/sync/follower.h) needs from outside: comparisons by libgit2 in the
 * thread pool, fetches by git, the journal, and the user's configuration.
 */

#include "config.h"
#include "follower.h"
#include "git-run.h"

/* The arg of the ops; its members are borrowed. */
struct follower_port {
	const struct git_run_host *host;
	const struct config *config;	/* as it was read last */
};

extern const struct follower_ops follower_ops;

#endif
