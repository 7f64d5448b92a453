/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SOCKADDR_H
#define DAEMON_SOCKADDR_H

/* Converts between netaddr and the system's struct sockaddr. */

#include <sys/socket.h>

#include "netaddr.h"

void sockaddr_from(const struct netaddr *a, struct sockaddr_storage *out);

/*
 * An IPv4-mapped address becomes IPv4, and a scope is lost. False if sa is neither IPv4 nor
 * IPv6.
 */
bool sockaddr_to(const struct sockaddr *sa, struct netaddr *out);

#endif
