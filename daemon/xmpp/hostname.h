/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_HOSTNAME_H
#define DAEMON_HOSTNAME_H

/*
 * Converts a domain to A-labels (RFC 5890 2.3.2.1) by libidn2, for DNS, the TLS server name
 * and certificates. JIDs have U-labels.
 */

#include <netinet/in.h>
#include <stdbool.h>

/*
 * The name in A-labels, malloced. An ASCII name is returned unchanged, and so is a name
 * without a form in A-labels: its look-up fails.
 */
char *hostname_ascii(const char *name);

/*
 * Whether the domain of a JID is a literal IP address (RFC 7622 3.2). DNS does not have
 * those, and certificates hold them in another field. out gets the address, without brackets.
 */
bool hostname_address(const char *domain, char out[INET6_ADDRSTRLEN]);

#endif
