/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SRV_TARGETS_H
#define CORE_SRV_TARGETS_H

/*
 * Where to log in, in the order of tries: the hosts that a domain names by SRV records
 * (RFC 6120 3.2.1, RFC 2782, XEP-0368), each with its addresses, and a host that a server
 * redirects us to (RFC 6120 4.9.3.19). Each is tried, whatever was wrong with the one
 * before.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SRV_TARGET_HOST_MAX = 256,
	SRV_TARGETS_MAX = 128,		/* records of a domain */
	SRV_TARGET_ADDRESSES_MAX = 8,	/* of one host; more are not tried */
	REDIRECTIONS_MAX = 3,		/* in one round: servers may redirect in a circle */
};

struct srv_target {
	uint16_t priority, weight;	/* of the SRV record */
	uint16_t port;
	bool direct_tls;		/* TLS from the first byte, not STARTTLS */
	char host[SRV_TARGET_HOST_MAX];
};

struct endpoint {
	char ip[64];			/* numeric, with a scope if it has one */
	uint16_t port;
	bool direct_tls;
};

/*
 * Sorts n targets into the order of RFC 2782: by priority, and within one priority at
 * random, weighted. Within one priority those with TLS from the first byte come first: their
 * login takes a round trip or two less. lot(arg, max) returns a random number from 0 to max.
 */
void srv_targets_order(struct srv_target *list, size_t n, uint32_t (*lot)(void *arg, uint32_t max),
		       void *arg);

struct srv_targets {
	struct srv_target *list;	/* owned */
	size_t count, next;
	struct srv_target other;	/* the host that we were redirected to */
	bool sent_on;			/* other was not tried yet */
	unsigned redirections;
	struct endpoint endpoints[SRV_TARGET_ADDRESSES_MAX];	/* of the present target */
	size_t endpoint_count, endpoint_next;
};

/* Begins a round. The list is copied. */
void srv_targets_begin(struct srv_targets *t, const struct srv_target *list, size_t n);
void srv_targets_finish(struct srv_targets *t);

/*
 * Puts those with STARTTLS first within each priority, before the round's first target is taken:
 * on a network that drops what goes to the port of direct TLS each login would wait for it.
 */
void srv_targets_starttls_first(struct srv_targets *t);

/*
 * The next target, whose addresses are to be looked up; it is the present one from now on.
 * NULL if all were tried.
 */
const struct srv_target *srv_targets_next(struct srv_targets *t);
/*
 * Gives the addresses of the present target; those beyond SRV_TARGET_ADDRESSES_MAX are
 * left out.
 */
void srv_targets_found(struct srv_targets *t, const struct endpoint *endpoints, size_t n);
/* The next address of the present target, or NULL. */
const struct endpoint *srv_targets_endpoint(struct srv_targets *t);
/*
 * The present target redirects us; that host is tried before all others. False if there
 * were too many redirections.
 */
bool srv_targets_redirect(struct srv_targets *t, const char *host, uint16_t port);

#endif
