/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_INTERFACE_ADDRESSES_H
#define DAEMON_INTERFACE_ADDRESSES_H

#include <stddef.h>

#include "netaddr.h"

/*
 * The addresses of this machine's interfaces, best first (netaddr_compare()), each with port 0;
 * malloc'd. NULL, and *n 0, if the system does not tell them.
 */
struct netaddr *interface_addresses(size_t *n);

#endif
