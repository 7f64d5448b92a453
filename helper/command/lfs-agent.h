/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_LFS_AGENT_H
#define HELPER_LFS_AGENT_H

/*
 * The agent that git-lfs runs, a custom transfer without a server: "docs/custom-transfers.md" of
 * git-lfs is the protocol. A line of JSON on standard input asks, and one on standard output
 * answers it.
 */

/* Returns the exit status: that of the agent, not of the transfers. */
int lfs_agent_run(void);

#endif
