/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stun-server.h"

/* A server that announces services, and a STUN server on loopback that answers by TCP or UDP. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "iq-answer.h"
#include "log.h"
#include "sockaddr.h"
#include "stun.h"
#include "tap.h"
#include "until.h"

enum { PATIENCE = 20 * 1000 };

static struct account *const connection = (struct account *)&connection;
static uv_loop_t loop;
static uv_tcp_t listener, client;
static uv_udp_t socket_udp;
static uint16_t ports[2]; /* of UDP, of TCP */
static unsigned asked, asked_stun, changes;
static const char *where = "127.0.0.1:5222";

const char *account_where(const struct account *x)
{
	return where;
}

uint64_t account_query(struct account *x, const char *to, const char *payload, unsigned timeout_ms,
		       iq_rows_answer call, void *arg)
{
	ok(x == connection && !strcmp(to, "example.org") &&
		   !strcmp(payload, "<services xmlns='urn:xmpp:extdisco:2' type='stun'/>"),
	   "our server is asked");
	answer = call;
	asker = arg;
	asked++;
	return 1;
}

/* Says 9.9.9.9:61000 to this request. */
static void fill_answer(const uint8_t *request, uint8_t out[32])
{
	memcpy(out, request, STUN_HEADER);
	memcpy(out, "\1\1\0\x0c", 4);
	memcpy(out + 20, "\0\1\0\x08\0\1\xee\x48\x09\x09\x09\x09", 12);
	asked_stun++;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	static char space[STUN_MESSAGE_MAX];

	*out = uv_buf_init(space, sizeof(space));
}

static void on_request(uv_stream_t *stream, ssize_t n, const uv_buf_t *in)
{
	uint8_t out[32];
	uv_buf_t first = uv_buf_init((char *)out, 7), rest = uv_buf_init((char *)out + 7, 25);

	if (n != STUN_HEADER) {
		uv_close((uv_handle_t *)stream, NULL);
		return;
	}
	fill_answer((const uint8_t *)in->base, out);
	uv_try_write(stream, &first, 1);
	uv_try_write(stream, &rest, 1);
}

static void on_client(uv_stream_t *stream, int status)
{
	uv_tcp_init(&loop, &client);
	uv_accept(stream, (uv_stream_t *)&client);
	uv_read_start((uv_stream_t *)&client, on_alloc, on_request);
}

static void on_datagram(uv_udp_t *udp, ssize_t n, const uv_buf_t *in, const struct sockaddr *from,
			unsigned flags)
{
	uint8_t out[32];
	uv_buf_t whole = uv_buf_init((char *)out, sizeof(out));

	if (n != STUN_HEADER)
		return;
	fill_answer((const uint8_t *)in->base, out);
	out[8] ^= 1;
	uv_udp_try_send(udp, &whole, 1, from);
	out[8] ^= 1;
	uv_udp_try_send(udp, &whole, 1, from);
}

static void serve(void)
{
	struct netaddr a = { .ip = { 127, 0, 0, 1 } };
	struct sockaddr_storage addr;
	int len = sizeof(addr);

	sockaddr_from(&a, &addr);
	uv_tcp_init(&loop, &listener);
	uv_udp_init(&loop, &socket_udp);
	if (uv_tcp_bind(&listener, (struct sockaddr *)&addr, 0) ||
	    uv_listen((uv_stream_t *)&listener, 4, on_client) ||
	    uv_tcp_getsockname(&listener, (struct sockaddr *)&addr, &len) ||
	    !sockaddr_to((struct sockaddr *)&addr, &a))
		exit(1);
	ports[1] = a.port;
	a.port = 0;
	sockaddr_from(&a, &addr);
	if (uv_udp_bind(&socket_udp, (struct sockaddr *)&addr, 0) ||
	    uv_udp_recv_start(&socket_udp, on_alloc, on_datagram) ||
	    uv_udp_getsockname(&socket_udp, (struct sockaddr *)&addr, &len) ||
	    !sockaddr_to((struct sockaddr *)&addr, &a))
		exit(1);
	ports[0] = a.port;
}

static void on_changed(void *owner)
{
	changes++;
}

static void announce(const char *type, const char *transport, const char *host, uint16_t port)
{
	struct iq_row row = {
		.kind = IQ_SERVICE, .type = type, .transport = transport, .host = host, .port = port
	};
	struct iq_rows rows = { type ? &row : NULL };
	iq_rows_answer call = answer;

	answer = NULL;
	call(asker, NULL, &rows);
}

static bool has_changed(void *arg)
{
	return changes;
}

static bool is_seen(const struct stun_server *s)
{
	char text[NETADDR_TEXT_MAX];
	const struct netaddr *a;
	uint16_t inside;

	if (!run_until(&loop, has_changed, NULL, PATIENCE))
		return false;
	changes = 0;
	a = stun_server_seen(s, &inside);
	if (!a)
		return false;
	netaddr_format(a, text);
	return !strcmp(text, "9.9.9.9:61000") && inside;
}

static void none(struct stun_server *s, const char *what)
{
	uint16_t inside;

	for (unsigned i = 0; i < 100; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	ok(!asked_stun && !stun_server_seen(s, &inside) && !stun_server_tcp(s), "%s", what);
}

static void test_announced(struct stun_server *s)
{
	stun_server_online(s, connection);
	is_int(asked, 0, "who does not want that asks nobody");
	stun_server_allow(s, true, NULL, "alice@example.org");
	is_int(asked, 1, "else at once");
	announce("stun", "tcp", "stun.evil.net", ports[1]);
	none(s, "a name of another domain is not asked");
	stun_server_doubt(s);
	announce("stun", "tcp", "127.0.0.2", ports[1]);
	none(s, "nor an address that is not our server's");
	stun_server_doubt(s);
	announce("turn", "tcp", "127.0.0.1", ports[1]);
	none(s, "nor another service");
	stun_server_doubt(s);
	announce("stun", "tcp", "127.0.0.1", 25);
	none(s, "nor a port of another service");
	stun_server_doubt(s);
	announce(NULL, NULL, NULL, 0);
	none(s, "nor anybody, if nothing is announced");
	stun_server_doubt(s);
	announce("stun", "tcp", "127.0.0.1", ports[1]);
	ok(is_seen(s), "our server's is, by TCP");
	ok(stun_server_tcp(s) && stun_server_tcp(s)->port == ports[1], "... where ports are told");
	stun_server_online(s, NULL);
	ok(stun_server_tcp(s), "that is known when the server is away");
	stun_server_online(s, connection);
	announce("stun", "udp", "127.0.0.1", ports[0]);
	ok(is_seen(s) && !stun_server_tcp(s), "by UDP where there is no TCP");
	is_int(asked_stun, 2, "each was asked once");
}

static void test_named(struct stun_server *s)
{
	char name[64];

	asked = asked_stun = 0;
	snprintf(name, sizeof(name), "127.0.0.1:%u", ports[1]);
	stun_server_allow(s, true, name, "alice@example.org");
	ok(is_seen(s) && stun_server_tcp(s), "one that the user names is asked");
	snprintf(name, sizeof(name), "127.0.0.1:%u", ports[0]);
	stun_server_allow(s, true, name, "alice@example.org");
	ok(is_seen(s) && !stun_server_tcp(s), "by UDP, if it does not answer by TCP");
	is_int(asked, 0, "and our server is not");
	stun_server_allow(s, false, NULL, NULL);
	asked_stun = 0;
	none(s, "and nobody when that is not wanted any more");
}

int main(void)
{
	struct stun_server *s;

	log_init();
	log_set_level(LOG_ERROR);
	uv_loop_init(&loop);
	serve();
	s = stun_server_create(&loop, on_changed, NULL);
	test_announced(s);
	test_named(s);
	stun_server_allow(s, true, NULL, "alice@example.org");
	announce("stun", "tcp", "127.0.0.1", ports[1]);
	stun_server_destroy(s);
	stun_server_destroy(NULL);
	uv_close((uv_handle_t *)&listener, NULL);
	uv_close((uv_handle_t *)&socket_udp, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(uv_loop_close(&loop), 0, "it ends in the midst of a question, and leaves no handle");
	return tap_done();
}
