/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SINK_H
#define DAEMON_SINK_H

/*
 * A small process beside the broker. It holds the read ends of what git
 * processes write that change a repository, and reads them to their end when
 * the broker has died. Without it such a git would die of SIGPIPE, in the
 * middle of a push: git does not remove its quarantine, nor finish its refs,
 * when a signal ends it.
 */

#include <sys/types.h>

struct sink;

/*
 * Forks, so call it before there are threads, secrets or locks: the process keeps nothing but its
 * socket. It ignores the signals that ask for an end, and ends when the broker and all that it
 * holds have. NULL, with errno, if there is none; the other functions then do nothing.
 */
struct sink *sink_start(void);

/* The read ends of the standard output and error of a process. They stay the caller's, too. */
void sink_hold(struct sink *s, pid_t pid, int out, int err);

/* The process has ended: nobody may keep waiting for what others write to its pipes. */
void sink_release(struct sink *s, pid_t pid);

/* It goes on alone, if it holds anything. */
void sink_finish(struct sink *s);

#endif
