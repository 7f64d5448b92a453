/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_S5B_PROXIES_H
#define DAEMON_S5B_PROXIES_H

/*
 * Finds the XEP-0065 proxies of our own server by service discovery (XEP-0030: the domain's
 * items, then the identity proxy/bytestreams of each) and asks for their addresses: once a
 * login, and only when somebody wants a proxy. If none was found because an item did not
 * answer, a new search is allowed after a pause, which doubles from half a minute to half an
 * hour, again only when somebody wants one. A server's proxy serves only its own users, so
 * each side brings its own.
 */

#include "account.h"
#include "candidates.h"

enum {
	S5B_PROXIES_MAX = 4,
	S5B_PROXY_ITEMS_MAX = 32,
	S5B_PROXY_TIMEOUT = 10 * 1000,	/* ms, for each question */
	S5B_PROXY_AGAIN_FIRST = 30 * 1000,	/* ms, before a search that failed may be
						   repeated */
	S5B_PROXY_AGAIN_MAX = 20 * 60 * 1000,
};

struct s5b_proxy {
	char jid[JID_MAX];		/* where to activate bytestreams; may have a resource */
	char host[S5B_HOST_MAX + 1];
	uint16_t port;
};

struct s5b_proxies;

/* changed: the best proxy may have changed, the search has ended, or a new one may begin. */
struct s5b_proxies *s5b_proxies_create(uv_loop_t *loop, void (*changed)(void *owner), void *owner);
void s5b_proxies_destroy(struct s5b_proxies *p);

/*
 * A new connection (xmpp is borrowed until the next call), or NULL for none. What was found
 * is forgotten.
 */
void s5b_proxies_online(struct s5b_proxies *p, struct account *xmpp);

/* The proxy to use; NULL while none is known. The first call after a login begins the search. */
const struct s5b_proxy *s5b_proxies_best(struct s5b_proxies *p);
bool s5b_proxies_searching(const struct s5b_proxies *p);

/* This proxy did not work: others with fewer failures are preferred. */
void s5b_proxies_failed(struct s5b_proxies *p, const char *jid);

/* Whether our own server told us of this proxy. */
bool s5b_proxies_know(const struct s5b_proxies *p, const char *jid, const char *host,
		      uint16_t port);

/* For status: "proxy.example.org", or NULL. */
const char *s5b_proxies_name(const struct s5b_proxies *p);

#endif
