/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tcp-path.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "attempts.h"
#include "log.h"
#include "sockaddr.h"
#include "socks5.h"
#include "tcp-tuning.h"
#include "wipe.h"

/*
 * Dialled: connect, then TLS, our hello first. Accepted: TLS at once. By both sides at once:
 * connect from a port of our choice, then TLS, the hello of who offered. Through a proxy:
 * connect, SOCKS5, a pause until both sides have joined, then TLS.
 *
 * Once up, what the socket takes is written at once from the buffer into which TLS put it.
 * When the socket is full, the rest waits in `writing`. Meanwhile the owner is asked for
 * more, up to HIGH_WATER, so that the next write is ready when the socket takes it. The limit
 * is there because a control record cannot overtake what is queued.
 *
 * When the owner closes a path, the path sends what is left, half-closes, and reads on until
 * the other side closes too. To close with bytes unread would cause a reset, which destroys
 * what the other side has not read yet. TCP_LINGER_TIMEOUT bounds this.
 */

enum {
	FILL = 8 * (16384 + 22),	/* bytes; full TLS records, in one write */
	HIGH_WATER = 256 * 1024,	/* bytes queued here, beyond the socket's buffer */
	ROUNDS = 4,			/* writes of FILL bytes, then another path has a turn */
	BUSY = 64 * 1024,		/* bytes read at a time */
	QUIET = 4 * 1024,		/* the same, while little comes */
	EARLY_MAX = 16 * 1024,		/* bytes that may come before tcp_path_begin() */
	UNSENT_MAX = 256 * 1024,	/* bytes in the socket's buffer that are not on their
					   way */
};

enum state {
	TCP_CONNECTING,
	TCP_ASKING,		/* SOCKS5 is not done */
	TCP_JOINED,		/* SOCKS5 is done; waiting for tcp_path_begin() */
	TCP_OPEN,		/* TLS is in its handshake or up */
	TCP_LINGERING,		/* closed by the owner; sends what is left, waits for the other
				   side's end */
	TCP_CLOSED,		/* waits for its handles to close */
};

struct tcp_path {
	struct tls_path tls;		/* first: a struct path * is one of us */
	enum state state;
	uv_tcp_t tcp;
	uv_timer_t timer;		/* limits the state; stopped when TLS is up */
	uv_idle_t soon;
	uv_timer_t pause;		/* until the user's bandwidth allows more */
	uv_connect_t connect;
	uv_write_t write;
	uv_shutdown_t shutdown;
	int open_handles;
	int dial_error;			/* uv_tcp_connect()'s; the timer tells the owner */
	const struct tls_gate *gate;	/* of an accepted path; borrowed */
	char *hash;			/* of a path through a proxy; owned */
	struct pass_use use;		/* of a path through a proxy: what the client must
					   show */
	tcp_path_joined joined;		/* of a path by both sides at once: it is connected */
	struct socks5 socks;
	bool writing_now;
	struct buf writing;		/* uv_write()'s, while writing_now */
	char *busy_in;			/* BUSY bytes, while much comes; owned; else NULL */
	char quiet_in[QUIET];
};

static const char *state_name(enum state state)
{
	static const char *const names[] = {
		"connecting", "asking", "joined", "open", "lingering", "closed",
	};

	return names[state];
}

static void on_timer(uv_timer_t *timer);

/* timeout: in ms; 0: none. */
static void enter(struct tcp_path *p, enum state state, uint64_t timeout, const char *because)
{
	log_debug("path %s: %s -> %s, %s", p->tls.path.name, state_name(p->state),
		  state_name(state), because);
	p->state = state;
	if (timeout)
		uv_timer_start(&p->timer, on_timer, timeout, 0);
	else
		uv_timer_stop(&p->timer);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct tcp_path *p = handle->data;

	if (--p->open_handles)
		return;
	tls_path_finish(&p->tls);
	socks5_finish(&p->socks);
	buf_finish(&p->writing);
	free(p->busy_in);
	free(p->hash);
	wipe(&p->use, sizeof(p->use));
	free(p);
}

static void close_others(struct tcp_path *p, const char *because)
{
	enter(p, TCP_CLOSED, 0, because);
	uv_close((uv_handle_t *)&p->timer, on_handle_closed);
	uv_close((uv_handle_t *)&p->soon, on_handle_closed);
	uv_close((uv_handle_t *)&p->pause, on_handle_closed);
}

static void finish(struct tcp_path *p, const char *because)
{
	close_others(p, because);
	uv_close((uv_handle_t *)&p->tcp, on_handle_closed);
}

/* The path broke: ends it, and tells the owner unless it has let go. */
static void broken(struct tcp_path *p, const char *why)
{
	if (p->state == TCP_CLOSED)
		return;
	finish(p, why);
	if (!p->tls.path.over)
		path_over(&p->tls.path, why);
}

static void on_timer(uv_timer_t *timer)
{
	struct tcp_path *p = timer->data;

	switch (p->state) {
	case TCP_CONNECTING:
		broken(p, p->dial_error ? uv_strerror(p->dial_error) : "no answer");
		break;
	case TCP_ASKING:
		broken(p, "no answer from the proxy");
		break;
	case TCP_JOINED:
		broken(p, "the other side did not come to the proxy");
		break;
	case TCP_OPEN:
		broken(p, PATH_HANDSHAKE_UNANSWERED);
		break;
	default:
		broken(p, "that took long enough");
	}
}

static void send_some(struct tcp_path *p);
static void linger(struct tcp_path *p);

static void on_written(uv_write_t *write, int status)
{
	struct tcp_path *p = write->data;

	p->writing_now = false;
	buf_reset(&p->writing);
	if (status < 0)
		broken(p, uv_strerror(status));
	else if (p->state == TCP_LINGERING)
		linger(p);
	else
		send_some(p);
}

/* Frees large buffers, as choose_buffer() does: an idle path holds little memory. */
static void rest(struct tcp_path *p)
{
	if (p->tls.cipher.cap > QUIET)
		buf_finish(&p->tls.cipher);
	if (p->writing.cap > QUIET)
		buf_finish(&p->writing);
}

/* Writes cipher to the socket, and gives the rest to libuv. False if the path broke. */
static bool write_cipher(struct tcp_path *p)
{
	struct buf *cipher = &p->tls.cipher, empty = p->writing;
	uv_buf_t bytes = uv_buf_init(buf_data(cipher), buf_len(cipher));
	int n = uv_try_write((uv_stream_t *)&p->tcp, &bytes, 1);

	if (n == UV_EAGAIN)
		n = 0;
	if (n >= 0) {
		buf_consume(cipher, n);
		if (!buf_len(cipher)) {
			if (bytes.len < QUIET)
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
		broken(p, uv_strerror(n));
	return n == 0;
}

static void on_pause_over(uv_timer_t *timer)
{
	send_some(timer->data);
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

static void on_soon(uv_idle_t *idle)
{
	uv_idle_stop(idle);
	send_some(idle->data);
}

static void send_some(struct tcp_path *p)
{
	for (int round = 0; p->state == TCP_OPEN; round++) {
		if (p->writing_now) {
			stock_up(p);
			return;
		}
		if (round == ROUNDS) {
			uv_idle_start(&p->soon, on_soon);
			return;
		}
		if (!buf_len(&p->tls.cipher) && !fill(p))
			return;
		if (!write_cipher(p))
			return;
	}
}

static void on_kick(struct path *path)
{
	struct tcp_path *p = (struct tcp_path *)path;

	uv_idle_start(&p->soon, on_soon);
}

static void on_shut_down(uv_shutdown_t *shutdown, int status)
{
	/* Nothing to do: the other side's end or the timer ends the path. */
}

/* Sends what is left first, then closes our half. */
static void linger(struct tcp_path *p)
{
	if (p->writing_now || (buf_len(&p->tls.cipher) && !write_cipher(p)) || p->writing_now)
		return;
	if (uv_shutdown(&p->shutdown, (uv_stream_t *)&p->tcp, on_shut_down) < 0)
		broken(p, "it is gone");
}

static void on_close(struct path *path)
{
	struct tcp_path *p = (struct tcp_path *)path;

	if (!path->up) {
		finish(p, "closed by us");
		return;
	}
	uv_idle_stop(&p->soon);
	uv_timer_stop(&p->pause);
	enter(p, TCP_LINGERING, TCP_LINGER_TIMEOUT, "closed by us");
	linger(p);
}

/* Sends a reset, so that the kernel's buffer is dropped as well. */
static void on_cut(struct path *path)
{
	struct tcp_path *p = (struct tcp_path *)path;

	buf_reset(&p->tls.cipher);
	close_others(p, "cut by us");
	if (uv_tcp_close_reset(&p->tcp, on_handle_closed))
		uv_close((uv_handle_t *)&p->tcp, on_handle_closed);
}

static bool on_unsent(const struct path *path)
{
	const struct tcp_path *p = (const struct tcp_path *)path;

	return p->writing_now || buf_len(&p->tls.cipher);
}

bool tcp_path_from(const struct path *path, struct netaddr *out)
{
	const struct tcp_path *p = (const struct tcp_path *)path;
	struct sockaddr_storage addr;
	int len = sizeof(addr);

	return uv_tcp_getpeername(&p->tcp, (struct sockaddr *)&addr, &len) == 0 &&
	       sockaddr_to((struct sockaddr *)&addr, out);
}

static bool on_ends(const struct path *path, struct netaddr *ours, struct netaddr *theirs)
{
	const struct tcp_path *p = (const struct tcp_path *)path;
	struct sockaddr_storage addr;
	int len = sizeof(addr);

	return path->kind == PATH_DIRECT &&
	       uv_tcp_getsockname(&p->tcp, (struct sockaddr *)&addr, &len) == 0 &&
	       sockaddr_to((struct sockaddr *)&addr, ours) && tcp_path_from(path, theirs);
}

static bool on_congestion(const struct path *path, char name[PATH_CONGESTION_SIZE])
{
	const struct tcp_path *p = (const struct tcp_path *)path;
	uv_os_fd_t fd;

	return !uv_fileno((const uv_handle_t *)&p->tcp, &fd) && tcp_congestion(fd, name);
}

static const struct path_ops ops = {
	.kick = on_kick,
	.write = tls_path_write,
	.exporter = tls_path_exporter,
	.close = on_close,
	.cut = on_cut,
	.unsent = on_unsent,
	.ends = on_ends,
	.congestion = on_congestion,
};

static void take(struct tcp_path *p, const void *data, size_t n)
{
	bool was_up = p->tls.path.up;
	const char *why = tls_path_take(&p->tls, data, n);

	if (p->state != TCP_OPEN)
		return;
	if (p->tls.path.up && !was_up)
		uv_timer_stop(&p->timer);
	if (!why) {
		send_some(p);
		return;
	}
	/* Before TLS is up the other side may be anybody, so it gets no warning in the log. */
	if (p->tls.path.up && *tls_error(p->tls.tls))
		log_about("the network", LOG_WARNING, "path %s: %s", p->tls.path.name,
			  tls_error(p->tls.tls));
	else if (*tls_error(p->tls.tls))
		log_debug("path %s: %s", p->tls.path.name, tls_error(p->tls.tls));
	if (!p->writing_now && buf_len(&p->tls.cipher) && !write_cipher(p))
		return;
	broken(p, why);
}

/* SOCKS5 messages are short: a socket that does not take one whole is given up. */
static bool write_socks(struct tcp_path *p, struct buf *out)
{
	uv_buf_t bytes = uv_buf_init(buf_data(out), buf_len(out));
	bool whole = !buf_len(out) ||
		     uv_try_write((uv_stream_t *)&p->tcp, &bytes, 1) == (int)bytes.len;

	buf_finish(out);
	if (!whole)
		broken(p, "the proxy takes nothing");
	return whole;
}

static void ask(struct tcp_path *p, const char *data, size_t n)
{
	struct buf out = { 0 };

	socks5_input(&p->socks, data, n, &out);
	if (!write_socks(p, &out))
		return;
	if (p->socks.state == SOCKS5_FAILED) {
		broken(p, p->socks.error);
	} else if (p->socks.state == SOCKS5_DONE) {
		enter(p, TCP_JOINED, TCP_JOINED_TIMEOUT, "the proxy agreed");
		p->joined(p->tls.path.owner);
	}
}

/* Keeps data of the other side that comes before tcp_path_begin(). */
static void keep_early(struct tcp_path *p, const char *data, size_t n)
{
	if (buf_len(&p->socks.in) + n > EARLY_MAX)
		broken(p, "too much before its time");
	else
		buf_append(&p->socks.in, data, n);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct tcp_path *p = handle->data;

	*out = p->busy_in ? uv_buf_init(p->busy_in, BUSY) : uv_buf_init(p->quiet_in, QUIET);
}

/* An idle path reads into a small buffer, a busy one into a large one. */
static void choose_buffer(struct tcp_path *p, size_t n)
{
	if (!p->busy_in && n == QUIET && p->tls.path.up) {
		p->busy_in = xmalloc(BUSY);
	} else if (p->busy_in && n < QUIET) {
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
		broken(p, n == UV_EOF ? "closed by the other side" : uv_strerror(n));
		return;
	}
	if (n == 0)
		return;		/* nothing to read, after all */
	switch (p->state) {
	case TCP_ASKING:
		ask(p, in->base, n);
		break;
	case TCP_JOINED:
		keep_early(p, in->base, n);
		break;
	case TCP_OPEN:
		take(p, in->base, n);
		break;
	default:
		break;
	}
	acknowledge(p);
	choose_buffer(p, n);
}

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
	enter(p, p->hash ? TCP_ASKING : TCP_OPEN, TCP_HANDSHAKE_TIMEOUT, because);
	uv_read_start((uv_stream_t *)&p->tcp, on_alloc, on_read);
	if (!p->hash) {
		send_some(p);
		return;
	}
	socks5_start(&p->socks, p->hash, &greeting);
	write_socks(p, &greeting);
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
		broken(p, uv_strerror(status));
	else if (p->joined && !p->hash)
		meet(p);
	else
		start(p, "it answers");
}

static struct tcp_path *create(uv_loop_t *loop, const struct device_key *key, enum path_kind kind,
			       const char *name, bool client, const struct pass_use *use,
			       const struct path_events *events, void *owner)
{
	struct tcp_path *p = xcalloc(1, sizeof(*p));

	tls_path_init(&p->tls, &ops, kind, name, key, client, use, events, owner);
	uv_tcp_init(loop, &p->tcp);
	uv_timer_init(loop, &p->timer);
	uv_idle_init(loop, &p->soon);
	uv_timer_init(loop, &p->pause);
	p->tcp.data = p->timer.data = p->soon.data = p->pause.data = p;
	p->connect.data = p->write.data = p->shutdown.data = p;
	p->open_handles = 4;
	return p;
}

static void dial(struct tcp_path *p, const struct netaddr *to)
{
	struct sockaddr_storage addr;

	sockaddr_from(to, &addr);
	p->dial_error =
		uv_tcp_connect(&p->connect, &p->tcp, (struct sockaddr *)&addr, on_connected);
	uv_timer_start(&p->timer, on_timer, p->dial_error ? 0 : TCP_CONNECT_TIMEOUT, 0);
}

struct path *tcp_path_dial(uv_loop_t *loop, const struct device_key *key, const struct netaddr *to,
			   const struct pass_use *use, const char *name,
			   const struct path_events *events, void *owner)
{
	struct tcp_path *p = create(loop, key, PATH_DIRECT, name, true, use, events, owner);

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
	struct tcp_path *p = create(loop, key, PATH_DIRECT, "direct", false, NULL, events, owner);
	int error = uv_accept(listener, (uv_stream_t *)&p->tcp);

	if (error) {
		finish(p, uv_strerror(error));
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
	struct tcp_path *p = create(loop, key, PATH_DIRECT, name, use, use, events, owner);
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
	struct tcp_path *p =
		create(loop, key, PATH_PROXY, name, client, client ? use : NULL, events, owner);

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
	enter(p, TCP_OPEN, TCP_HANDSHAKE_TIMEOUT, "the bytestream begins");
	send_some(p);
	if (p->state == TCP_OPEN && buf_len(&early))
		take(p, buf_data(&early), buf_len(&early));
	buf_finish(&early);
}
