/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "puncher.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alloc.h"
#include "interface-addresses.h"
#include "io.h"
#include "log.h"
#include "pass-key.h"
#include "punch.h"
#include "random.h"
#include "sockaddr.h"
#include "stun-query.h"
#include "tcp-path.h"
#include "wipe.h"

/*
 * A port is held by a socket that is bound and never used; each try has a socket of its own,
 * bound to the same port, for a socket that was refused cannot connect again. The port of
 * IPv6 is bound to the one address that is told: a host may have several, and its firewall
 * lets in what answers the one from which something went out.
 *
 * Where the NAT changes ports, a STUN server is asked from that very port how it is seen, before
 * anything is told. A NAT that gives each destination another port tells it one that is of no
 * use, and the attempt comes to nothing.
 *
 * The machine decides; here are its sockets, its timer and its chance. Each try of the side
 * that offered uses the pass once more, and the other side takes each of these numbers once.
 */

enum {
	NUMBERS = PUNCH_ADDRESSES_MAX * PUNCH_TRIES,
	INTERFACE_ADDRESSES = 64,	/* more are not looked at */
};

struct punch_try {
	struct puncher *puncher;	/* borrowed */
	struct path *path;		/* owned; NULL: none is open */
	uint64_t number;		/* of the server: the use of the pass that was named */
};

struct puncher {
	uv_loop_t *loop;
	const struct device_key *key;	/* borrowed */
	unsigned char fp[FINGERPRINT_BYTES];	/* the device's */
	const struct puncher_events *events;
	void *owner;
	bool client, over;
	struct pass pass;
	uint64_t number;		/* of the pass's last use, by the client */
	bool seen[NUMBERS + 1];		/* uses that were proven to the server */
	struct punch machine;
	struct punch_record ours;	/* what is told */
	struct netaddr mapped;		/* among its addresses, how the world sees us, as far as is
					   known; port 0: not */
	struct stun_query *query;	/* owned; its connection keeps the port in the NAT */
	struct netaddr from[2];		/* of IPv4, of IPv6: where tries are bound to */
	uv_tcp_t ports[2];		/* hold those ports */
	struct punch_try tries[PUNCH_ADDRESSES_MAX];
	uv_timer_t timer;
	int open_handles;
};

/* Where we are reached */

/* The address that the system would use towards this one. A route is looked up, no more. */
static bool source_towards(const char *global, struct netaddr *out)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	struct netaddr a;
	bool found;
	int fd;

	if (!netaddr_parse(global, &a))
		return false;
	sockaddr_from(&a, &addr);
	fd = io_socket(addr.ss_family, SOCK_DGRAM);
	if (fd < 0)
		return false;
	found = !connect(fd, (struct sockaddr *)&addr,
			 a.v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in)) &&
		!getsockname(fd, (struct sockaddr *)&addr, &len) &&
		sockaddr_to((struct sockaddr *)&addr, out);
	close(fd);
	return found;
}

/* Our addresses; first those that the system would use towards the world. */
static size_t own_addresses(struct netaddr out[INTERFACE_ADDRESSES])
{
	struct netaddr *list;
	size_t n = 0, count;

	n += source_towards("[2600::]:9", &out[n]);
	n += source_towards("1.1.1.1:9", &out[n]);
	list = interface_addresses(&count);
	for (size_t i = 0; i < count && n < INTERFACE_ADDRESSES; i++)
		out[n++] = list[i];
	free(list);
	return n;
}

bool puncher_has_address(const struct puncher_world *world)
{
	struct netaddr own[INTERFACE_ADDRESSES];
	size_t n;

	if (world->mapped)
		return true;
	n = own_addresses(own);
	for (size_t i = 0; i < n; i++)
		if (netaddr_scope(&own[i]) == NETADDR_GLOBAL)
			return true;
	return false;
}

/* The end */

static void on_handle_closed(uv_handle_t *handle)
{
	struct puncher *p = handle->data;

	if (--p->open_handles)
		return;
	wipe(&p->pass, sizeof(p->pass));
	wipe(&p->ours, sizeof(p->ours));
	free(p);
}

static void release(struct puncher *p)
{
	p->over = true;
	stun_query_destroy(p->query);
	p->query = NULL;
	uv_close((uv_handle_t *)&p->timer, on_handle_closed);
	for (int i = 0; i < 2; i++)
		uv_close((uv_handle_t *)&p->ports[i], on_handle_closed);
}

static void tell(struct puncher *p, enum punch_step step, const char *reason)
{
	struct punch_record record = { .pass = p->pass, .step = step };

	snprintf(record.reason, sizeof(record.reason), "%s", reason);
	p->events->send(p->owner, &record);
}

static void on_tell(void *owner)
{
	struct puncher *p = owner;

	p->events->send(p->owner, &p->ours);
}

static void on_failed(void *owner, const char *why, bool told)
{
	struct puncher *p = owner;
	const struct puncher_events *events = p->events;
	void *above = p->owner;
	char text[REASON_MAX + 1];

	snprintf(text, sizeof(text), "%s", why);
	if (told)
		tell(p, PUNCH_FAILED, why);
	release(p);
	events->failed(above, text);
}

/* Tries */

static void on_timer(uv_timer_t *timer);

static void set_timer(struct puncher *p)
{
	uint64_t now = uv_now(p->loop), at;

	if (p->over)
		return;
	at = punch_deadline(&p->machine);
	if (at == UINT64_MAX)
		uv_timer_stop(&p->timer);
	else
		uv_timer_start(&p->timer, on_timer, at > now ? at - now : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
	struct puncher *p = timer->data;

	punch_step(&p->machine, uv_now(p->loop));
	set_timer(p);
}

static unsigned slot_of(const struct punch_try *t)
{
	return (unsigned)(t - t->puncher->tries);
}

static void on_connected(void *owner)
{
	struct punch_try *t = owner;

	punch_connected(&t->puncher->machine, slot_of(t));
}

static void on_closed(void *owner, const char *why)
{
	struct punch_try *t = owner;
	struct puncher *p = t->puncher;
	uint32_t random;

	log_debug("punching: %s: %s", path_name(t->path), why);
	t->path = NULL;
	random_bytes(&random, sizeof(random));
	punch_refused(&p->machine, slot_of(t), random, uv_now(p->loop));
	set_timer(p);
}

static void on_established(void *owner, const unsigned char *fp)
{
	struct punch_try *t = owner;
	struct puncher *p = t->puncher;
	const struct puncher_events *events = p->events;
	struct path *path = t->path;
	bool client = p->client;
	void *above = p->owner;

	log_debug("punched: %s", path_name(path));
	t->path = NULL;
	punch_proven(&p->machine, slot_of(t));
	release(p);
	events->reached(above, path, fp, client);
}

static const struct path_events path_events = {
	.established = on_established,
	.closed = on_closed,
};

/* The gate of the server: each use of this one pass, once. */

static bool number_of(const struct puncher *p, const char *identity, uint64_t *number)
{
	char token[PASS_TOKEN_LEN + 1];

	return pass_identity(identity, token, number) && !strcmp(token, p->pass.token) &&
	       *number <= NUMBERS;
}

static bool find_pass(void *owner, const char *identity, struct pass_use *out)
{
	struct punch_try *t = owner;
	const struct puncher *p = t->puncher;
	uint64_t number;

	if (!number_of(p, identity, &number) || p->seen[number])
		return false;
	t->number = number;
	pass_use(&p->pass, number, false, device_key_fingerprint(p->key), p->fp, out);
	return true;
}

static bool admit(void *owner)
{
	const struct punch_try *t = owner;

	t->puncher->seen[t->number] = true;
	return true;
}

static const struct tls_gate gate = {
	.find = find_pass,
	.admit = admit,
};

static void on_connect(void *owner, unsigned slot, const struct netaddr *to)
{
	struct puncher *p = owner;
	struct punch_try *t = &p->tries[slot];
	char text[NETADDR_TEXT_MAX], name[NETADDR_TEXT_MAX + 8];
	struct netaddr from = p->from[to->v6];
	struct pass_use use = { 0 };

	netaddr_format(to, text);
	snprintf(name, sizeof(name), "direct %s", text);
	if (to->v6 && netaddr_scope(to) != NETADDR_GLOBAL)
		memset(from.ip, 0, sizeof(from.ip));
	if (p->client)
		pass_use(&p->pass, ++p->number, true, device_key_fingerprint(p->key), p->fp, &use);
	t->path = tcp_path_punch(p->loop, p->key, &from, to, p->client ? &use : NULL, &gate, name,
				 on_connected, &path_events, t);
	wipe(&use, sizeof(use));
}

static void on_drop(void *owner, unsigned slot)
{
	struct puncher *p = owner;
	struct path *path = p->tries[slot].path;

	p->tries[slot].path = NULL;
	path_close(path);
}

static const struct punch_events machine_events = {
	.tell = on_tell,
	.connect = on_connect,
	.drop = on_drop,
	.failed = on_failed,
};

/* The beginning */

/* Takes a port; 0: there is none of this family. */
static uint16_t take_port(struct puncher *p, const struct netaddr *own, size_t n, bool v6)
{
	struct netaddr *from = &p->from[v6];
	struct sockaddr_storage addr;
	struct netaddr bound;
	int len = sizeof(addr);

	*from = (struct netaddr){ .v6 = v6 };
	for (size_t i = 0; i < n && v6; i++) {
		if (!own[i].v6 || netaddr_scope(&own[i]) != NETADDR_GLOBAL)
			continue;
		*from = own[i];
		break;
	}
	from->port = 0;
	sockaddr_from(from, &addr);
	if (uv_tcp_bind(&p->ports[v6], (struct sockaddr *)&addr, v6 ? UV_TCP_IPV6ONLY : 0) ||
	    uv_tcp_getsockname(&p->ports[v6], (struct sockaddr *)&addr, &len) ||
	    !sockaddr_to((struct sockaddr *)&addr, &bound))
		return 0;
	return from->port = bound.port;
}

static struct puncher *create(uv_loop_t *loop, const struct device_key *key,
			      const unsigned char *fp, const struct puncher_events *events,
			      void *owner)
{
	struct puncher *p = xcalloc(1, sizeof(*p));

	p->loop = loop;
	p->key = key;
	memcpy(p->fp, fp, sizeof(p->fp));
	p->events = events;
	p->owner = owner;
	uv_timer_init(loop, &p->timer);
	p->timer.data = p;
	for (unsigned i = 0; i < PUNCH_ADDRESSES_MAX; i++)
		p->tries[i].puncher = p;
	for (int i = 0; i < 2; i++) {
		uv_tcp_init(loop, &p->ports[i]);
		p->ports[i].data = p;
	}
	p->open_handles = 3;
	return p;
}

/* The answer of the observer takes the place of what was known. */
static void on_outside(void *owner, const struct netaddr *outside, uint16_t inside)
{
	struct puncher *p = owner;

	for (size_t i = 0; outside && i < p->ours.n; i++)
		if (netaddr_equal(&p->ours.addresses[i], &p->mapped) && !outside->v6 &&
		    netaddr_scope(outside) == NETADDR_GLOBAL)
			p->ours.addresses[i] = *outside;
	punch_go(&p->machine, uv_now(p->loop));
	set_timer(p);
}

static void ask(struct puncher *p, const struct netaddr *observer)
{
	p->query = stun_query_start(p->loop, observer, true, &p->from[0], PUNCH_ASK_MAX, on_outside,
				    p);
	if (p->query)
		punch_wait(&p->machine, uv_now(p->loop));
}

static bool answer(struct puncher *p, const struct punch_record *offer, bool local)
{
	p->pass = offer->pass;
	return punch_answer(&p->machine, &machine_events, p, local, offer, uv_now(p->loop));
}

struct puncher *puncher_start(uv_loop_t *loop, const struct device_key *key,
			      const unsigned char *fp, const struct puncher_world *world,
			      const struct punch_record *offer, const struct puncher_events *events,
			      void *owner)
{
	struct puncher *p = create(loop, key, fp, events, owner);
	struct netaddr own[INTERFACE_ADDRESSES];
	size_t n = own_addresses(own);
	uint16_t port6 = take_port(p, own, n, true), port4 = take_port(p, own, n, false);

	p->client = !offer;
	if (world->mapped) {
		p->mapped = *world->mapped;
		p->mapped.port = port4;
	}
	p->ours.step = offer ? PUNCH_READY : PUNCH_OFFER;
	p->ours.n = punch_addresses(own, n, p->mapped.port ? &p->mapped : NULL, port4, port6,
				    world->local, p->ours.addresses);
	if (!p->ours.n || (offer && !answer(p, offer, world->local))) {
		release(p);
		return NULL;
	}
	if (!offer) {
		pass_make(&p->pass);
		punch_offer(&p->machine, &machine_events, p, world->local, uv_now(loop));
	}
	p->ours.pass = p->pass;
	if (world->observer && p->mapped.port)
		ask(p, world->observer);
	if (!p->query)
		on_tell(p);
	set_timer(p);
	return p;
}

void puncher_record(struct puncher *p, const struct punch_record *record)
{
	punch_hear(&p->machine, record, uv_now(p->loop));
	set_timer(p);
}

const char *puncher_sid(const struct puncher *p)
{
	return p->pass.token;
}

void puncher_destroy(struct puncher *p)
{
	if (!p)
		return;
	punch_end(&p->machine);
	release(p);
}
