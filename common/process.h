/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_PROCESS_H
#define COMMON_PROCESS_H

/*
 * What only the system knows about processes, or does to them. One file for each kind of
 * system; what one of them cannot do is said here, and nothing else depends on it.
 */

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

/* It has ended, and waits to be reaped. False where the system does not tell. */
bool process_is_zombie(pid_t pid);

/*
 * It runs the program of that name, of at most 15 characters. False where the
 * system does not tell.
 */
bool process_runs(pid_t pid, const char *program);

/*
 * Sends the signal to every process of the session but its leader, whose id is the session's:
 * what a process has started, and has not put into a session of its own. How many were sent it;
 * 0 where the system does not tell who they are.
 */
unsigned process_signal_followers(pid_t session, int signum);

/*
 * Bounds another process' resource (RLIMIT_DATA, ...), if it is not bounded by less. -1, with
 * errno: ENOSYS where the system cannot do this to another process.
 */
int process_bound(pid_t pid, int resource, rlim_t most);

/* The name of this process in ps(1), where it can have another one than its program. */
void process_set_name(const char *name);

#endif
