/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of a path. Once it is up, what the socket takes is written at once from the buffer into
 * which TLS put it. When the socket is full, the rest waits in `writing`. Meanwhile the owner is
 * asked for more, up to HIGH_WATER, so that the next write is ready when the socket takes it. The
 * limit is there because a control record cannot overtake what is queued.
 *
 * Through a proxy SOCKS5 goes before TLS, and what the other side says before tcp_path_begin() is
 * kept.
 */
#include "tcp-path-internal.h"

#include <stdlib.h>

#include "alloc.h"
#include "log.h"
#include "tcp-tuning.h"

enum {
	FILL = 8 * (16384 + 22), /* bytes; full TLS records, in one write */
	HIGH_WATER = 256 * 1024, /* bytes queued here, beyond the socket's buffer */
	ROUNDS = 4,		 /* writes of FILL bytes, then another path has a turn */
	BUSY = 64 * 1024,	 /* bytes read at a time, while much comes */
	EARLY_MAX = 16 * 1024,	 /* bytes that may come before tcp_path_begin() */
};

static void on_written(uv_write_t *write, int status)
{
	struct tcp_path *p = write->data;

	p->writing_now = false;
	buf_reset(&p->writing);
	if (status < 0)
		tcp_path_break(p, uv_strerror(status));
	else if (p->state == TCP_LINGERING)
		tcp_path_linger(p);
	else
		tcp_bytes_send(p);
}

/* Frees large buffers, as choose_buffer() does: an idle path holds little memory. */
static void rest(struct tcp_path *p)
{
	if (p->tls.cipher.cap > TCP_QUIET)
		buf_finish(&p->tls.cipher);
	if (p->writing.cap > TCP_QUIET)
		buf_finish(&p->writing);
}

bool tcp_bytes_write(struct tcp_path *p)
{
	struct buf *cipher = &p->tls.cipher, empty = p->writing;
	uv_buf_t bytes = uv_buf_init(buf_data(cipher), buf_len(cipher));
	int n = uv_try_write((uv_stream_t *)&p->tcp, &bytes, 1);

	if (n == UV_EAGAIN)
		n = 0;
	if (n >= 0) {
		buf_consume(cipher, n);
		if (!buf_len(cipher)) {
			if (bytes.len < TCP_QUIET)
				rest(p);
			return true;
		}
		p->writing = *cipher;
		*cipher = empty;
		bytes = uv_buf_init(buf_data(&p->writing), buf_len(&p->writing));
		n = uv_write(&p->write, (uv_stream_t *)&p->tcp, &bytes, 1, on_written);
		p->writing_now = n == 0;
	}
	if (n < 0)
		tcp_path_break(p, uv_strerror(n));
	return n == 0;
}

static void on_pause_over(uv_timer_t *timer)
{
	tcp_bytes_send(timer->data);
}

/*
 * Has the owner fill cipher, with as much as the user's bandwidth allows. False if there is
 * nothing to send now.
 */
static bool fill(struct tcp_path *p)
{
	uint64_t now = uv_now(p->tcp.loop), wait;
	size_t before = buf_len(&p->tls.cipher);
	size_t allowed = path_allowed(&p->tls.path, now, &wait);

	if (!allowed) {
		uv_timer_start(&p->pause, on_pause_over, wait, 0);
		return false;
	}
	if (!tls_path_fill(&p->tls, allowed < FILL ? allowed : FILL))
		return false;
	path_spend(&p->tls.path, buf_len(&p->tls.cipher) - before, now);
	return true;
}

/* Prepares the next write while the socket is full. */
static void stock_up(struct tcp_path *p)
{
	while (buf_len(&p->writing) + buf_len(&p->tls.cipher) + FILL <= HIGH_WATER && fill(p))
		;
}

void tcp_bytes_send(struct tcp_path *p)
{
	for (int round = 0; p->state == TCP_OPEN; round++) {
		if (p->writing_now) {
			stock_up(p);
			return;
		}
		if (round == ROUNDS) {
			tcp_path_send_soon(p);
			return;
		}
		if (!buf_len(&p->tls.cipher) && !fill(p))
			return;
		if (!tcp_bytes_write(p))
			return;
	}
}

void tcp_bytes_take(struct tcp_path *p, const void *data, size_t n)
{
	bool was_up = p->tls.path.up;
	const char *why = tls_path_take(&p->tls, data, n);

	if (p->state != TCP_OPEN)
		return;
	if (p->tls.path.up && !was_up)
		uv_timer_stop(&p->timer);
	if (!why) {
		tcp_bytes_send(p);
		return;
	}
	/* Before TLS is up the other side may be anybody, so it gets no warning in the log. */
	if (p->tls.path.up && *tls_error(p->tls.tls))
		log_about("the network", LOG_WARNING, "path %s: %s", p->tls.path.name,
			  tls_error(p->tls.tls));
	else if (*tls_error(p->tls.tls))
		log_debug("path %s: %s", p->tls.path.name, tls_error(p->tls.tls));
	if (!p->writing_now && buf_len(&p->tls.cipher) && !tcp_bytes_write(p))
		return;
	tcp_path_break(p, why);
}

bool tcp_bytes_ask_proxy(struct tcp_path *p, struct buf *out)
{
	uv_buf_t bytes = uv_buf_init(buf_data(out), buf_len(out));
	bool whole =
		!buf_len(out) || uv_try_write((uv_stream_t *)&p->tcp, &bytes, 1) == (int)bytes.len;

	buf_finish(out);
	if (!whole)
		tcp_path_break(p, "the proxy takes nothing");
	return whole;
}

static void ask(struct tcp_path *p, const char *data, size_t n)
{
	struct buf out = { 0 };

	socks5_input(&p->socks, data, n, &out);
	if (!tcp_bytes_ask_proxy(p, &out))
		return;
	if (p->socks.state == SOCKS5_FAILED) {
		tcp_path_break(p, p->socks.error);
	} else if (p->socks.state == SOCKS5_DONE) {
		tcp_path_enter(p, TCP_JOINED, TCP_JOINED_TIMEOUT, "the proxy agreed");
		p->joined(p->tls.path.owner);
	}
}

/* Keeps data of the other side that comes before tcp_path_begin(). */
static void keep_early(struct tcp_path *p, const char *data, size_t n)
{
	if (buf_len(&p->socks.in) + n > EARLY_MAX)
		tcp_path_break(p, "too much before its time");
	else
		buf_append(&p->socks.in, data, n);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct tcp_path *p = handle->data;

	*out = p->busy_in ? uv_buf_init(p->busy_in, BUSY) : uv_buf_init(p->quiet_in, TCP_QUIET);
}

/* An idle path reads into a small buffer, a busy one into a large one. */
static void choose_buffer(struct tcp_path *p, size_t n)
{
	if (!p->busy_in && n == TCP_QUIET && p->tls.path.up) {
		p->busy_in = xmalloc(BUSY);
	} else if (p->busy_in && n < TCP_QUIET) {
		free(p->busy_in);
		p->busy_in = NULL;
	}
}

/* Acknowledges at once: a proxy with Nagle's algorithm holds the rest back until then. */
static void acknowledge(struct tcp_path *p)
{
	uv_os_fd_t fd;

	if (p->hash && !uv_fileno((uv_handle_t *)&p->tcp, &fd))
		tcp_acknowledge_now(fd);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *in)
{
	struct tcp_path *p = stream->data;

	if (n < 0) {
		tcp_path_break(p, n == UV_EOF ? "closed by the other side" : uv_strerror(n));
		return;
	}
	if (n == 0)
		return; /* nothing to read, after all */
	switch (p->state) {
	case TCP_ASKING:
		ask(p, in->base, n);
		break;
	case TCP_JOINED:
		keep_early(p, in->base, n);
		break;
	case TCP_OPEN:
		tcp_bytes_take(p, in->base, n);
		break;
	default:
		break;
	}
	acknowledge(p);
	choose_buffer(p, n);
}

void tcp_bytes_read(struct tcp_path *p)
{
	uv_read_start((uv_stream_t *)&p->tcp, on_alloc, on_read);
}
