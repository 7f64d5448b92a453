/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_GATEWAY_H
#define DAEMON_GATEWAY_H

/*
 * The router of IPv4 by which this machine reaches the world. Each kind of system has a file:
 * gateway-linux.c asks the kernel; gateway-none.c, for any other, knows of none.
 */

#include <stdbool.h>

#include "netaddr.h"

/*
 * The address of the router, and ours towards it; the ports are 0. False if there is none, which
 * is so as well where the way out is a tunnel.
 */
bool gateway_find(struct netaddr *gateway, struct netaddr *own);

#endif
