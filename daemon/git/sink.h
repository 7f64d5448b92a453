/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SINK_H
#define DAEMON_SINK_H

/*
 * A small process beside the broker, there as long as git processes are that
 * change a repository. It holds the read ends of what these write, and reads
 * them to their end when the broker has died. Without it such a git would die of
 * SIGPIPE, in the middle of a push: git does not remove its quarantine, nor
 * finish its refs, when a signal ends it.
 */

#include <sys/types.h>

struct sink;

/* All functions but the first take NULL, which does nothing. */
struct sink *sink_create(void);

/*
 * The read ends of the standard output and error of a process. They stay the caller's, too. Forks
 * if the process is not there; where that fails a warning is logged, and nothing is held.
 */
void sink_hold(struct sink *s, pid_t pid, int out, int err);

/*
 * The process has ended: nobody may keep waiting for what others write to its
 * pipes. Once for each sink_hold().
 */
void sink_release(struct sink *s, pid_t pid);

/* What is held is read to its end, without us. */
void sink_destroy(struct sink *s);

#endif
