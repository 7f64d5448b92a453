/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_STUN_QUERY_H
#define DAEMON_STUN_QUERY_H

/*
 * One question to a STUN server (stun.h): at which address and port it sees one of ours. By TCP it
 * can be asked from a port that is used for something else, too; that connection stays open
 * until the query is destroyed, since a NAT may forget the port with it.
 */

#include <stdbool.h>
#include <uv.h>

#include "netaddr.h"

struct stun_query;

/* outside: NULL: there was no answer in time, or none of use. inside: our port, 0 with NULL. */
typedef void (*stun_query_done)(void *owner, const struct netaddr *outside, uint16_t inside);

/*
 * from: our address and port; NULL: any. done is called once, and not within the call, after
 * patience ms at the latest. NULL if there is no socket.
 */
struct stun_query *stun_query_start(uv_loop_t *loop, const struct netaddr *server, bool tcp,
				    const struct netaddr *from, unsigned patience,
				    stun_query_done done, void *owner);
/* done is not called any more. q may be NULL. */
void stun_query_destroy(struct stun_query *q);

#endif
