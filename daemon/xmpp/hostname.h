/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_HOSTNAME_H
#define DAEMON_HOSTNAME_H

/*
 * A domain as DNS, the server name of TLS and certificates have it: in A-labels (RFC 5890
 * 2.3.2.1), by libidn2. JIDs have U-labels.
 */

#include <netinet/in.h>
#include <stdbool.h>

/* Malloced. What is ASCII stays as it is, and what has no A-labels, which nobody will find then. */
char *hostname_ascii(const char *name);

/*
 * Whether the domain of a JID is a literal address (RFC 7622 3.2), which DNS does not know and
 * a certificate has in another way; the address, without brackets, is in out.
 */
bool hostname_address(const char *domain, char out[INET6_ADDRSTRLEN]);

#endif
