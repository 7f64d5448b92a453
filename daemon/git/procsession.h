/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PROCSESSION_H
#define DAEMON_PROCSESSION_H

/* The processes of a session: what a git process has started, and has not put into a session of its own. */

#include <sys/types.h>

/*
 * Sends the signal to every process of the session but its leader, whose id is the session's.
 * Reads /proc; where there is none nobody is sent anything. How many were.
 */
unsigned procsession_signal_followers(pid_t session, int signum);

#endif
