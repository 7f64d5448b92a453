/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy-dial.h"

/*
 * A look-up, a connection, then the exchange of SOCKS5. At its end the descriptor is
 * duplicated for libstrophe, and libuv's handle is closed without ending the connection.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "wipe.h"

enum { READ_MAX = 512 };	/* bytes; an answer has 262 at most */

struct proxy_dial {
	uv_getaddrinfo_t look_up;
	uv_connect_t connect;
	uv_tcp_t tcp;
	uv_timer_t failing;		/* reports what failed at once, but later */
	int handles;			/* open ones */
	bool looking_up;		/* look_up has not called back */
	bool ended;
	struct proxy_url proxy;
	char host[SOCKS5_TEXT_MAX];
	uint16_t port;
	struct socks5 socks;
	proxy_dialled done;
	void *arg;
	char read[READ_MAX];
	char why[160];
};

struct out {
	uv_write_t req;
	char data[3 * SOCKS5_TEXT_MAX];
};

static void free_when_idle(struct proxy_dial *d)
{
	if (d->handles > 0 || d->looking_up)
		return;
	socks5_finish(&d->socks);
	wipe(d, sizeof(*d));
	free(d);
}

static void on_closed(uv_handle_t *handle)
{
	struct proxy_dial *d = handle->data;

	d->handles--;
	free_when_idle(d);
}

static void end(struct proxy_dial *d)
{
	if (d->ended)
		return;
	d->ended = true;
	if (d->looking_up)
		uv_cancel((uv_req_t *)&d->look_up);
	uv_close((uv_handle_t *)&d->tcp, on_closed);
	uv_close((uv_handle_t *)&d->failing, on_closed);
}

static void report(struct proxy_dial *d, int fd)
{
	proxy_dialled done = d->done;
	void *arg = d->arg;
	char why[sizeof(d->why)];

	memcpy(why, d->why, sizeof(why));
	end(d);
	done(arg, fd, fd < 0 ? why : NULL);
}

static void on_failing(uv_timer_t *timer)
{
	report(timer->data, -1);
}

/* Never from within a call of ours. */
static void fail(struct proxy_dial *d, const char *why)
{
	if (d->ended || uv_is_active((uv_handle_t *)&d->failing))
		return;
	snprintf(d->why, sizeof(d->why), "%s", why);
	uv_timer_start(&d->failing, on_failing, 0, 0);
}

static void on_wrote(uv_write_t *req, int status)
{
	struct out *out = (struct out *)req;

	wipe(out->data, sizeof(out->data));
	free(out);
}

/* Sends what is in bytes, in one write, and empties it. */
static void send_bytes(struct proxy_dial *d, struct buf *bytes)
{
	size_t n = buf_len(bytes);
	struct out *out;
	uv_buf_t part;

	if (n > 0 && n <= sizeof(out->data)) {
		out = xcalloc(1, sizeof(*out));
		memcpy(out->data, buf_data(bytes), n);
		part = uv_buf_init(out->data, (unsigned)n);
		if (uv_write(&out->req, (uv_stream_t *)&d->tcp, &part, 1, on_wrote) < 0) {
			free(out);
			fail(d, "the connection was lost");
		}
	}
	if (bytes->base)
		wipe(bytes->base, bytes->cap);
	buf_finish(bytes);
}

/* A server says nothing before we do: more bytes are not its own. */
static void hand_over(struct proxy_dial *d)
{
	uv_os_fd_t fd = -1;
	int copy;

	uv_read_stop((uv_stream_t *)&d->tcp);
	if (buf_len(&d->socks.in) > 0) {
		fail(d, "the proxy says too much");
		return;
	}
	copy = uv_fileno((uv_handle_t *)&d->tcp, &fd) == 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
	if (copy < 0)
		fail(d, strerror(errno));
	else
		report(d, copy);
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
	struct proxy_dial *d = handle->data;

	*out = uv_buf_init(d->read, sizeof(d->read));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *part)
{
	struct proxy_dial *d = stream->data;
	struct buf out = { 0 };

	if (n == 0 || uv_is_active((uv_handle_t *)&d->failing))
		return;
	if (n < 0) {
		uv_read_stop(stream);
		fail(d, n == UV_EOF ? "the proxy closed the connection" : uv_strerror((int)n));
		return;
	}
	socks5_input(&d->socks, part->base, (size_t)n, &out);
	send_bytes(d, &out);
	if (d->socks.state == SOCKS5_FAILED)
		fail(d, d->socks.error);
	else if (d->socks.state == SOCKS5_DONE)
		hand_over(d);
}

static void on_connected(uv_connect_t *req, int status)
{
	struct proxy_dial *d = req->data;
	struct buf out = { 0 };

	if (d->ended)
		return;
	if (status < 0) {
		fail(d, uv_strerror(status));
		return;
	}
	socks5_connect(&d->socks, d->host, d->port, *d->proxy.user ? d->proxy.user : NULL,
		       d->proxy.password, &out);
	send_bytes(d, &out);
	uv_read_start((uv_stream_t *)&d->tcp, on_room, on_read);
}

static void on_looked_up(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
	struct proxy_dial *d = req->data;
	int err = status;

	d->looking_up = false;
	if (d->ended) {
		uv_freeaddrinfo(list);
		free_when_idle(d);
		return;
	}
	d->connect.data = d;
	if (status == 0)
		err = uv_tcp_connect(&d->connect, &d->tcp, list->ai_addr, on_connected);
	uv_freeaddrinfo(list);
	if (err < 0)
		fail(d, uv_strerror(err));
}

struct proxy_dial *proxy_dial_start(uv_loop_t *loop, const struct proxy_url *proxy,
				    const char *host, uint16_t port, proxy_dialled done, void *arg)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct proxy_dial *d = xcalloc(1, sizeof(*d));
	char service[8];
	int err;

	d->proxy = *proxy;
	snprintf(d->host, sizeof(d->host), "%s", host);
	d->port = port;
	d->done = done;
	d->arg = arg;
	uv_tcp_init(loop, &d->tcp);
	uv_timer_init(loop, &d->failing);
	d->handles = 2;
	d->tcp.data = d->failing.data = d->look_up.data = d;
	snprintf(service, sizeof(service), "%u", (unsigned)proxy->port);
	err = uv_getaddrinfo(loop, &d->look_up, on_looked_up, proxy->host, service, &hints);
	d->looking_up = err == 0;
	if (err < 0)
		fail(d, uv_strerror(err));
	return d;
}

void proxy_dial_cancel(struct proxy_dial *d)
{
	if (d)
		end(d);
}
