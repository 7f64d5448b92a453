/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PROXIES_H
#define DAEMON_PROXIES_H

/*
 * The XEP-0065 proxies of our own server: found by service discovery
 * (XEP-0030: items of the domain, then the identity proxy/bytestreams of each), asked for their address once a
 * login, and only when somebody wants one. Where that found none because somebody did not answer, it is asked again, after
 * pauses that double from half a minute to half an hour, and again only when somebody wants one. The server of a buddy
 * serves its own users only, so each side brings its own.
 */

#include "candidates.h"
#include "xmpp.h"

enum {
	PROXIES_MAX = 4,
	PROXY_ITEMS_MAX = 32,
	PROXY_TIMEOUT = 10 * 1000,	/* ms, of each question */
	PROXY_AGAIN_FIRST = 30 * 1000,	/* ms, until a search that failed is made again */
	PROXY_AGAIN_MAX = 20 * 60 * 1000,
};

struct proxy {
	char jid[JID_MAX];		/* to activate at; may have a resource */
	char host[PROXY_HOST_MAX + 1];
	uint16_t port;
};

struct proxies;

/* changed: proxies_best() may answer differently now, or the search has ended, or could begin anew. */
struct proxies *proxies_create(uv_loop_t *loop, void (*changed)(void *owner), void *owner);
void proxies_destroy(struct proxies *p);

/* A new connection, borrowed until the next call, or NULL: what was found is forgotten. */
void proxies_online(struct proxies *p, struct xmpp *xmpp);

/* The proxy to use; NULL while none is known: the search begins with the first such question after login. */
const struct proxy *proxies_best(struct proxies *p);
bool proxies_searching(const struct proxies *p);

/* One that did not work is not named again before the others were. */
void proxies_failed(struct proxies *p, const char *jid);

/* Whether our own server has told us of this one. */
bool proxies_know(const struct proxies *p, const char *jid, const char *host, uint16_t port);

/* For status: "proxy.example.org", or NULL. */
const char *proxies_name(const struct proxies *p);

#endif
