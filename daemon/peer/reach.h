/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_REACH_H
#define DAEMON_REACH_H

/*
 * How this broker can be reached otherwise than in-band: the port it listens
 * on, its addresses, its server's proxies, and what the user's
 * configuration allows of it. Devices are told anew when that changes.
 */

#include <stdbool.h>

#include "config.h"
#include "proxies.h"
#include "ways.h"

struct device_key;
struct peers;
struct reach;

struct reach_events {
	/* The network is another one, or the machine was asleep: the peers were told already. */
	void (*network_changed)(void *owner);
};

/* peers: who may come here, and who are told how. Nobody can, before the first reach_reload(). */
struct reach *reach_create(uv_loop_t *loop, struct peers *peers, const struct reach_events *events, void *owner);
void reach_destroy(struct reach *r);

/* The configuration, borrowed until the next one, and the device key; NULL: there is none. */
void reach_reload(struct reach *r, const struct config *config, const struct device_key *key);

/* Nobody can dial us until then: the device key is to be another one. */
void reach_close(struct reach *r);

/* The connection with the server is there, or gone (NULL). */
void reach_online(struct reach *r, struct xmpp *xmpp);

/* What a device is told; the pass is for it alone. */
void reach_ways(struct reach *r, const struct pass *pass, struct ways *out);

/* We may dial, and so show our address. */
bool reach_may_dial(const struct reach *r);

struct proxies *reach_proxies(const struct reach *r);

/* The port we listen on; 0: none. */
uint16_t reach_port(const struct reach *r);

/* Why there is none, though one is wanted, and in how many ms it is tried again; NULL: all is as it should be. */
const char *reach_trouble(const struct reach *r, uint64_t *left);

#endif
