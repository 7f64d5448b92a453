/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolve.h"

/*
 * A look-up is one job in libuv's thread pool for the addresses of one host, and one for each of
 * the two SRV queries, so that neither waits for the other. The pool's threads touch only what is
 * theirs in the struct, and the loop leaves that alone until the jobs are done. Cancelling only
 * removes the callback.
 */

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "alloc.h"
#include "decimal.h"
#include "hostname.h"
#include "random.h"
#include "srv.h"

enum {
	PORT_STARTTLS = 5222,
	PORT_DIRECT_TLS = 5223,
	QUERIES = 2,
};

/* Asks for the records of one service. */
struct srv_query {
	uv_work_t work;
	struct resolve *of;
	const char *service;		/* NULL: nothing is asked */
	const char *domain;		/* the resolve's */
	bool direct_tls;
	struct srv_target *targets;	/* a part of the resolve's */
	size_t count;
	bool denied;
};

struct resolve {
	uv_work_t work;				/* for address look-ups */
	struct srv_query queries[QUERIES];	/* for SRV look-ups */
	unsigned running;			/* of the queries */
	/* one is set, for the kind of look-up; both are NULL when cancelled */
	resolve_srv_targets_done srv_targets_done;
	resolve_addresses_done addresses_done;
	void *arg;
	char *domain, *server;			/* owned; for SRV look-ups; server may be NULL */
	struct srv_target *targets;		/* owned; for SRV look-ups: SRV_TARGETS_MAX of
						   them */
	struct srv_target host;			/* for address look-ups */
	struct endpoint endpoints[SRV_TARGET_ADDRESSES_MAX];
	size_t count;
	char why[320];
};

bool resolve_split(const char *server, char host[RESOLVE_HOST_MAX], uint16_t *port)
{
	const char *start = server, *end, *colon;
	uint64_t n;

	if (*server == '[') {
		start++;
		end = strchr(start, ']');
		if (!end || (end[1] != '\0' && end[1] != ':'))
			return false;
		colon = end[1] == ':' ? end + 1 : NULL;
	} else {
		colon = strrchr(server, ':');
		if (colon && memchr(server, ':', colon - server))
			colon = NULL;	/* more than one colon: a bare v6 address */
		end = colon ? colon : server + strlen(server);
	}
	if (end == start || end - start >= RESOLVE_HOST_MAX)
		return false;
	if (colon) {
		if (!decimal_parse(colon + 1, 65535, &n) || n == 0)
			return false;
		*port = (uint16_t)n;
	}
	memcpy(host, start, end - start);
	host[end - start] = '\0';
	return true;
}

void endpoint_format(const struct endpoint *e, char out[ENDPOINT_TEXT_MAX])
{
	snprintf(out, ENDPOINT_TEXT_MAX, strchr(e->ip, ':') ? "[%s]:%u" : "%s:%u", e->ip, e->port);
}

/* RFC 6761 6.3: never ask a name server about these. */
static bool is_localhost(const char *domain)
{
	size_t n = strlen(domain);

	return !strcasecmp(domain, "localhost") ||
	       (n > 10 && !strcasecmp(domain + n - 10, ".localhost"));
}

static void add_only_target(struct resolve *r, const char *host, uint16_t port)
{
	struct srv_target *t = &r->targets[0];

	snprintf(t->host, sizeof(t->host), "%s", host);
	t->port = port;
	t->direct_tls = port == PORT_DIRECT_TLS;
	r->count = 1;
}

/*
 * A random number from 0 to max. It only has to spread clients over servers, so a slight bias
 * from the modulo is harmless.
 */
static uint32_t draw_lot(void *arg, uint32_t max)
{
	uint32_t lot;

	random_bytes(&lot, sizeof(lot));
	return (uint32_t)(lot % ((uint64_t)max + 1));
}

static void ask_service(uv_work_t *work)
{
	struct srv_query *q = work->data;

	/* Half of the places for each, so that neither crowds out the other. */
	if (q->service)
		q->count = srv_ask(q->service, q->domain, q->direct_tls, q->targets,
				   SRV_TARGETS_MAX / QUERIES, &q->denied);
}

/* Takes the answers together. */
static void order_targets(struct resolve *r)
{
	for (size_t i = 0; i < QUERIES; i++) {
		const struct srv_query *q = &r->queries[i];

		if (q->count)
			memmove(r->targets + r->count, q->targets, q->count * sizeof(*q->targets));
		r->count += q->count;
	}
	srv_targets_order(r->targets, r->count, draw_lot, NULL);
	if (r->count == 0 && r->queries[0].denied)
		snprintf(r->why, sizeof(r->why), "its DNS says that it has no XMPP service");
	else if (r->count == 0)
		add_only_target(r, r->domain, PORT_STARTTLS);
}

/* Fills in the target that needs no DNS; false if there is none. */
static bool name_target(struct resolve *r)
{
	char host[RESOLVE_HOST_MAX], address[INET6_ADDRSTRLEN];
	uint16_t port = PORT_STARTTLS;

	if (r->server) {
		if (resolve_split(r->server, host, &port))
			add_only_target(r, host, port);
		else
			snprintf(r->why, sizeof(r->why), "'%.255s' is no host or host:port",
				 r->server);
		return true;
	}
	if (hostname_address(r->domain, address))
		add_only_target(r, address, port);
	else if (is_localhost(r->domain))
		add_only_target(r, r->domain, port);
	else
		return false;
	return true;
}

static void look_up_addresses(uv_work_t *work)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	struct resolve *r = work->data;
	struct addrinfo *list;
	/* The host may have U-labels: from the user's setting, or from a redirecting server. */
	char *ascii = hostname_ascii(r->host.host);
	int err = getaddrinfo(ascii, NULL, &hints, &list);

	free(ascii);
	if (err) {
		snprintf(r->why, sizeof(r->why), "cannot resolve %.255s: %s", r->host.host,
			 gai_strerror(err));
		return;
	}
	for (struct addrinfo *a = list; a && r->count < SRV_TARGET_ADDRESSES_MAX; a = a->ai_next) {
		struct endpoint *e = &r->endpoints[r->count];

		if (getnameinfo(a->ai_addr, a->ai_addrlen, e->ip, sizeof(e->ip), NULL, 0,
				NI_NUMERICHOST))
			continue;
		e->port = r->host.port;
		e->direct_tls = r->host.direct_tls;
		r->count++;
	}
	freeaddrinfo(list);
}

static void destroy(struct resolve *r)
{
	free(r->domain);
	free(r->server);
	free(r->targets);
	free(r);
}

static void end(struct resolve *r)
{
	if (r->count == 0 && !r->why[0])
		snprintf(r->why, sizeof(r->why), "no address found");
	if (r->srv_targets_done)
		r->srv_targets_done(r->arg, r->targets, r->count, r->count ? NULL : r->why);
	if (r->addresses_done)
		r->addresses_done(r->arg, r->endpoints, r->count, r->count ? NULL : r->why);
	destroy(r);
}

static void on_addresses(uv_work_t *work, int status)
{
	end(work->data);
}

static void on_service(uv_work_t *work, int status)
{
	const struct srv_query *q = work->data;
	struct resolve *r = q->of;

	if (--r->running > 0)
		return;
	if (q->service)
		order_targets(r);
	end(r);
}

/* Asks nothing if the pool refuses work. */
static void start_query(struct resolve *r, uv_loop_t *loop, size_t i, const char *service,
			bool direct_tls)
{
	struct srv_query *q = &r->queries[i];

	*q = (struct srv_query){
		.of = r,
		.service = service,
		.domain = r->domain,
		.direct_tls = direct_tls,
		.targets = r->targets + i * (SRV_TARGETS_MAX / QUERIES),
	};
	q->work.data = q;
	if (uv_queue_work(loop, &q->work, ask_service, on_service) == 0)
		r->running++;
	else
		*q = (struct srv_query){ 0 };
}

struct resolve *resolve_srv_targets(uv_loop_t *loop, const char *domain, const char *server,
				    resolve_srv_targets_done done, void *arg)
{
	struct resolve *r = xcalloc(1, sizeof(*r));

	r->srv_targets_done = done;
	r->arg = arg;
	r->domain = hostname_ascii(domain);
	r->server = xstrdup(server);
	r->targets = xcalloc(SRV_TARGETS_MAX, sizeof(*r->targets));
	/* The answer comes from the loop all the same. */
	if (name_target(r)) {
		start_query(r, loop, 0, NULL, false);
	} else {
		start_query(r, loop, 0, "_xmpp-client._tcp", false);
		start_query(r, loop, 1, "_xmpps-client._tcp", true);
	}
	if (r->running > 0)
		return r;
	destroy(r);
	return NULL;
}

struct resolve *resolve_addresses(uv_loop_t *loop, const struct srv_target *target,
				  resolve_addresses_done done, void *arg)
{
	struct resolve *r = xcalloc(1, sizeof(*r));

	r->addresses_done = done;
	r->arg = arg;
	r->host = *target;
	r->work.data = r;
	if (uv_queue_work(loop, &r->work, look_up_addresses, on_addresses) == 0)
		return r;
	destroy(r);
	return NULL;
}

void resolve_cancel(struct resolve *r)
{
	if (!r)
		return;
	r->srv_targets_done = NULL;
	r->addresses_done = NULL;
	/*
	 * Removes the jobs from the queue if they have not begun. In any case their callbacks come,
	 * and the last one frees r.
	 */
	if (r->running == 0)
		uv_cancel((uv_req_t *)&r->work);
	for (size_t i = 0; i < QUERIES; i++)
		if (r->queries[i].of)
			uv_cancel((uv_req_t *)&r->queries[i].work);
}
