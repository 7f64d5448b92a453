/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_RESOLVE_H
#define DAEMON_RESOLVE_H

/*
 * Finds the servers of an XMPP domain by SRV records (RFC 6120 3.2.1, XEP-0368), or takes the
 * domain itself; then the addresses of one host at a time. Look-ups run in libuv's thread
 * pool, so that a dead name server does not block the loop.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "srv-targets.h"

enum { ENDPOINT_TEXT_MAX = 80, RESOLVE_HOST_MAX = SRV_TARGET_HOST_MAX };

struct resolve;

/* Gets what was found, valid during the call; or n == 0 and why. */
typedef void (*resolve_srv_targets_done)(void *arg, const struct srv_target *targets, size_t n,
					 const char *why);
typedef void (*resolve_addresses_done)(void *arg, const struct endpoint *endpoints, size_t n,
				       const char *why);

/*
 * Starts a look-up. done is called once, from the loop, unless cancelled before; the resolve
 * is freed after it. server, if not NULL, is host, host:port or [v6]:port and replaces the
 * SRV look-up (port 5223: direct TLS). NULL if the pool refuses work.
 */
struct resolve *resolve_srv_targets(uv_loop_t *loop, const char *domain, const char *server,
				    resolve_srv_targets_done done, void *arg);
struct resolve *resolve_addresses(uv_loop_t *loop, const struct srv_target *target,
				  resolve_addresses_done done, void *arg);

/*
 * Cancels: done will not be called. The look-up may go on for a while in memory that it owns.
 * r may be NULL.
 */
void resolve_cancel(struct resolve *r);

/*
 * Splits host, host:port, [v6]:port or a bare v6 address. *port is unchanged if there is no
 * port. False if server has none of these forms.
 */
bool resolve_split(const char *server, char host[RESOLVE_HOST_MAX], uint16_t *port);

/* "192.0.2.1:5222", "[2001:db8::1]:5222". */
void endpoint_format(const struct endpoint *e, char out[ENDPOINT_TEXT_MAX]);

#endif
