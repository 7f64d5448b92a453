/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_NETWATCH_H
#define DAEMON_NETWATCH_H

/*
 * Says when the machine's network has changed (an address or interface came or went) or it has
 * woken up from suspend. Bursts are told once. One file for each kind of system:
 * netwatch-linux.c is told, and costs no wake-up while nothing happens; netwatch-poll.c, for
 * any other, looks every now and then.
 */

#include <uv.h>

enum netwatch_news { NETWATCH_NETWORK, NETWATCH_WOKE };

struct netwatch;

/* Never NULL: what the system does not offer is left out, and logged. */
struct netwatch *netwatch_create(uv_loop_t *loop,
				 void (*changed)(void *owner, enum netwatch_news news),
				 void *owner);
void netwatch_destroy(struct netwatch *n);

#endif
