/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a path over TCP begins. Dialled: connect, then TLS, our hello first. Accepted: TLS at once.
 * By both sides at once: connect from a port of our choice, then TLS, the hello of who offered.
 * Through a proxy: connect, SOCKS5, a pause until both sides have joined, then TLS.
 */
#include "tcp-path-internal.h"

#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "sockaddr.h"
#include "tcp-tuning.h"

enum {
	UNSENT_MAX = 256 * 1024, /* bytes in the socket's buffer that are not on their
				    way */
};

/* The TCP connection is established. */
static void start(struct tcp_path *p, const char *because)
{
	struct buf greeting = { 0 };
	uv_os_fd_t fd;

	/* A control record cannot overtake the kernel's unsent data, so bound that. */
	if (!uv_fileno((uv_handle_t *)&p->tcp, &fd)) {
		tcp_limit_unsent(fd, UNSENT_MAX);
		tcp_prefer_bbr(fd);
	}
	uv_tcp_nodelay(&p->tcp, 1);
	tcp_path_enter(p, p->hash ? TCP_ASKING : TCP_OPEN, TCP_HANDSHAKE_TIMEOUT, because);
	tcp_bytes_read(p);
	if (!p->hash) {
		tcp_bytes_send(p);
		return;
	}
	socks5_start(&p->socks, p->hash, &greeting);
	tcp_bytes_ask_proxy(p, &greeting);
}

static void name_after_peer(struct tcp_path *p)
{
	char text[NETADDR_TEXT_MAX];
	struct netaddr from;

	if (!tcp_path_from(&p->tls.path, &from))
		return;
	netaddr_format(&from, text);
	snprintf(p->tls.path.name, sizeof(p->tls.path.name), "direct %s", text);
}

/* Both sides have connected to each other. */
static void meet(struct tcp_path *p)
{
	name_after_peer(p);
	p->joined(p->tls.path.owner);
	start(p, "both are there");
}

static void on_connected(uv_connect_t *connect, int status)
{
	struct tcp_path *p = connect->data;

	if (p->state != TCP_CONNECTING)
		return;
	if (status < 0)
		tcp_path_break(p, uv_strerror(status));
	else if (p->joined && !p->hash)
		meet(p);
	else
		start(p, "it answers");
}

static void dial(struct tcp_path *p, const struct netaddr *to)
{
	struct sockaddr_storage addr;

	sockaddr_from(to, &addr);
	p->dial_error =
		uv_tcp_connect(&p->connect, &p->tcp, (struct sockaddr *)&addr, on_connected);
	tcp_path_limit(p, p->dial_error ? 0 : TCP_CONNECT_TIMEOUT);
}

struct path *tcp_path_dial(uv_loop_t *loop, const struct device_key *key, const struct netaddr *to,
			   const struct pass_use *use, const char *name,
			   const struct path_events *events, void *owner)
{
	struct tcp_path *p =
		tcp_path_create(loop, key, PATH_DIRECT, name, true, use, events, owner);

	dial(p, to);
	return &p->tls.path;
}

/* The gate of an accepted path: its owner decides. */

static bool ask_owner(void *arg, const char *identity, struct pass_use *out)
{
	struct tcp_path *p = arg;

	return p->gate->find(p->tls.path.owner, identity, out);
}

static bool admit_by_owner(void *arg)
{
	struct tcp_path *p = arg;

	return p->gate->admit(p->tls.path.owner);
}

static const struct tls_gate owners_gate = {
	.find = ask_owner,
	.admit = admit_by_owner,
};

/* The gate of a path through a proxy: only its one pass opens it. */

static bool is_expected(void *arg, const char *identity, struct pass_use *out)
{
	struct tcp_path *p = arg;

	*out = p->use;
	return !strcmp(identity, p->use.identity);
}

static bool admit(void *arg)
{
	return true;
}

static const struct tls_gate proxy_gate = {
	.find = is_expected,
	.admit = admit,
};

struct path *tcp_path_accept(uv_loop_t *loop, uv_stream_t *listener, const struct device_key *key,
			     const struct tls_gate *gate, const struct path_events *events,
			     void *owner)
{
	struct tcp_path *p =
		tcp_path_create(loop, key, PATH_DIRECT, "direct", false, NULL, events, owner);
	int error = uv_accept(listener, (uv_stream_t *)&p->tcp);

	if (error) {
		tcp_path_finish(p, uv_strerror(error));
		return NULL;
	}
	p->gate = gate;
	tls_set_gate(p->tls.tls, &owners_gate, p);
	name_after_peer(p);
	start(p, "it was accepted");
	return &p->tls.path;
}

struct path *tcp_path_punch(uv_loop_t *loop, const struct device_key *key,
			    const struct netaddr *from, const struct netaddr *to,
			    const struct pass_use *use, const struct tls_gate *gate,
			    const char *name, tcp_path_joined connected,
			    const struct path_events *events, void *owner)
{
	struct tcp_path *p = tcp_path_create(loop, key, PATH_DIRECT, name, use, use, events, owner);
	struct sockaddr_storage addr;

	p->joined = connected;
	p->gate = gate;
	if (!use)
		tls_set_gate(p->tls.tls, &owners_gate, p);
	sockaddr_from(from, &addr);
	/* Whether the port is free there is said by the connect that follows. */
	uv_tcp_bind(&p->tcp, (struct sockaddr *)&addr, from->v6 ? UV_TCP_IPV6ONLY : 0);
	dial(p, to);
	return &p->tls.path;
}

struct path *tcp_path_join(uv_loop_t *loop, const struct device_key *key,
			   const struct netaddr *proxy, const char *hash,
			   const struct pass_use *use, bool client, const char *name,
			   tcp_path_joined joined, const struct path_events *events, void *owner)
{
	struct tcp_path *p = tcp_path_create(loop, key, PATH_PROXY, name, client,
					     client ? use : NULL, events, owner);

	p->hash = xstrdup(hash);
	p->use = *use;
	p->joined = joined;
	if (!client)
		tls_set_gate(p->tls.tls, &proxy_gate, p);
	dial(p, proxy);
	return &p->tls.path;
}

void tcp_path_begin(struct path *path)
{
	struct tcp_path *p = (struct tcp_path *)path;
	struct buf early = p->socks.in;

	if (p->state != TCP_JOINED)
		return;
	p->socks.in = (struct buf){ 0 };
	tcp_path_enter(p, TCP_OPEN, TCP_HANDSHAKE_TIMEOUT, "the bytestream begins");
	tcp_bytes_send(p);
	if (p->state == TCP_OPEN && buf_len(&early))
		tcp_bytes_take(p, buf_data(&early), buf_len(&early));
	buf_finish(&early);
}
