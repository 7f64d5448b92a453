/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolve.h"

/*
 * One look-up is one piece of work in the pool: the two SRV queries one after
 * the other, then the addresses of each target. All that the pool's thread
 * touches is in the struct, which nobody else touches until the work is done;
 * cancelling only takes away the callback.
 */

#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "alloc.h"

enum {
	PORT_STARTTLS = 5222,
	PORT_DIRECT_TLS = 5223,
	SRV_MAX = 8,		/* records of one service taken */
	DNS_RETRANS = 3,	/* seconds, doubled for the second try */
	DNS_TRIES = 2,
};

struct srv {
	unsigned priority, weight;
	uint16_t port;
	bool direct_tls;
	char host[RESOLVE_HOST_MAX];
};

struct resolve {
	uv_work_t work;
	resolve_done done;	/* NULL: cancelled */
	void *arg;
	char *domain;		/* owned */
	char *server;		/* owned; may be NULL */
	struct endpoint endpoints[ENDPOINTS_MAX];
	size_t count;
	char why[320];
};

bool resolve_split(const char *server, char host[RESOLVE_HOST_MAX], uint16_t *port)
{
	const char *start = server, *end, *colon;
	unsigned long n;
	char *rest;

	if (*server == '[') {
		start++;
		end = strchr(start, ']');
		if (!end || (end[1] != '\0' && end[1] != ':'))
			return false;
		colon = end[1] == ':' ? end + 1 : NULL;
	} else {
		colon = strrchr(server, ':');
		if (colon && memchr(server, ':', colon - server))
			colon = NULL;	/* more than one: a bare v6 address */
		end = colon ? colon : server + strlen(server);
	}
	if (end == start || end - start >= RESOLVE_HOST_MAX)
		return false;
	if (colon) {
		if (colon[1] < '0' || colon[1] > '9')
			return false;
		n = strtoul(colon + 1, &rest, 10);
		if (*rest || n == 0 || n > 65535)
			return false;
		*port = n;
	}
	memcpy(host, start, end - start);
	host[end - start] = '\0';
	return true;
}

void endpoint_format(const struct endpoint *e, char out[ENDPOINT_TEXT_MAX])
{
	snprintf(out, ENDPOINT_TEXT_MAX, strchr(e->ip, ':') ? "[%s]:%u" : "%s:%u", e->ip, e->port);
}

/*
 * By priority; then STARTTLS before direct TLS, because libstrophe sends no
 * ALPN and a port shared with HTTPS may need it; then by weight. Weights
 * are not drawn by lot: the load of one client is not worth a test that differs each time.
 */
static int srv_compare(const void *a, const void *b)
{
	const struct srv *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	if (x->direct_tls != y->direct_tls)
		return x->direct_tls ? 1 : -1;
	return (x->weight < y->weight) - (x->weight > y->weight);
}

/* The records of one service; *denied if it says, by a target ".", that there is none. */
static size_t srv_query(res_state state, const char *service, const char *domain, bool direct_tls,
			struct srv *out, bool *denied)
{
	unsigned char answer[8192];
	char name[RESOLVE_HOST_MAX + 32];
	ns_msg msg;
	ns_rr rr;
	size_t n = 0;
	int len;

	snprintf(name, sizeof(name), "%s.%s", service, domain);
	len = res_nquery(state, name, ns_c_in, ns_t_srv, answer, sizeof(answer));
	if (len < 0 || (size_t)len > sizeof(answer) || ns_initparse(answer, len, &msg) < 0)
		return 0;
	for (int i = 0; i < ns_msg_count(msg, ns_s_an) && n < SRV_MAX; i++) {
		struct srv *s = &out[n];
		const unsigned char *data;

		if (ns_parserr(&msg, ns_s_an, i, &rr) < 0 || ns_rr_type(rr) != ns_t_srv ||
		    ns_rr_rdlen(rr) < 7)
			continue;
		data = ns_rr_rdata(rr);
		if (dn_expand(ns_msg_base(msg), ns_msg_end(msg), data + 6, s->host,
			      sizeof(s->host)) < 0)
			continue;
		if (!s->host[0] || !strcmp(s->host, ".")) {
			*denied = true;
			continue;
		}
		s->priority = ns_get16(data);
		s->weight = ns_get16(data + 2);
		s->port = ns_get16(data + 4);
		s->direct_tls = direct_tls;
		n++;
	}
	return n;
}

static int add_host(struct resolve *r, const char *host, uint16_t port, bool direct_tls)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	struct addrinfo *list;
	int err = getaddrinfo(host, NULL, &hints, &list);

	if (err)
		return err;
	for (struct addrinfo *a = list; a && r->count < ENDPOINTS_MAX; a = a->ai_next) {
		struct endpoint *e = &r->endpoints[r->count];

		if (getnameinfo(a->ai_addr, a->ai_addrlen, e->ip, sizeof(e->ip), NULL, 0,
				NI_NUMERICHOST))
			continue;
		e->port = port;
		e->direct_tls = direct_tls;
		r->count++;
	}
	freeaddrinfo(list);
	return 0;
}

static void add_only_host(struct resolve *r, const char *host, uint16_t port)
{
	int err = add_host(r, host, port, port == PORT_DIRECT_TLS);

	if (err)
		snprintf(r->why, sizeof(r->why), "cannot resolve %.255s: %s", host,
			 gai_strerror(err));
}

/* RFC 6761 6.3: no name server is to be asked about these. */
static bool is_localhost(const char *domain)
{
	size_t n = strlen(domain);

	return !strcasecmp(domain, "localhost") ||
	       (n > 10 && !strcasecmp(domain + n - 10, ".localhost"));
}

static void look_up(uv_work_t *work)
{
	struct resolve *r = work->data;
	struct srv srv[2 * SRV_MAX];
	struct __res_state state = { 0 };
	char host[RESOLVE_HOST_MAX];
	uint16_t port = PORT_STARTTLS;
	bool denied = false;
	size_t n = 0;

	if (r->server) {
		if (resolve_split(r->server, host, &port))
			add_only_host(r, host, port);
		else
			snprintf(r->why, sizeof(r->why), "'%.255s' is no host or host:port", r->server);
		return;
	}
	if (!is_localhost(r->domain) && res_ninit(&state) == 0) {
		state.retrans = DNS_RETRANS;
		state.retry = DNS_TRIES;
		n = srv_query(&state, "_xmpp-client._tcp", r->domain, false, srv, &denied);
		n += srv_query(&state, "_xmpps-client._tcp", r->domain, true, srv + n, &denied);
		res_nclose(&state);
	}
	qsort(srv, n, sizeof(*srv), srv_compare);
	for (size_t i = 0; i < n; i++) {
		int err = add_host(r, srv[i].host, srv[i].port, srv[i].direct_tls);

		if (err)
			snprintf(r->why, sizeof(r->why), "cannot resolve %.255s: %s", srv[i].host,
				 gai_strerror(err));
	}
	if (n == 0 && denied)
		snprintf(r->why, sizeof(r->why), "its DNS says that it has no XMPP service");
	else if (n == 0)
		add_only_host(r, r->domain, port);
}

static void on_looked_up(uv_work_t *work, int status)
{
	struct resolve *r = work->data;

	if (r->done) {
		if (r->count == 0 && !r->why[0])
			snprintf(r->why, sizeof(r->why), "no address found");
		r->done(r->arg, r->endpoints, r->count, r->count ? NULL : r->why);
	}
	free(r->domain);
	free(r->server);
	free(r);
}

struct resolve *resolve_start(uv_loop_t *loop, const char *domain, const char *server,
			      resolve_done done, void *arg)
{
	struct resolve *r = xcalloc(1, sizeof(*r));

	r->work.data = r;
	r->done = done;
	r->arg = arg;
	r->domain = xstrdup(domain);
	r->server = xstrdup(server);
	if (uv_queue_work(loop, &r->work, look_up, on_looked_up) < 0) {
		free(r->domain);
		free(r->server);
		free(r);
		return NULL;
	}
	return r;
}

void resolve_cancel(struct resolve *r)
{
	if (!r)
		return;
	r->done = NULL;
	/* Takes it out of the queue if it has not begun; either way on_looked_up() comes and frees. */
	uv_cancel((uv_req_t *)&r->work);
}
