/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_STUN_SERVER_H
#define DAEMON_STUN_SERVER_H

/*
 * The STUN server that says how the world sees us by IPv4: the one that the user names
 * (xmpp.stun), or one that our server announces (XEP-0215) if that is our server itself or has a
 * name of our own domain. Nobody else is asked, since whoever is asked learns our address.
 * It is asked once a login, and when the network has changed; by TCP, which is what paths use,
 * else by UDP.
 */

#include <stdbool.h>
#include <uv.h>

#include "netaddr.h"

struct account;
struct stun_server;

/* changed: something else is known. */
struct stun_server *stun_server_create(uv_loop_t *loop, void (*changed)(void *owner), void *owner);
void stun_server_destroy(struct stun_server *s);

/*
 * Whether one is asked at all. If not, nothing is known. named: xmpp.stun, "host" or
 * "host:port"; NULL: what our server announces. jid: ours. Both are borrowed for the call.
 */
void stun_server_allow(struct stun_server *s, bool allowed, const char *named, const char *jid);
/* The connection with the server is up, or down (NULL). Borrowed. */
void stun_server_online(struct stun_server *s, struct account *xmpp);
/* The network has changed: all may be different. */
void stun_server_doubt(struct stun_server *s);

/* How it sees us, and in *inside the port that had here. NULL: not known. */
const struct netaddr *stun_server_seen(const struct stun_server *s, uint16_t *inside);
/* Whom to ask by TCP about a port. NULL: nobody answers there. */
const struct netaddr *stun_server_tcp(const struct stun_server *s);

#endif
