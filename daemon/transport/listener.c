/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "listener.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "descriptors.h"
#include "interface-addresses.h"
#include "list.h"
#include "log.h"
#include "quota.h"
#include "sockaddr.h"
#include "tcp-path.h"

/*
 * A connection is unauthenticated until its TLS handshake is done, for TCP_HANDSHAKE_TIMEOUT
 * at most. Its hello must prove a pass, or the connection is dropped without a byte sent.
 *
 * A new connection is never refused while another one has not proven a pass: one from the
 * same address makes room first, else the oldest. This harms no device, which proves its pass
 * at once, and a flood only drops itself. A connection that has proven a pass counts for the
 * buddy to whom the pass was given, and shares places only with that buddy's devices.
 *
 * When no descriptors are left, libuv accepts and closes connections with one that it keeps
 * in reserve. If that fails too, the port is closed for PAUSE: the same connection would be
 * reported again and again.
 */

enum {
	BACKLOG = 64,
	PAUSE = 1000,
};

struct unauthenticated {
	struct list link;		/* listener::unauthenticated, oldest first */
	struct listener *listener;	/* borrowed */
	struct path *path;		/* owned until the `arrived` event */
	char identity[PASS_IDENTITY_LEN + 1];	/* of the pass that the hello names */
	char *jid;			/* the buddy who was given the pass; owned; NULL: none
					   yet */
	bool proven;			/* the hello has proven the pass */
	struct quota_place place;
	char from[NETADDR_TEXT_MAX];	/* netaddr_who() */
};

struct listener {
	uv_loop_t *loop;
	const struct device_key *key;	/* borrowed */
	const struct listener_events *events;
	void *owner;
	uv_tcp_t *socket;		/* owned; NULL during a pause */
	bool v6;
	uint16_t port;
	struct list unauthenticated;
	struct quota places;
	uv_timer_t pause;
};

static void on_socket_closed(uv_handle_t *socket)
{
	free(socket);
}

static void forget(struct unauthenticated *s)
{
	list_remove(&s->link);
	quota_leave(&s->place);
	free(s->jid);
	free(s);
}

static void drop(struct unauthenticated *s)
{
	path_close(s->path);
	forget(s);
}

static struct unauthenticated *of_place(struct quota_place *place)
{
	return (struct unauthenticated *)((char *)place - offsetof(struct unauthenticated, place));
}

static bool find_pass(void *owner, const char *identity, struct pass_use *out)
{
	struct unauthenticated *s = owner;
	struct listener *l = s->listener;
	const char *jid = l->events->expected(l->owner, identity, out);

	if (!jid)
		return false;
	snprintf(s->identity, sizeof(s->identity), "%s", identity);
	free(s->jid);
	s->jid = xstrdup(jid);
	return true;
}

static bool admit(void *owner)
{
	struct unauthenticated *s = owner;
	struct listener *l = s->listener;
	struct quota_place *victim;

	/*
	 * Even if there is no place: somebody may have recorded this hello, so it must not
	 * count again.
	 */
	l->events->proven(l->owner, s->identity);
	switch (quota_ask(&l->places, s->jid, true, &victim)) {
	case QUOTA_NO:
		return false;
	case QUOTA_ROOM:
		if (victim != &s->place)
			drop(of_place(victim));
		break;
	case QUOTA_YES:
		break;
	}
	quota_trust(&s->place, s->jid);
	s->proven = true;
	return true;
}

static const struct tls_gate gate = {
	.find = find_pass,
	.admit = admit,
};

static void on_established(void *owner, const unsigned char *fp)
{
	struct unauthenticated *s = owner;
	struct listener *l = s->listener;
	struct path *path = s->path;
	char identity[PASS_IDENTITY_LEN + 1];

	memcpy(identity, s->identity, sizeof(identity));
	forget(s);
	l->events->arrived(l->owner, path, identity, fp);
}

static void on_closed(void *owner, const char *why)
{
	struct unauthenticated *s = owner;

	log_debug("an unauthenticated connection came and went: %s: %s", path_name(s->path), why);
	forget(s);
}

static const struct path_events path_events = {
	.established = on_established,
	.closed = on_closed,
};

/* The oldest connection without a proven pass: from this address, or from any (NULL). */
static struct unauthenticated *nameless(const struct listener *l, const char *from)
{
	for (struct list *r = l->unauthenticated.next; r != &l->unauthenticated; r = r->next) {
		struct unauthenticated *s = (struct unauthenticated *)r;

		if (!s->proven && (!from || !strcmp(s->from, from)))
			return s;
	}
	return NULL;
}

/* Makes a place for a connection from this address; false if it cannot. */
static bool find_place(struct listener *l, const char *from)
{
	struct quota_place *victim;
	struct unauthenticated *s = NULL;

	switch (quota_ask(&l->places, from, false, &victim)) {
	case QUOTA_YES:
		return true;
	case QUOTA_ROOM:
		s = of_place(victim);
		break;
	case QUOTA_NO:
		s = nameless(l, from);
		if (!s)
			s = nameless(l, NULL);
		break;
	}
	if (s)
		drop(s);
	return s;
}

static void on_pause_over(uv_timer_t *timer);

static void on_connection(uv_stream_t *socket, int status)
{
	struct listener *l = socket->data;
	struct netaddr from;
	struct unauthenticated *s;

	if (status < 0) {
		log_about("the network", LOG_WARNING, "cannot take connections on port %u: %s",
			  l->port, uv_strerror(status));
		uv_close((uv_handle_t *)l->socket, on_socket_closed);
		l->socket = NULL;
		uv_timer_start(&l->pause, on_pause_over, PAUSE, 0);
		return;
	}
	s = xcalloc(1, sizeof(*s));
	s->listener = l;
	s->path = tcp_path_accept(l->loop, socket, l->key, &gate, &path_events, s);
	if (!s->path) {
		free(s);
		return;
	}
	if (tcp_path_from(s->path, &from))
		netaddr_who(&from, s->from);
	if (!find_place(l, s->from)) {
		path_close(s->path);
		free(s);
		return;
	}
	quota_take(&l->places, &s->place, s->from, false);
	list_append(&l->unauthenticated, &s->link);
}

/* 0, or libuv's error. */
static int open_socket(struct listener *l, bool v6)
{
	struct netaddr any = { .v6 = v6, .port = l->port };
	struct sockaddr_storage addr;
	uv_tcp_t *socket = xcalloc(1, sizeof(*socket));
	int error, len = sizeof(addr);

	sockaddr_from(&any, &addr);
	uv_tcp_init(l->loop, socket);
	socket->data = l;
	error = uv_tcp_bind(socket, (struct sockaddr *)&addr, 0);
	if (!error)
		error = uv_listen((uv_stream_t *)socket, BACKLOG, on_connection);
	if (!error)
		error = uv_tcp_getsockname(socket, (struct sockaddr *)&addr, &len);
	if (error) {
		uv_close((uv_handle_t *)socket, on_socket_closed);
		return error;
	}
	sockaddr_to((struct sockaddr *)&addr, &any);
	l->socket = socket;
	l->v6 = v6;
	l->port = any.port;
	return 0;
}

/*
 * The IPv6 socket takes IPv4, too; a machine without IPv6 gets an IPv4 socket. If only a
 * descriptor was lacking, IPv4 is not tried: it might get one, and nobody could reach us by
 * IPv6 later.
 */
static int listen_anywhere(struct listener *l)
{
	int error = open_socket(l, true);

	return error && !descriptors_lacking(-error) ? open_socket(l, false) : error;
}

static void on_pause_over(uv_timer_t *timer)
{
	struct listener *l = timer->data;

	if (listen_anywhere(l) < 0)
		uv_timer_start(timer, on_pause_over, PAUSE, 0);
}

static void on_listener_closed(uv_handle_t *timer)
{
	free(timer->data);
}

struct listener *listener_create(uv_loop_t *loop, const struct device_key *key, uint16_t port,
				 const struct listener_events *events, void *owner, int *error)
{
	struct listener *l = xcalloc(1, sizeof(*l));

	l->loop = loop;
	l->key = key;
	l->port = port;
	l->events = events;
	l->owner = owner;
	list_init(&l->unauthenticated);
	quota_init(&l->places, LISTENER_UNAUTHENTICATED_MAX, false);
	uv_timer_init(loop, &l->pause);
	l->pause.data = l;
	*error = listen_anywhere(l);
	if (*error) {
		listener_destroy(l);
		return NULL;
	}
	return l;
}

void listener_destroy(struct listener *l)
{
	if (!l)
		return;
	while (!list_alone(&l->unauthenticated))
		drop((struct unauthenticated *)l->unauthenticated.next);
	quota_finish(&l->places);
	if (l->socket)
		uv_close((uv_handle_t *)l->socket, on_socket_closed);
	uv_close((uv_handle_t *)&l->pause, on_listener_closed);
}

uint16_t listener_port(const struct listener *l)
{
	return l->port;
}

static bool among(const struct netaddr *list, size_t n, const struct netaddr *a)
{
	for (size_t i = 0; i < n; i++)
		if (netaddr_equal(&list[i], a))
			return true;
	return false;
}

/* Whether the device may dial us at this address. */
static bool shows(const struct listener *l, bool local, const struct netaddr *a)
{
	return (!a->v6 || l->v6) && netaddr_may_dial(a, local);
}

size_t listener_addresses(const struct listener *l, bool local, const struct netaddr *extra,
			  size_t n_extra, struct netaddr *out, size_t max)
{
	struct netaddr *own;
	size_t n = 0, n_own;

	for (size_t i = 0; i < n_extra && n < max; i++)
		if (!among(out, n, &extra[i]))
			out[n++] = extra[i];
	own = interface_addresses(&n_own);
	for (size_t i = 0; i < n_own && n < max; i++) {
		own[i].port = l->port;
		if (shows(l, local, &own[i]) && !among(out, n, &own[i]))
			out[n++] = own[i];
	}
	free(own);
	return n;
}
