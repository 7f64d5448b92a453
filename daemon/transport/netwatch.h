/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_NETWATCH_H
#define DAEMON_NETWATCH_H

/*
 * Reports when the machine's network has changed (an address or interface came or went), and
 * when it has woken up from suspend. A burst of changes is reported once. Each kind of system
 * has a file: netwatch-linux.c gets events, and causes no wake-ups while nothing happens;
 * netwatch-poll.c, for any other, looks at intervals.
 */

#include <uv.h>

enum netwatch_news { NETWATCH_NETWORK, NETWATCH_WOKE };

struct netwatch;

/* Never returns NULL: what the system lacks is left out, and logged. */
struct netwatch *netwatch_create(uv_loop_t *loop,
				 void (*changed)(void *owner, enum netwatch_news news),
				 void *owner);
void netwatch_destroy(struct netwatch *n);

#endif
