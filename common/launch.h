/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_LAUNCH_H
#define COMMON_LAUNCH_H

/* Starts a broker for a client that found none. */

#include <stdint.h>

#include "message.h"

enum { LAUNCH_MS = 10000 };	/* time for a broker to start and to listen */

/*
 * Replaces this process by the broker that is installed beside this program, else by the
 * one in PATH. argv[0] is its name. Returns, with errno, only if no broker can be run.
 */
void launch_become(char *const *argv);

/*
 * Runs "git-xmpp-daemon --detach --started-by=<how>", from the directory of this program, else
 * from PATH. The child inherits nothing that is only this process's: descriptors, directory,
 * terminal, signal mask and dispositions, umask (it has 022), niceness (as far as it may be
 * raised), soft limits of the system, and of git's variables only those that name the
 * configuration, the socket and the trace. Waits until the child ends, and kills it at the
 * deadline (of monotonic_ms()). 0 when it, or another broker, serves the socket or soon will; -1
 * with what the child said first of its trouble.
 */
int launch_broker(const char *how, int64_t deadline, struct message *trouble);

#endif
