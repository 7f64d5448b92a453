/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SRV_H
#define DAEMON_SRV_H

/* Reads SRV records (RFC 2782) from a name server's answer, which is hostile input. */

#include "srv-targets.h"

/*
 * Reads the records of one service into out, which has room for max, and returns their
 * number. Sets *denied if the answer says, by the single target ".", that the domain has no
 * such service.
 */
size_t srv_read(const unsigned char *answer, size_t len, bool direct_tls, struct srv_target *out,
		size_t max, bool *denied);

/*
 * Asks the system's name servers. Blocks for up to 9 s for each of them, so it needs a thread
 * of its own. service is like "_xmpp-client._tcp".
 */
size_t srv_ask(const char *service, const char *domain, bool direct_tls, struct srv_target *out,
	       size_t max, bool *denied);

#endif
