/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_HOSTNAME_H
#define DAEMON_HOSTNAME_H

/*
 * A domain as DNS, the server name of TLS and certificates have it: in A-labels (RFC 5890
 * 2.3.2.1), by libidn2. JIDs have U-labels.
 */

/* Malloced. What is ASCII stays as it is, and what has no A-labels, which nobody will find then. */
char *hostname_ascii(const char *name);

#endif
