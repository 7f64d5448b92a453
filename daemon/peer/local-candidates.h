/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_LOCAL_CANDIDATES_H
#define DAEMON_LOCAL_CANDIDATES_H

/*
 * How devices reach this broker other than in-band: the port it listens on, its addresses
 * and its server's proxies, as far as the user's configuration allows. Devices are told anew
 * when one of these changes.
 */

#include <stdbool.h>

#include "candidates.h"
#include "config.h"
#include "port-mapping.h"
#include "puncher.h"
#include "s5b-proxies.h"

struct device_key;
struct peers;
struct local_candidates;

struct local_candidates_events {
	/*
	 * The network has changed, or the machine was asleep. The peers are told after this.
	 */
	void (*network_changed)(void *owner);
};

/*
 * peers: the devices that may dial us and are told how; borrowed. Nobody can dial us before
 * the first local_candidates_reload().
 */
struct local_candidates *local_candidates_create(uv_loop_t *loop, struct peers *peers,
						 const struct local_candidates_events *events,
						 void *owner);
void local_candidates_destroy(struct local_candidates *r);

/*
 * Applies the configuration and the device key; key may be NULL. Both are borrowed until the
 * next call.
 */
void local_candidates_reload(struct local_candidates *r, const struct config *config,
			     const struct device_key *key);

/* Stops listening until the next local_candidates_reload(), because the device key changes. */
void local_candidates_close(struct local_candidates *r);

/* The connection with the server is up, or down (NULL). */
void local_candidates_online(struct local_candidates *r, struct account *xmpp);

/* Fills in the candidates for one device; the pass is for that device alone. */
void local_candidates_fill(struct local_candidates *r, const struct pass *pass,
			   struct candidates *out);

/* Whether we may dial, which shows our address. */
bool local_candidates_may_dial(const struct local_candidates *r);

/*
 * Whether both sides may connect at once, as far as it depends on us: it is allowed, and there
 * is an address to tell. And what the attempts have to know.
 */
bool local_candidates_may_punch(const struct local_candidates *r);
void local_candidates_world(const struct local_candidates *r, struct puncher_world *out);

/* Whether our NAT is known to change the numbers of ports. */
bool local_candidates_ports_change(const struct local_candidates *r);

/*
 * A device says at which address it sees us, as connector_ops.seen. Devices are told what follows
 * from that, but not within the call.
 */
void local_candidates_seen(struct local_candidates *r, const struct netaddr *outside,
			   uint16_t inside);

/* What the links are doing, as far as it makes the router's help worth asking for. */
void local_candidates_use(struct local_candidates *r, enum mapping_use use);
const struct port_mapping *local_candidates_mapping(const struct local_candidates *r);

struct s5b_proxies *local_candidates_proxies(const struct local_candidates *r);

/* The port we listen on; 0: none. */
uint16_t local_candidates_port(const struct local_candidates *r);

/*
 * Why there is no port although one is wanted, and in *left the ms until the next attempt.
 * NULL: the port is open, or none is wanted.
 */
const char *local_candidates_trouble(const struct local_candidates *r, uint64_t *left);

#endif
