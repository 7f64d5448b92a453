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

struct broker;
struct reach;

struct reach *reach_create(struct broker *b);
void reach_destroy(struct reach *r);

/* After the configuration was read again. */
void reach_reload(struct reach *r);

/* Nobody can dial us until then: the device key is to be another one. */
void reach_close(struct reach *r);

/* The connection with the server is there, or gone (NULL). */
void reach_online(struct reach *r, struct xmpp *xmpp);

/* What a device is told; the pass is for it alone. */
void reach_ways(struct reach *r, const struct pass *pass, struct ways *out);

/* Kinds of path the configuration allows. */
unsigned reach_allowed(const struct reach *r);
/* We may dial, and so show our address. */
bool reach_may_dial(const struct reach *r);
/* Loopback and link-local addresses may be told and dialled. */
bool reach_local(const struct reach *r);

struct proxies *reach_proxies(const struct reach *r);

/* The port we listen on; 0: none. */
uint16_t reach_port(const struct reach *r);

/* Why there is none, though one is wanted, and in how many ms it is tried again; NULL: all is as it should be. */
const char *reach_trouble(const struct reach *r, uint64_t *left);

#endif
