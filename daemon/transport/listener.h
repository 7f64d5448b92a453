/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_LISTENER_H
#define DAEMON_LISTENER_H

/*
 * Where devices that were told so may dial us: one TCP port, IPv6 and IPv4.
 * A connection must show, in its TLS hello, a pass that a link of ours gave
 * out; anything else is dropped without a word, so that a scan finds nothing
 * that talks. Few unauthenticated connections at a time, each for a few seconds; who has shown
 * no pass counts by address, who has by whose link it is (quota.h), and nobody
 * takes all places.
 */

#include <uv.h>

#include "netaddr.h"
#include "tls-path.h"

enum {
	LISTENER_UNAUTHENTICATED_MAX = 64,	/* connections that are no path yet */
};

struct listener;

struct listener_events {
	/*
	 * Whose link expects what names itself so (pass.h): the bare JID, and what proves it;
	 * NULL: none does. Anybody may say it.
	 */
	const char *(*expected)(void *owner, const char *identity, struct pass_use *out);
	/* It was proven, and is not to be expected again. */
	void (*proven)(void *owner, const char *identity);
	/*
	 * That connection finished its handshake, and has this key. The path is the
	 * owner's now: path_set_owner(), or path_close().
	 */
	void (*arrived)(void *owner, struct path *path, const char *identity,
			const unsigned char *fp);
};

/* port 0: any. NULL with *error, of libuv, if nothing could be bound. */
struct listener *listener_create(uv_loop_t *loop, const struct device_key *key, uint16_t port,
				 const struct listener_events *events, void *owner, int *error);
void listener_destroy(struct listener *l);
uint16_t listener_port(const struct listener *l);

/*
 * Our addresses with that port, best first, at most max: of the interfaces that are up
 * (loopback and link-local only with local), after those of extra (xmpp.directAddress), which
 * go first.
 */
size_t listener_addresses(const struct listener *l, bool local, const struct netaddr *extra,
			  size_t n_extra, struct netaddr *out, size_t max);

#endif
