/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_PROCESS_H
#define COMMON_PROCESS_H

/*
 * What only the system can tell about processes, or do to them. One source file for each
 * kind of system. The comments below say what a system may be unable to do; callers work
 * without it.
 */

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

/*
 * Whether the process has ended and waits to be reaped. False where the system does not
 * tell.
 */
bool process_is_zombie(pid_t pid);

/*
 * Whether the process runs the program of this name, of at most 15 characters. False where
 * the system does not tell.
 */
bool process_runs(pid_t pid, const char *program);

/*
 * Sends the signal to every process of a session but its leader, whose process id is the
 * session's id: to all that the leader has started and that made no session of their own.
 * Returns to how many; 0 where the system does not tell which processes these are.
 */
unsigned process_signal_followers(pid_t session, int signum);

/*
 * Lowers the limit of another process for a resource (RLIMIT_DATA, ...), if it is not as
 * low already. 0, or -1 with errno: ENOSYS where the system cannot do this to another
 * process.
 */
int process_bound(pid_t pid, int resource, rlim_t most);

/* Sets the name of this process in ps(1), where that can differ from the program's name. */
void process_set_name(const char *name);

/*
 * The process that holds a lock of flock(2) on the file; 0: none, or the system does not tell.
 */
pid_t process_locks(const char *path);

#endif
