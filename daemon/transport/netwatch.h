/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_NETWATCH_H
#define DAEMON_NETWATCH_H

/*
 * Says when the machine's network has changed (an address or interface came or went: netlink, where there is
 * Linux) or it has woken up from suspend (a timerfd that is cancelled when the clock jumps). Costs no
 * wake-up while nothing happens. Bursts are told once.
 */

#include <uv.h>

enum netwatch_news { NETWATCH_NETWORK, NETWATCH_WOKE };

struct netwatch;

/* Never NULL: what the system does not offer is left out, and logged. */
struct netwatch *netwatch_create(uv_loop_t *loop, void (*changed)(void *owner, enum netwatch_news news), void *owner);
void netwatch_destroy(struct netwatch *n);

#endif
