/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The floor for a broker at rest: a program that links what the broker links,
 * is logged in over TLS and available, and does nothing else. It prints
 * "online" and stays until it is killed.
 *
 *   bare --server=127.0.0.1:5222 --ca-file=FILE --account=JID/PASSWORD
 *
 * The libraries are mapped and initialised, libgit2's and libuv's included;
 * beyond that there is one connection, and no buffer but the libraries' own.
 */

#include <getopt.h>
#include <git2.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strophe.h>
#include <sys/epoll.h>
#include <uv.h>

struct options {
	char *host;
	unsigned short port;
	const char *ca_file;
	char *jid, *password;
};

struct bare {
	xmpp_ctx_t *ctx;
	xmpp_conn_t *conn;
	unsigned fires;		/* of a timed handler without a period, in one pass */
	bool online;
	uv_poll_t poll;
	uv_timer_t tick;	/* libstrophe's own time-outs, until the login */
};

/* libstrophe's callback for new sockets has no user data. */
static int the_epoll = -1;

static void die(const char *what)
{
	fprintf(stderr, "bare: %s\n", what);
	exit(1);
}

static void parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "server", required_argument, NULL, 's' },
		{ "ca-file", required_argument, NULL, 'c' },
		{ "account", required_argument, NULL, 'a' },
		{ NULL, 0, NULL, 0 },
	};
	char *separator;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			o->host = optarg;
			break;
		case 'c':
			o->ca_file = optarg;
			break;
		case 'a':
			o->jid = optarg;
			break;
		default:
			exit(129);
		}
	}
	separator = o->host ? strrchr(o->host, ':') : NULL;
	if (!separator)
		die("--server=<host>:<port> is needed");
	*separator = '\0';
	o->port = atoi(separator + 1);
	o->password = o->jid ? strchr(o->jid, '/') : NULL;
	if (!o->password)
		die("--account=<jid>/<password> is needed");
	*o->password++ = '\0';
}

/* Edge-triggered, for it is not told whether libstrophe still has something to write. */
static int on_socket(xmpp_conn_t *conn, void *sock)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET };

	return epoll_ctl(the_epoll, EPOLL_CTL_ADD, *(int *)sock, &event);
}

/* Called at the start of a pass, and again at its end if the socket or TLS had something. */
static int on_fire(xmpp_ctx_t *ctx, void *userdata)
{
	struct bare *b = userdata;

	b->fires++;
	return 1;
}

static void pump(struct bare *b)
{
	struct epoll_event event;

	while (epoll_wait(the_epoll, &event, 1, 0) > 0)
		;
	do {
		b->fires = 0;
		xmpp_run_once(b->ctx, 0);
	} while (b->fires > 1);
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
	pump(handle->data);
}

static void on_tick(uv_timer_t *handle)
{
	pump(handle->data);
}

static void on_connection(xmpp_conn_t *conn, xmpp_conn_event_t event, int error,
			  xmpp_stream_error_t *stream_error, void *userdata)
{
	struct bare *b = userdata;

	if (event != XMPP_CONN_CONNECT)
		die(b->online ? "the connection was lost" : "cannot log in");
	b->online = true;
	uv_timer_stop(&b->tick);
	xmpp_send_raw_string(conn, "<presence/>");
	puts("online");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	struct bare b = { 0 };
	uv_loop_t loop;

	parse_options(argc, argv, &o);
	git_libgit2_init();
	uv_loop_init(&loop);
	xmpp_initialize();
	the_epoll = epoll_create1(EPOLL_CLOEXEC);
	b.ctx = xmpp_ctx_new(NULL, NULL);
	b.conn = xmpp_conn_new(b.ctx);
	xmpp_conn_set_flags(b.conn, XMPP_CONN_FLAG_MANDATORY_TLS | XMPP_CONN_FLAG_DISABLE_SM);
	xmpp_conn_set_jid(b.conn, o.jid);
	xmpp_conn_set_pass(b.conn, o.password);
	if (o.ca_file)
		xmpp_conn_set_cafile(b.conn, o.ca_file);
	xmpp_conn_set_sockopt_callback(b.conn, on_socket);
	xmpp_global_timed_handler_add(b.ctx, on_fire, 0, &b);
	b.poll.data = b.tick.data = &b;
	uv_poll_init(&loop, &b.poll, the_epoll);
	uv_poll_start(&b.poll, UV_READABLE, on_poll);
	uv_timer_init(&loop, &b.tick);
	uv_timer_start(&b.tick, on_tick, 100, 100);
	if (xmpp_connect_client(b.conn, o.host, o.port, on_connection, &b) != XMPP_EOK)
		die("cannot connect");
	uv_run(&loop, UV_RUN_DEFAULT);
	return 1;
}
