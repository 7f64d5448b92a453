/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stun-server.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "account.h"
#include "alloc.h"
#include "disco.h"
#include "jid.h"
#include "log.h"
#include "resolve.h"
#include "sockaddr.h"
#include "stun.h"
#include "stun-query.h"

/*
 * The list of services, then the look-up of a name, then the question by TCP; if one of these
 * comes to nothing, the same by UDP. What a search has found stays known while the server is
 * away, for links live on without it.
 */

enum {
	PATIENCE = 10 * 1000,  /* ms, for our server's answer */
	ANSWER_MAX = 4 * 1000, /* ms, for that of STUN */
	PORT_MIN = 1024,       /* of what a server announces: lower ports are others' */
};

enum { UDP, TCP };

/* A look-up may outlive the search, and the server. */
struct lookup {
	uv_getaddrinfo_t request;
	struct stun_server *server; /* borrowed; NULL: nobody wants the answer */
};

struct stun_server {
	uv_loop_t *loop;
	void (*changed)(void *owner);
	void *owner;
	bool allowed;
	char *named;	      /* owned; NULL: what is announced */
	char *domain;	      /* ours; owned */
	struct account *xmpp; /* borrowed; NULL: the server is not there */
	uint64_t request;     /* 0: no answer is awaited */
	struct {
		char host[IQ_HOST_MAX + 1];
		uint16_t port; /* 0: there is none */
	} services[2];
	int asking;		  /* TCP or UDP: which of them is in turn */
	struct lookup *lookup;	  /* its look-up, or NULL */
	struct stun_query *query; /* owned; or NULL */
	struct netaddr address;	  /* of the service in turn */
	bool known, has_tcp;
	struct netaddr outside, tcp;
	uint16_t inside;
};

static void forget_search(struct stun_server *s)
{
	if (s->request)
		account_forget(s->xmpp, s->request);
	s->request = 0;
	if (s->lookup)
		s->lookup->server = NULL;
	s->lookup = NULL;
	stun_query_destroy(s->query);
	s->query = NULL;
	memset(s->services, 0, sizeof(s->services));
}

static void ask_service(struct stun_server *s, int transport);

static void go_on(struct stun_server *s)
{
	if (s->asking == TCP) {
		ask_service(s, UDP);
		return;
	}
	log_debug("no STUN server says how it sees us");
	if (!s->known)
		return;
	s->known = s->has_tcp = false;
	s->changed(s->owner);
}

static void on_seen(void *owner, const struct netaddr *outside, uint16_t inside)
{
	struct stun_server *s = owner;
	char text[NETADDR_TEXT_MAX];

	stun_query_destroy(s->query);
	s->query = NULL;
	if (!outside) {
		go_on(s);
		return;
	}
	netaddr_format(outside, text);
	log_debug("STUN by %s: our port %u is seen as %s", s->asking == TCP ? "TCP" : "UDP", inside,
		  text);
	s->known = true;
	s->outside = *outside;
	s->inside = inside;
	s->has_tcp = s->asking == TCP;
	s->tcp = s->address;
	s->changed(s->owner);
}

/* Whether this is the address at which we are connected to our server. */
static bool is_our_server(const struct stun_server *s, const struct netaddr *a)
{
	struct netaddr server;

	if (!s->xmpp || !netaddr_parse(account_where(s->xmpp), &server))
		return false;
	server.port = a->port;
	return netaddr_equal(&server, a);
}

/*
 * A name of our domain may lead into our own network, where nobody is to be asked because a
 * server said so.
 */
static bool may_ask(const struct stun_server *s, const struct netaddr *a)
{
	if (s->named)
		return netaddr_may_dial(a, true);
	return netaddr_scope(a) == NETADDR_GLOBAL || is_our_server(s, a);
}

static void on_looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
	struct lookup *lookup = request->data;
	struct stun_server *s = lookup->server;
	bool found = false;

	free(lookup);
	for (struct addrinfo *i = list; s && status == 0 && i && !found; i = i->ai_next) {
		if (!sockaddr_to(i->ai_addr, &s->address))
			continue;
		s->address.port = s->services[s->asking].port;
		found = may_ask(s, &s->address);
	}
	uv_freeaddrinfo(list);
	if (!s)
		return;
	s->lookup = NULL;
	if (found)
		s->query = stun_query_start(s->loop, &s->address, s->asking == TCP, NULL,
					    ANSWER_MAX, on_seen, s);
	if (!s->query)
		go_on(s);
}

static void ask_service(struct stun_server *s, int transport)
{
	const struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	struct lookup *lookup;

	s->asking = transport;
	if (!s->services[transport].port) {
		go_on(s);
		return;
	}
	lookup = xcalloc(1, sizeof(*lookup));
	lookup->server = s;
	lookup->request.data = lookup;
	if (uv_getaddrinfo(s->loop, &lookup->request, on_looked_up, s->services[transport].host,
			   NULL, &hints)) {
		free(lookup);
		go_on(s);
		return;
	}
	s->lookup = lookup;
}

/* An address is our server's, or nobody's whom we would ask. */
static bool is_ours(const struct stun_server *s, const struct iq_row *row)
{
	char text[IQ_HOST_MAX + 3];
	struct netaddr a;

	snprintf(text, sizeof(text), "%s:1", row->host);
	return stun_host_is_of(row->host, s->domain) ||
	       (netaddr_parse(text, &a) && is_our_server(s, &a));
}

static void on_services(void *arg, const char *error, struct iq_rows *rows)
{
	struct stun_server *s = arg;
	struct iq_row row;

	s->request = 0;
	if (error)
		log_debug("our server announces no STUN server: %s", error);
	while (rows && iq_rows_next(rows, &row)) {
		int transport;

		if (row.kind != IQ_SERVICE || strcmp(row.type, "stun") || row.port < PORT_MIN ||
		    !is_ours(s, &row))
			continue;
		transport = !strcasecmp(row.transport, "tcp") ? TCP : UDP;
		if (s->services[transport].port)
			continue;
		strcpy(s->services[transport].host, row.host);
		s->services[transport].port = row.port;
	}
	ask_service(s, TCP);
}

static void search(struct stun_server *s)
{
	char host[RESOLVE_HOST_MAX];
	uint16_t port = STUN_PORT;

	forget_search(s);
	if (!s->allowed)
		return;
	if (!s->named) {
		if (s->xmpp)
			s->request =
				account_query(s->xmpp, s->domain,
					      "<services xmlns='" NS_EXTDISCO "' type='stun'/>",
					      PATIENCE, on_services, s);
		return;
	}
	if (!resolve_split(s->named, host, &port) || strlen(host) > IQ_HOST_MAX) {
		log_error("xmpp.stun: '%s' is not like stun.example.org:3478", s->named);
		return;
	}
	for (int i = UDP; i <= TCP; i++) {
		strcpy(s->services[i].host, host);
		s->services[i].port = port;
	}
	ask_service(s, TCP);
}

struct stun_server *stun_server_create(uv_loop_t *loop, void (*changed)(void *owner), void *owner)
{
	struct stun_server *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->changed = changed;
	s->owner = owner;
	return s;
}

void stun_server_destroy(struct stun_server *s)
{
	if (!s)
		return;
	forget_search(s);
	free(s->named);
	free(s->domain);
	free(s);
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

void stun_server_allow(struct stun_server *s, bool allowed, const char *named, const char *jid)
{
	const char *domain = allowed ? jid_domain(jid) : NULL;

	if (s->allowed == allowed && same(s->named, named) && same(s->domain, domain))
		return;
	s->allowed = allowed;
	free(s->named);
	s->named = named ? xstrdup(named) : NULL;
	free(s->domain);
	s->domain = domain ? xstrdup(domain) : NULL;
	s->known = s->has_tcp = false;
	search(s);
}

void stun_server_online(struct stun_server *s, struct account *xmpp)
{
	/* What the user names does not depend on the server. */
	if (s->named) {
		s->xmpp = xmpp;
		return;
	}
	forget_search(s);
	s->xmpp = xmpp;
	search(s);
}

void stun_server_doubt(struct stun_server *s)
{
	s->known = s->has_tcp = false;
	search(s);
}

const struct netaddr *stun_server_seen(const struct stun_server *s, uint16_t *inside)
{
	*inside = s->known ? s->inside : 0;
	return s->known ? &s->outside : NULL;
}

const struct netaddr *stun_server_tcp(const struct stun_server *s)
{
	return s->has_tcp ? &s->tcp : NULL;
}
