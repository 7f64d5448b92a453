/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stun-query.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "random.h"
#include "sockaddr.h"
#include "stun.h"

/*
 * By TCP the request is sent when the connection stands, and the answer is collected. By UDP the
 * request is repeated, each time after twice the pause (RFC 8489 6.2.1). A datagram that is no
 * answer is passed over, as anybody could have sent it.
 */

enum { AGAIN_FIRST = 500 }; /* ms */

struct stun_query {
	stun_query_done done;
	void *owner;
	bool tcp, over;
	uint8_t id[STUN_ID];
	union {
		uv_handle_t handle;
		uv_tcp_t tcp;
		uv_udp_t udp;
	} socket;
	uv_connect_t connect;
	uv_timer_t timer, again;
	uint64_t pause; /* of `again`, ms */
	uint8_t in[STUN_MESSAGE_MAX];
	size_t have;
	int open_handles;
};

static void finish(struct stun_query *q, const struct netaddr *outside)
{
	struct sockaddr_storage addr;
	struct netaddr inside = { 0 };
	int len = sizeof(addr);

	if (q->over)
		return;
	q->over = true;
	uv_timer_stop(&q->timer);
	uv_timer_stop(&q->again);
	if (outside &&
	    ((q->tcp ? uv_tcp_getsockname(&q->socket.tcp, (struct sockaddr *)&addr, &len)
		     : uv_udp_getsockname(&q->socket.udp, (struct sockaddr *)&addr, &len)) ||
	     !sockaddr_to((struct sockaddr *)&addr, &inside)))
		outside = NULL;
	q->done(q->owner, outside, outside ? inside.port : 0);
}

static void on_timeout(uv_timer_t *timer)
{
	finish(timer->data, NULL);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct stun_query *q = handle->data;

	*out = uv_buf_init((char *)q->in + q->have, (unsigned)(sizeof(q->in) - q->have));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *in)
{
	struct stun_query *q = stream->data;
	struct netaddr outside;
	int size;

	if (n < 0) {
		finish(q, NULL);
		return;
	}
	q->have += (size_t)n;
	size = stun_size(q->in, q->have);
	if (size == 0 || (size > 0 && (size_t)size > q->have))
		return;
	uv_read_stop(stream);
	finish(q,
	       size > 0 && stun_response(q->in, (size_t)size, q->id, &outside) ? &outside : NULL);
}

static void on_connected(uv_connect_t *connect, int status)
{
	struct stun_query *q = connect->data;
	uint8_t request[STUN_HEADER];
	uv_buf_t bytes = uv_buf_init((char *)request, sizeof(request));

	if (q->over || status == UV_ECANCELED)
		return;
	stun_request(q->id, request);
	if (status < 0 ||
	    uv_try_write((uv_stream_t *)&q->socket.tcp, &bytes, 1) != (int)sizeof(request) ||
	    uv_read_start((uv_stream_t *)&q->socket.tcp, on_alloc, on_read))
		finish(q, NULL);
}

static void on_datagram(uv_udp_t *udp, ssize_t n, const uv_buf_t *in, const struct sockaddr *from,
			unsigned flags)
{
	struct stun_query *q = udp->data;
	struct netaddr outside;

	if (n > 0 && from && !(flags & UV_UDP_PARTIAL) &&
	    stun_response(q->in, (size_t)n, q->id, &outside)) {
		uv_udp_recv_stop(udp);
		finish(q, &outside);
	}
}

static void ask(struct stun_query *q)
{
	uint8_t request[STUN_HEADER];
	uv_buf_t bytes = uv_buf_init((char *)request, sizeof(request));

	stun_request(q->id, request);
	/* What does not leave is as lost as a datagram may be. */
	uv_udp_try_send(&q->socket.udp, &bytes, 1, NULL);
}

static void on_again(uv_timer_t *timer)
{
	struct stun_query *q = timer->data;

	ask(q);
	q->pause *= 2;
	uv_timer_start(timer, on_again, q->pause, 0);
}

static int begin_tcp(struct stun_query *q, const struct sockaddr *server,
		     const struct netaddr *from)
{
	struct sockaddr_storage addr;

	if (from) {
		sockaddr_from(from, &addr);
		uv_tcp_bind(&q->socket.tcp, (struct sockaddr *)&addr, 0);
	}
	return uv_tcp_connect(&q->connect, &q->socket.tcp, server, on_connected);
}

static int begin_udp(struct stun_query *q, const struct sockaddr *server)
{
	int error = uv_udp_connect(&q->socket.udp, server);

	if (!error)
		error = uv_udp_recv_start(&q->socket.udp, on_alloc, on_datagram);
	if (error)
		return error;
	ask(q);
	q->pause = AGAIN_FIRST;
	uv_timer_start(&q->again, on_again, q->pause, 0);
	return 0;
}

struct stun_query *stun_query_start(uv_loop_t *loop, const struct netaddr *server, bool tcp,
				    const struct netaddr *from, unsigned patience,
				    stun_query_done done, void *owner)
{
	struct stun_query *q = xcalloc(1, sizeof(*q));
	struct sockaddr_storage addr;
	int error;

	q->done = done;
	q->owner = owner;
	q->tcp = tcp;
	random_bytes(q->id, sizeof(q->id));
	if (tcp)
		uv_tcp_init(loop, &q->socket.tcp);
	else
		uv_udp_init(loop, &q->socket.udp);
	uv_timer_init(loop, &q->timer);
	uv_timer_init(loop, &q->again);
	q->socket.handle.data = q->timer.data = q->again.data = q->connect.data = q;
	q->open_handles = 3;
	sockaddr_from(server, &addr);
	error = tcp ? begin_tcp(q, (struct sockaddr *)&addr, from)
		    : begin_udp(q, (struct sockaddr *)&addr);
	if (error) {
		stun_query_destroy(q);
		return NULL;
	}
	uv_timer_start(&q->timer, on_timeout, patience, 0);
	return q;
}

static void on_closed(uv_handle_t *handle)
{
	struct stun_query *q = handle->data;

	if (--q->open_handles == 0)
		free(q);
}

void stun_query_destroy(struct stun_query *q)
{
	if (!q)
		return;
	q->over = true;
	uv_close(&q->socket.handle, on_closed);
	uv_close((uv_handle_t *)&q->timer, on_closed);
	uv_close((uv_handle_t *)&q->again, on_closed);
}
