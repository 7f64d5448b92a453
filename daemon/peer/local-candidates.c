/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The listener runs while the configuration allows to show an address. If its port is in use
 * by another program, opening it is retried. Proxies are looked up when a link first needs
 * one. When an interface appears or disappears, or the machine wakes up, every link has to
 * prove that it is alive, devices are told our present addresses, and waits are forgotten.
 *
 * While a link needs a better path, the router is asked to forward the listener's port. Then
 * devices are told where, as they are told the addresses of our interfaces: never where the user
 * shows only some addresses, or none.
 */
#include "local-candidates.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "backoff-timer.h"
#include "connector.h"
#include "listener.h"
#include "log.h"
#include "mapper.h"
#include "netwatch.h"
#include "pass-key.h"
#include "peer.h"
#include "reflexive.h"
#include "seen-address.h"
#include "stun-server.h"

struct local_candidates {
	uv_loop_t *loop;
	struct peers *peers;		/* borrowed */
	const struct local_candidates_events *events;
	void *owner;
	const struct config *config;	/* borrowed */
	const struct device_key *key;	/* borrowed; NULL: there is none */
	struct listener *listener;	/* owned; NULL: nobody can dial us */
	uint16_t wanted_port;		/* the port that the listener is for */
	int refused;			/* why there is no listener: an error of libuv; 0: it
					   runs, or none is wanted */
	struct backoff_timer closed;	/* runs until opening is tried again */
	struct seen_address *seen;	/* owned */
	struct stun_server *stun;	/* owned */
	struct reflexive reflexive;	/* how the world sees us by IPv4 */
	uv_timer_t soon;		/* devices are told then what one of them has said */
	int open_handles;
	bool has_address;		/* puncher_has_address(), as of the last change */
	struct s5b_proxies *proxies;	/* owned */
	struct netwatch *netwatch;	/* owned */
	struct mapper *mapper;		/* owned */
};

/* The peer to which we gave the pass with this identity; NULL: none. */
static struct peer *find_peer(const struct local_candidates *r, const char *identity,
			      uint64_t *number)
{
	char token[PASS_TOKEN_LEN + 1];

	return pass_identity(identity, token, number) ? peer_by_token(r->peers, token) : NULL;
}

static const char *who_expects(void *owner, const char *identity, struct pass_use *out)
{
	struct local_candidates *r = owner;
	uint64_t number;
	const struct peer *p = find_peer(r, identity, &number);
	const struct pass *pass = p && p->fp_known ? connector_pass(p->connector, number) : NULL;

	if (!pass)
		return NULL;
	pass_use(pass, number, false, r->peers->context->fp, p->fp, out);
	return p->jid;
}

static void on_proven(void *owner, const char *identity)
{
	uint64_t number;
	struct peer *p = find_peer(owner, identity, &number);

	if (p)
		connector_pass_used(p->connector, number);
}

static void on_arrived(void *owner, struct path *path, const char *identity,
		       const unsigned char *fp)
{
	uint64_t number;
	struct peer *p = find_peer(owner, identity, &number);

	if (p)
		peer_arrived(p, path, fp);
	else
		path_close(path);
}

static const struct listener_events listener_events = {
	.expected = who_expects,
	.proven = on_proven,
	.arrived = on_arrived,
};

static void look_at_addresses(struct local_candidates *r);

/* Whether addresses of ours are told that the user has not configured. */
static bool may_look(const struct local_candidates *r)
{
	return r->key && r->config && r->config->direct_addresses == DIRECT_ALL;
}

static void on_seen(void *owner)
{
	struct local_candidates *r = owner;

	look_at_addresses(r);
	peers_reload(r->peers);
}

static void on_soon(uv_timer_t *timer)
{
	struct local_candidates *r = timer->data;
	const struct netaddr *mapped = reflexive_address(&r->reflexive);
	char text[NETADDR_TEXT_MAX] = "nothing";

	if (mapped)
		netaddr_format(mapped, text);
	log_about("the network", LOG_INFO, "a device sees us; the world sees %s", text);
	look_at_addresses(r);
	peers_reload(r->peers);
}

/* The record of a link has said that, and a link is not written to while it is read. */
void local_candidates_seen(struct local_candidates *r, const struct netaddr *outside,
			   uint16_t inside)
{
	if (may_look(r) && reflexive_note(&r->reflexive, REFLEXIVE_DEVICE, outside, inside))
		uv_timer_start(&r->soon, on_soon, 0, 0);
}

static void on_proxies(void *owner)
{
	struct local_candidates *r = owner;

	peers_refresh(r->peers);
}

bool local_candidates_may_dial(const struct local_candidates *r)
{
	return r->config && r->config->direct_addresses != DIRECT_NEVER;
}

void local_candidates_world(const struct local_candidates *r, struct puncher_world *out)
{
	*out = (struct puncher_world){
		.local = r->config->direct_local,
		.mapped = reflexive_address(&r->reflexive),
		.observer = local_candidates_ports_change(r) ? stun_server_tcp(r->stun) : NULL,
	};
}

static void look_at_addresses(struct local_candidates *r)
{
	const struct netaddr *configured = NULL, *asked;
	const struct config *c = r->config;
	struct puncher_world world;
	uint16_t inside;

	r->has_address = false;
	/* An attempt tells addresses of our interfaces. */
	if (!may_look(r)) {
		r->reflexive = (struct reflexive){ 0 };
		return;
	}
	for (size_t i = 0; i < c->n_direct_extra && !configured; i++)
		if (!c->direct_extra[i].v6)
			configured = &c->direct_extra[i];
	reflexive_note(&r->reflexive, REFLEXIVE_USER, configured, 0);
	reflexive_note(&r->reflexive, REFLEXIVE_SERVER, seen_address(r->seen), 0);
	asked = stun_server_seen(r->stun, &inside);
	reflexive_note(&r->reflexive, REFLEXIVE_STUN, asked, inside);
	local_candidates_world(r, &world);
	r->has_address = puncher_has_address(&world);
}

bool local_candidates_may_punch(const struct local_candidates *r)
{
	return r->has_address && r->config->transport & PATH_MASK(PATH_DIRECT);
}

bool local_candidates_ports_change(const struct local_candidates *r)
{
	return reflexive_ports(&r->reflexive) == REFLEXIVE_PORTS_CHANGED;
}

static void on_network(void *owner, enum netwatch_news news)
{
	struct local_candidates *r = owner;

	log_about("the network", LOG_INFO, "%s; looking at every connection",
		  news == NETWATCH_WOKE ? "the machine was asleep" : "the network has changed");
	r->events->network_changed(r->owner);
	seen_address_doubt(r->seen);
	stun_server_doubt(r->stun);
	r->reflexive = (struct reflexive){ 0 };
	look_at_addresses(r);
	mapper_network_changed(r->mapper);
	peers_network_changed(r->peers);
}

struct s5b_proxies *local_candidates_proxies(const struct local_candidates *r)
{
	return r->proxies;
}

uint16_t local_candidates_port(const struct local_candidates *r)
{
	return r->listener ? listener_port(r->listener) : 0;
}

const char *local_candidates_trouble(const struct local_candidates *r, uint64_t *left)
{
	*left = backoff_timer_left(&r->closed);
	return r->refused ? uv_strerror(r->refused) : NULL;
}

static void close_listener(struct local_candidates *r)
{
	listener_destroy(r->listener);
	r->listener = NULL;
	r->refused = 0;
	backoff_timer_end(&r->closed);
}

/* The port that the router may be asked for. */
static void look_at_mapping(struct local_candidates *r)
{
	const struct config *c = r->config;
	bool wanted = r->listener && c->port_mapping && c->direct_addresses == DIRECT_ALL;

	mapper_allow(r->mapper, wanted ? listener_port(r->listener) : 0);
}

void local_candidates_close(struct local_candidates *r)
{
	close_listener(r);
	look_at_mapping(r);
}

static void open_listener(struct local_candidates *r)
{
	r->listener = listener_create(r->loop, r->key, r->wanted_port, &listener_events, r,
				      &r->refused);
	if (r->listener) {
		if (backoff_timer_end(&r->closed))
			log_info("listening on port %u", listener_port(r->listener));
	} else if (backoff_timer_begin(&r->closed)) {
		log_warning("cannot listen on port %u, which is tried again: %s", r->wanted_port,
			    uv_strerror(r->refused));
	}
}

static void on_mapped(void *owner)
{
	struct local_candidates *r = owner;

	peers_reload(r->peers);
}

void local_candidates_use(struct local_candidates *r, enum mapping_use use)
{
	mapper_use(r->mapper, use);
}

const struct port_mapping *local_candidates_mapping(const struct local_candidates *r)
{
	return mapper_mapping(r->mapper);
}

static void on_open_again(void *owner)
{
	struct local_candidates *r = owner;

	open_listener(r);
	look_at_mapping(r);
	if (r->listener)
		peers_reload(r->peers);
}

static void listen_as_configured(struct local_candidates *r)
{
	const struct config *c = r->config;
	bool wanted =
		r->key && local_candidates_may_dial(r) && c->transport & PATH_MASK(PATH_DIRECT);

	if (!wanted || r->wanted_port != c->direct_port)
		close_listener(r);
	if (r->listener || !wanted)
		return;
	r->wanted_port = c->direct_port;
	open_listener(r);
}

struct local_candidates *local_candidates_create(uv_loop_t *loop, struct peers *peers,
						 const struct local_candidates_events *events,
						 void *owner)
{
	struct local_candidates *r = xcalloc(1, sizeof(*r));

	r->loop = loop;
	r->peers = peers;
	r->events = events;
	r->owner = owner;
	r->proxies = s5b_proxies_create(loop, on_proxies, r);
	r->seen = seen_address_create(on_seen, r);
	r->stun = stun_server_create(loop, on_seen, r);
	r->netwatch = netwatch_create(loop, on_network, r);
	r->mapper = mapper_create(loop, on_mapped, r);
	backoff_timer_init(&r->closed, loop, on_open_again, r);
	uv_timer_init(loop, &r->soon);
	r->soon.data = r;
	r->open_handles = 2;
	return r;
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct local_candidates *r = handle->data;

	if (--r->open_handles == 0)
		free(r);
}

void local_candidates_destroy(struct local_candidates *r)
{
	if (!r)
		return;
	listener_destroy(r->listener);
	s5b_proxies_destroy(r->proxies);
	seen_address_destroy(r->seen);
	stun_server_destroy(r->stun);
	netwatch_destroy(r->netwatch);
	mapper_destroy(r->mapper);
	backoff_timer_close(&r->closed, on_handle_closed, r);
	uv_close((uv_handle_t *)&r->soon, on_handle_closed);
}

void local_candidates_reload(struct local_candidates *r, const struct config *config,
			     const struct device_key *key)
{
	bool ask;

	r->config = config;
	r->key = key;
	listen_as_configured(r);
	look_at_mapping(r);
	/* Behind a proxy of ours the server sees the proxy, and nothing goes past that. */
	ask = may_look(r) && !config->proxy;
	seen_address_allow(r->seen, ask);
	stun_server_allow(r->stun, ask && config->jid && !config->stun_never, config->stun,
			  config->jid);
	look_at_addresses(r);
	peers_reload(r->peers);
}

void local_candidates_online(struct local_candidates *r, struct account *xmpp)
{
	s5b_proxies_online(r->proxies, xmpp);
	seen_address_online(r->seen, xmpp);
	stun_server_online(r->stun, xmpp);
}

void local_candidates_fill(struct local_candidates *r, const struct pass *pass,
			   struct candidates *out)
{
	const struct config *c = r->config;
	const struct netaddr *mapped = port_mapping_external(mapper_mapping(r->mapper));
	struct netaddr extra[DIRECT_EXTRA_MAX + 1];
	size_t n = c->n_direct_extra;

	*out = (struct candidates){ .allowed = c->transport };
	if (!r->listener)
		return;
	out->pass = *pass;
	if (c->direct_addresses == DIRECT_CONFIGURED) {
		out->n = c->n_direct_extra;
		memcpy(out->addresses, c->direct_extra, sizeof(c->direct_extra));
		return;
	}
	memcpy(extra, c->direct_extra, sizeof(c->direct_extra));
	if (mapped)
		extra[n++] = *mapped;
	out->n = listener_addresses(r->listener, c->direct_local, extra, n, out->addresses,
				    CANDIDATES_MAX);
}
