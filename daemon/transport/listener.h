/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_LISTENER_H
#define DAEMON_LISTENER_H

/*
 * One TCP port, IPv6 and IPv4, which devices may dial if a link of ours gave them a pass. A
 * connection must prove a pass in its TLS hello. All others are dropped without an answer, so
 * a port scan finds nothing that talks.
 *
 * There are LISTENER_UNAUTHENTICATED_MAX unauthenticated connections at most, each for some
 * seconds. Before a pass is proven they share places by address, afterwards by the buddy who
 * was given the pass (quota.h). Nobody takes all places.
 */

#include <uv.h>

#include "netaddr.h"
#include "tls-path.h"

enum {
	LISTENER_UNAUTHENTICATED_MAX = 64,	/* connections before the end of their
						   handshake */
};

struct listener;

struct listener_events {
	/*
	 * Looks up the identity of a pass (pass.h) that a hello names. Returns the bare JID
	 * of the buddy whose link gave the pass, and fills in out, by which the proof is
	 * checked; NULL if there is no such pass. Nothing is proven yet: anybody may name an
	 * identity.
	 */
	const char *(*expected)(void *owner, const char *identity, struct pass_use *out);
	/* The identity was proven. It must not be accepted again. */
	void (*proven)(void *owner, const char *identity);
	/*
	 * A connection with this identity finished its handshake; fp is its key's
	 * fingerprint. The owner takes over the path: path_set_owner(), or path_close().
	 */
	void (*arrived)(void *owner, struct path *path, const char *identity,
			const unsigned char *fp);
};

/* port 0: any free port. NULL if nothing could be bound, with libuv's error in *error. */
struct listener *listener_create(uv_loop_t *loop, const struct device_key *key, uint16_t port,
				 const struct listener_events *events, void *owner, int *error);
void listener_destroy(struct listener *l);
uint16_t listener_port(const struct listener *l);

/*
 * Fills in at most max of our addresses with the port, best first, and returns their number.
 * Those of extra (xmpp.directAddress) go first, then those of the interfaces that are up;
 * loopback and link-local ones only if local.
 */
size_t listener_addresses(const struct listener *l, bool local, const struct netaddr *extra,
			  size_t n_extra, struct netaddr *out, size_t max);

#endif
