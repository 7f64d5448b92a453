/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_LOCAL_CANDIDATES_H
#define DAEMON_LOCAL_CANDIDATES_H

/*
 * How this broker can be reached otherwise than in-band: the port it listens
 * on, its addresses, its server's proxies, and what the user's
 * configuration allows of it. Devices are told anew when that changes.
 */

#include <stdbool.h>

#include "candidates.h"
#include "config.h"
#include "s5b-proxies.h"

struct device_key;
struct peers;
struct local_candidates;

struct local_candidates_events {
	/* The network is another one, or the machine was asleep: the peers were told already. */
	void (*network_changed)(void *owner);
};

/*
 * peers: who may come here, and who are told how. Nobody can, before the first
 * local_candidates_reload().
 */
struct local_candidates *local_candidates_create(uv_loop_t *loop, struct peers *peers,
						 const struct local_candidates_events *events,
						 void *owner);
void local_candidates_destroy(struct local_candidates *r);

/* The configuration, borrowed until the next one, and the device key; NULL: there is none. */
void local_candidates_reload(struct local_candidates *r, const struct config *config,
			     const struct device_key *key);

/* Nobody can dial us until then: the device key is to be another one. */
void local_candidates_close(struct local_candidates *r);

/* The connection with the server is there, or gone (NULL). */
void local_candidates_online(struct local_candidates *r, struct account *xmpp);

/* What a device is told; the pass is for it alone. */
void local_candidates_fill(struct local_candidates *r, const struct pass *pass,
			   struct candidates *out);

/* We may dial, and so show our address. */
bool local_candidates_may_dial(const struct local_candidates *r);

struct s5b_proxies *local_candidates_proxies(const struct local_candidates *r);

/* The port we listen on; 0: none. */
uint16_t local_candidates_port(const struct local_candidates *r);

/*
 * Why there is none, though one is wanted, and in how many ms it is tried
 * again; NULL: all is as it should be.
 */
const char *local_candidates_trouble(const struct local_candidates *r, uint64_t *left);

#endif
