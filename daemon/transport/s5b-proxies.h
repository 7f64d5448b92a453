/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_S5B_PROXIES_H
#define DAEMON_S5B_PROXIES_H

/*
 * The XEP-0065 proxies of our own server: found by service discovery
 * (XEP-0030: items of the domain, then the identity proxy/bytestreams of each), asked for their
 * address once a login, and only when somebody wants one. Where that found none because
 * somebody did not answer, it is asked again, after pauses that double from half a minute to
 * half an hour, and again only when somebody wants one. The server of a buddy serves its own
 * users only, so each side brings its own.
 */

#include "account.h"
#include "candidates.h"

enum {
	S5B_PROXIES_MAX = 4,
	S5B_PROXY_ITEMS_MAX = 32,
	S5B_PROXY_TIMEOUT = 10 * 1000,	/* ms, of each question */
	S5B_PROXY_AGAIN_FIRST = 30 * 1000,	/* ms, until a search that failed is made again */
	S5B_PROXY_AGAIN_MAX = 20 * 60 * 1000,
};

struct s5b_proxy {
	char jid[JID_MAX];		/* to activate at; may have a resource */
	char host[S5B_HOST_MAX + 1];
	uint16_t port;
};

struct s5b_proxies;

/*
 * changed: s5b_proxies_best() may answer differently now, or the search has ended, or could begin
 * anew.
 */
struct s5b_proxies *s5b_proxies_create(uv_loop_t *loop, void (*changed)(void *owner), void *owner);
void s5b_proxies_destroy(struct s5b_proxies *p);

/* A new connection, borrowed until the next call, or NULL: what was found is forgotten. */
void s5b_proxies_online(struct s5b_proxies *p, struct account *xmpp);

/*
 * The proxy to use; NULL while none is known: the search begins with the first
 * such question after login.
 */
const struct s5b_proxy *s5b_proxies_best(struct s5b_proxies *p);
bool s5b_proxies_searching(const struct s5b_proxies *p);

/* One that did not work is not named again before the others were. */
void s5b_proxies_failed(struct s5b_proxies *p, const char *jid);

/* Whether our own server has told us of this one. */
bool s5b_proxies_know(const struct s5b_proxies *p, const char *jid, const char *host,
		      uint16_t port);

/* For status: "proxy.example.org", or NULL. */
const char *s5b_proxies_name(const struct s5b_proxies *p);

#endif
