/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SINK_H
#define DAEMON_SINK_H

/*
 * A small process beside the broker, which runs while git processes run that change a
 * repository. It holds the read ends of their output, and reads them to their end if the
 * broker dies. Without it such a git would die of SIGPIPE in the middle of a push: when a
 * signal ends it, git does not remove its quarantine, nor finish its refs.
 */

#include <sys/types.h>

struct sink;

/* All functions but the first take NULL, which does nothing. */
struct sink *sink_create(void);

/*
 * Passes the sink the read ends of the standard output and error of a process. The caller
 * keeps its own. Forks the sink if it is not running. If that fails, a warning is logged and
 * nothing is held.
 */
void sink_hold(struct sink *s, pid_t pid, int out, int err);

/*
 * The process has ended: the sink need not wait for what others write to its pipes. Once for
 * each sink_hold().
 */
void sink_release(struct sink *s, pid_t pid);

/* Lets go of the sink, which reads what it holds to the end without us. */
void sink_destroy(struct sink *s);

#endif
