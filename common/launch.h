/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_LAUNCH_H
#define COMMON_LAUNCH_H

/* Starts a broker for a client that found none. */

#include <stdint.h>

#include "message.h"

enum { LAUNCH_MS = 10000 };	/* for a broker to be started and to listen */

/*
 * Becomes the broker that is installed with this program, else the one in PATH. Returns, with
 * errno, only where there is none. argv[0] is its name.
 */
void launch_become(char *const *argv);

/*
 * Runs "git-xmpp-daemon --detach", from the directory of this program, else
 * from PATH, with nothing of this process but its cleaned environment, until it
 * ends or the deadline (of monotonic_ms()) kills it. 0 when it, or another
 * one, serves the socket or soon will; -1 with its last words in *trouble.
 */
int launch_broker(int64_t deadline, struct message *trouble);

#endif
