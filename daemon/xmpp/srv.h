/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SRV_H
#define DAEMON_SRV_H

/* SRV records (RFC 2782) out of a name server's answer, which may be anything. */

#include "srv-targets.h"

/*
 * Reads the records of one service into out, which has room for max; their number. *denied, if
 * the answer says, by the one target ".", that there is no such service.
 */
size_t srv_read(const unsigned char *answer, size_t len, bool direct_tls, struct srv_target *out,
		size_t max, bool *denied);

/*
 * Asks the system's name servers, and blocks for 9 s at most for each of them: for a thread of
 * its own. service is like "_xmpp-client._tcp".
 */
size_t srv_ask(const char *service, const char *domain, bool direct_tls, struct srv_target *out,
	       size_t max, bool *denied);

#endif
