/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_RESOLVE_H
#define DAEMON_RESOLVE_H

/*
 * Where an XMPP domain's server is: SRV records (RFC 6120 3.2.1, XEP-0368),
 * else the domain itself, as numeric addresses in the order to try them.
 * Looked up in libuv's thread pool, so that a dead name server stops nobody.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum { ENDPOINTS_MAX = 16, ENDPOINT_TEXT_MAX = 80, RESOLVE_HOST_MAX = 256 };

struct endpoint {
	char ip[64];		/* numeric, with a scope if it has one */
	uint16_t port;
	bool direct_tls;	/* TLS from the first byte, not STARTTLS */
};

struct resolve;

/* With the endpoints found (valid during the call), or n == 0 and why. */
typedef void (*resolve_done)(void *arg, const struct endpoint *endpoints, size_t n,
			     const char *why);

/*
 * done is called once, from the loop, unless cancelled before; the resolve is
 * freed after it. server, if not NULL, is host, host:port or [v6]:port and is taken
 * instead of any SRV record (port 5223: direct TLS). NULL if the pool refuses work.
 */
struct resolve *resolve_start(uv_loop_t *loop, const char *domain, const char *server,
			      resolve_done done, void *arg);

/* done will not be called any more. The look-up itself may go on for a while; it owns its memory. */
void resolve_cancel(struct resolve *r);

/*
 * Splits host, host:port, [v6]:port or a bare v6 address. *port is left alone
 * where none is given. False if it is none of them.
 */
bool resolve_split(const char *server, char host[RESOLVE_HOST_MAX], uint16_t *port);

/* "192.0.2.1:5222", "[2001:db8::1]:5222". */
void endpoint_format(const struct endpoint *e, char out[ENDPOINT_TEXT_MAX]);

#endif
