/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SRV_TARGETS_H
#define CORE_SRV_TARGETS_H

/*
 * Where to log in, one after the other: the hosts that a domain names by SRV records (RFC 6120
 * 3.2.1, RFC 2782, XEP-0368), each with its addresses, and where one of them sends us on to (RFC
 * 6120 4.9.3.19). Each is tried, whatever was wrong with the one before.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SRV_TARGET_HOST_MAX = 256,
	SRV_TARGETS_MAX = 128,		/* records of a domain */
	SRV_TARGET_ADDRESSES_MAX = 8,	/* of one host that are tried */
	REDIRECTIONS_MAX = 3,		/* in one round: it may be a circle */
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
 * Puts n of them into the order of RFC 2782: by priority, and where that is the same by a lot
 * that falls on each as often as its weight says. Of the same priority those with STARTTLS come
 * first: libstrophe sends no ALPN, which a port that is shared with HTTPS may need. lot(arg, max)
 * is a number from 0 to max.
 */
void srv_targets_order(struct srv_target *list, size_t n, uint32_t (*lot)(void *arg, uint32_t max),
		       void *arg);

struct srv_targets {
	struct srv_target *list;	/* owned */
	size_t count, next;
	struct srv_target other;	/* where we were sent on to */
	bool sent_on;			/* ... and were not yet */
	unsigned redirections;
	struct endpoint endpoints[SRV_TARGET_ADDRESSES_MAX];	/* of the present one */
	size_t endpoint_count, endpoint_next;
};

/* A round begins. Copies. */
void srv_targets_begin(struct srv_targets *t, const struct srv_target *list, size_t n);
void srv_targets_finish(struct srv_targets *t);

/*
 * The host whose addresses are to be looked up next, or NULL: that were all. It is the present
 * one then.
 */
const struct srv_target *srv_targets_next(struct srv_targets *t);
/* Its addresses; those beyond SRV_TARGET_ADDRESSES_MAX are left out. */
void srv_targets_found(struct srv_targets *t, const struct endpoint *endpoints, size_t n);
/* The next of its addresses, or NULL. */
const struct endpoint *srv_targets_endpoint(struct srv_targets *t);
/* The present one sends us on. It is followed before all others. False if that was too often. */
bool srv_targets_redirect(struct srv_targets *t, const char *host, uint16_t port);

#endif
