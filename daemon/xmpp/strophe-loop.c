/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "strophe-loop.h"

/*
 * libstrophe reads and writes only inside xmpp_run_once(), with a select() of its own. It
 * shows a new socket only to one callback, which therefore has it watched (socket-watch.h).
 *
 * When something may have happened, and once after anything was queued, pump() calls
 * xmpp_run_once(ctx, 0) until nothing happens any more. A timed handler of period 0 tells
 * whether something happened: it fires once a call, and a second time only if there was
 * something on the socket or in TLS's buffer.
 *
 * While a TLS handshake goes on (tls-handshake.h), libstrophe takes the stream for open, and has
 * something to send on a socket that can be written to: select() would find it ready again and
 * again. So there is one call for each time that something has come.
 *
 * A duplicate of the socket serves to cut a connection without libstrophe's farewell, which takes
 * seconds.
 */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alloc.h"
#include "expat-guard.h"
#include "io.h"
#include "prep.h"
#include "ready-socket.h"
#include "socket-watch.h"
#include "strophe-text.h"
#include "tcp-tuning.h"
#include "tls.h"
#include "tls-handshake.h"
#include "wipe.h"

enum {
	PASSES_MAX = 64,		/* reads of 4 KiB before others get a turn */
	TICK = 500,			/* ms; lets libstrophe check its own time-outs, until the
					   login */
};

struct strophe_loop {
	const struct strophe_events *events;
	void *owner;
	xmpp_ctx_t *ctx;
	xmpp_conn_t *conn;
	char *ca_file;		/* owned; may be NULL */
	xmpp_log_t log;
	struct socket_watch *watch;	/* of libstrophe's socket; owned */
	int ready;		/* connected already, for the next socket; or -1; owned */
	int reserved;		/* keeps a descriptor below FD_SETSIZE for the next socket; or -1 */
	uv_idle_t kick;
	uv_timer_t tick;
	int open_handles;
	int duplicate;		/* of libstrophe's socket; or -1; owned */
	struct tls_handshake handshake;
	struct server_key key;
	unsigned fires;
	bool pumping;
	bool held;		/* hold_segments() */
	bool up;
	bool unlogged;		/* the stream has no login: strophe_loop_open() */
	const char *trouble;	/* why the guard wants the connection cut; NULL: it does not */
	bool cut;
	size_t queued;		/* bytes since the queue was last empty */
	void (*done)(void *arg);
	void *done_arg;
};

/*
 * libstrophe's callbacks for a new socket and for a doubtful certificate have no argument of
 * ours. They come inside calls made here, all on one thread; this is the loop that made the
 * call.
 */
static struct strophe_loop *calling;

static void reserve(struct strophe_loop *l)
{
	if (l->reserved < 0)
		l->reserved = io_socket(AF_UNIX, SOCK_STREAM);
}

/* Takes over fd and closes the previous one. -1: there is none. */
static void set_duplicate(struct strophe_loop *l, int fd)
{
	if (l->duplicate >= 0)
		close(l->duplicate);
	l->duplicate = fd;
}

/* A new socket of libstrophe's, not yet connecting. */
static int on_socket(xmpp_conn_t *conn, void *sock)
{
	struct strophe_loop *l = calling;
	int fd = *(int *)sock, on = 1;

	/* select() with a descriptor beyond FD_SETSIZE would write past the end of its set. */
	if (fd >= FD_SETSIZE) {
		errno = EMFILE;
		return -1;
	}
	if (l->ready >= 0 && !ready_socket_put(l->ready, fd)) {
		l->ready = -1;
		return -1;
	}
	l->ready = -1;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	xmpp_sockopt_cb_keepalive(conn, sock);
	set_duplicate(l, fcntl(fd, F_DUPFD_CLOEXEC, 0));
	return socket_watch_add(l->watch, fd);
}

static int on_fire(xmpp_ctx_t *ctx, void *userdata)
{
	struct strophe_loop *l = userdata;

	l->fires++;
	return 1;
}

/* The server may hold back the rest of a stanza until the first part is acknowledged. */
static void acknowledge_now(struct strophe_loop *l)
{
	if (l->duplicate >= 0)
		tcp_acknowledge_now(l->duplicate);
}

/*
 * libstrophe writes each stanza by itself. A server with Nagle's algorithm that reads them one by
 * one holds back all answers but the first for a round trip, so those of a login leave together.
 */
static void hold_segments(struct strophe_loop *l, bool on)
{
	if (l->duplicate >= 0 && on != l->held)
		tcp_hold(l->duplicate, on);
	l->held = on;
}

/*
 * Ends the connection if the guard says so. libstrophe would find the end of the stream only
 * behind what was read already, which nobody gets.
 */
static void end_excess(struct strophe_loop *l)
{
	if (l->cut || !l->trouble)
		return;
	l->events->excess(l->owner, l->trouble);
	strophe_loop_cut(l);
}

static void on_kick(uv_idle_t *handle);

static void pump(struct strophe_loop *l)
{
	bool logs_in = !l->up, sends;
	int passes = 0;

	assert(!l->pumping);
	l->pumping = true;
	calling = l;
	server_key_watch(&l->key);
	tls_handshake_watch(&l->handshake);
	expat_guard_watch(&l->trouble);
	/* login_error_line() reads it; once we are in, nobody does. */
	strophe_text_wanted(l->log.handler);
	uv_idle_stop(&l->kick);
	socket_watch_seen(l->watch);
	tls_clear_errors();
	hold_segments(l, logs_in);
	do {
		l->fires = 0;
		xmpp_run_once(l->ctx, 0);
		end_excess(l);
	} while (l->fires > 1 && !l->handshake.pending && ++passes < PASSES_MAX);
	hold_segments(l, false);
	if (logs_in)
		uv_update_time(l->kick.loop);
	calling = NULL;
	server_key_watch(NULL);
	tls_handshake_watch(NULL);
	expat_guard_watch(NULL);
	strophe_text_wanted(true);
	l->pumping = false;
	acknowledge_now(l);
	sends = xmpp_conn_send_queue_len(l->conn) > 0;
	if (!sends) {
		l->queued = 0;
		/* What was queued meanwhile, such as the answer to a block, has left. */
		uv_idle_stop(&l->kick);
	}
	socket_watch_arm(l->watch, sends && !l->handshake.pending);
	if (passes == PASSES_MAX)
		uv_idle_start(&l->kick, on_kick);
	l->events->pumped(l->owner);
}

static void on_ready(void *owner)
{
	pump(owner);
}

static void on_kick(uv_idle_t *handle)
{
	pump(handle->data);
}

static void on_tick(uv_timer_t *handle)
{
	pump(handle->data);
}

static void on_log(void *userdata, xmpp_log_level_t level, const char *area, const char *line)
{
	struct strophe_loop *l = userdata;

	l->events->login_line(l->owner, line);
}

static int on_certificate(const xmpp_tlscert_t *certificate, const char *const why)
{
	calling->events->certificate(calling->owner, why);
	return 0;
}

static int on_stanza(xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *userdata)
{
	struct strophe_loop *l = userdata;

	if (l->unlogged)
		l->events->unlogged(l->owner, stanza);
	else
		l->events->stanza(l->owner, stanza, !expat_guard_pruned());
	return 1;
}

/* The login is over: stops the log, which costs time, and libstrophe's time-outs. */
static void end_login(struct strophe_loop *l)
{
	l->log.handler = NULL;
	uv_timer_stop(&l->tick);
}

/* TCP is up, on a stream without a login. */
static void open_unlogged(struct strophe_loop *l)
{
	if ((l->handshake.direct && xmpp_conn_tls_start(l->conn) != 0) ||
	    xmpp_conn_open_stream_default(l->conn) != XMPP_EOK)
		strophe_loop_cut(l);
}

static void on_connection(xmpp_conn_t *conn, xmpp_conn_event_t event, int error,
			  xmpp_stream_error_t *stream_error, void *userdata)
{
	struct strophe_loop *l = userdata;

	if (event == XMPP_CONN_RAW_CONNECT) {
		open_unlogged(l);
		return;
	}
	if (event == XMPP_CONN_CONNECT && l->unlogged)
		return;
	end_login(l);
	if (event == XMPP_CONN_CONNECT) {
		l->up = true;
		l->events->up(l->owner);
		return;
	}
	l->up = false;
	if (l->handshake.pending)
		l->events->handshake_failed(l->owner);
	l->handshake.pending = false;
	socket_watch_remove(l->watch);
	/* The duplicate is the last reference to the socket: closing it ends the connection. */
	set_duplicate(l, -1);
	reserve(l);
	l->events->down(l->owner, stream_error);
}

static void *allocate(size_t n, void *unused)
{
	return xmalloc(n);
}

static void *allocate_again(void *p, size_t n, void *unused)
{
	return xrealloc(p, n);
}

static void release(void *p, void *unused)
{
	free(p);
}

/* All memory is malloc()'s; strophe-names.c relies on that. */
static const xmpp_mem_t memory = { .alloc = allocate, .free = release, .realloc = allocate_again };

static bool open_descriptors(struct strophe_loop *l, uv_loop_t *loop)
{
	l->reserved = l->ready = l->duplicate = -1;
	l->watch = socket_watch_create(loop, on_ready, l);
	if (!l->watch)
		return false;
	reserve(l);
	return true;
}

/* libstrophe frees the password without wiping it. */
static void wipe_password(struct strophe_loop *l)
{
	char *password = (char *)xmpp_conn_get_pass(l->conn);

	if (password)
		wipe(password, strlen(password));
}

/*
 * Prepares the password by SASLprep (RFC 4013), which libstrophe leaves to us, and sets it.
 * False if it has not changed.
 */
static bool set_password(struct strophe_loop *l, const char *password)
{
	const char *before = xmpp_conn_get_pass(l->conn);
	char *prepared = prep_password(password);
	bool other = !before || strcmp(before, prepared);

	if (other) {
		wipe_password(l);
		xmpp_conn_set_pass(l->conn, prepared);
	}
	wipe(prepared, strlen(prepared));
	free(prepared);
	return other;
}

static void make_conn(struct strophe_loop *l)
{
	l->conn = xmpp_conn_new(l->ctx);
	if (l->ca_file)
		xmpp_conn_set_cafile(l->conn, l->ca_file);
	xmpp_conn_set_certfail_handler(l->conn, on_certificate);
	xmpp_conn_set_sockopt_callback(l->conn, on_socket);
	xmpp_handler_add(l->conn, on_stanza, NULL, NULL, NULL, l);
}

/* A connection that was opened without a login would never log in. */
static void renew_conn(struct strophe_loop *l)
{
	xmpp_conn_t *before = l->conn;

	make_conn(l);
	xmpp_conn_set_pass(l->conn, xmpp_conn_get_pass(before));
	wipe((char *)xmpp_conn_get_pass(before), strlen(xmpp_conn_get_pass(before)));
	xmpp_conn_release(before);
}

struct strophe_loop *strophe_loop_create(uv_loop_t *loop, const char *password, const char *ca_file,
					 const char *pins, const struct strophe_events *events,
					 void *owner)
{
	struct strophe_loop *l = xcalloc(1, sizeof(*l));

	l->events = events;
	l->owner = owner;
	l->key.pins = pins;
	if (!open_descriptors(l, loop)) {
		free(l);
		return NULL;
	}
	uv_idle_init(loop, &l->kick);
	uv_timer_init(loop, &l->tick);
	l->kick.data = l->tick.data = l;
	l->open_handles = 2;

	xmpp_initialize();
	l->log.userdata = l;
	l->ctx = xmpp_ctx_new(&memory, &l->log);
	l->ca_file = xstrdup(ca_file);
	make_conn(l);
	set_password(l, password);
	xmpp_global_timed_handler_add(l->ctx, on_fire, 0, l);
	return l;
}

bool strophe_loop_password(struct strophe_loop *l, const char *password)
{
	assert(!strophe_loop_busy(l));
	return set_password(l, password);
}

static int begin(struct strophe_loop *l, const struct endpoint *endpoint, const char *jid,
		 int ready, bool unlogged)
{
	/* The flags must always be set: libstrophe 0.12.2 reads one of them uninitialised. */
	long flags = XMPP_CONN_FLAG_MANDATORY_TLS | XMPP_CONN_FLAG_DISABLE_SM |
		     (endpoint->direct_tls ? XMPP_CONN_FLAG_LEGACY_SSL : 0);
	int err;

	assert(!l->pumping && !strophe_loop_busy(l));
	if (l->unlogged && !unlogged)
		renew_conn(l);
	xmpp_conn_set_flags(l->conn, flags);
	xmpp_conn_set_jid(l->conn, jid);
	l->key = (struct server_key){ .pins = l->key.pins };
	l->queued = 0;
	l->cut = l->handshake.pending = false;
	l->trouble = NULL;
	l->log.handler = on_log;
	if (l->reserved >= 0)
		close(l->reserved);
	l->reserved = -1;
	l->ready = ready;
	l->unlogged = unlogged;
	l->handshake.direct = endpoint->direct_tls;
	calling = l;
	errno = 0;
	if (unlogged)
		err = xmpp_connect_raw(l->conn, endpoint->ip, endpoint->port, on_connection, l);
	else
		err = xmpp_connect_client(l->conn, endpoint->ip, endpoint->port, on_connection, l);
	calling = NULL;
	if (l->ready >= 0)
		close(l->ready);
	l->ready = -1;
	if (err != XMPP_EOK) {
		err = errno ? errno : EIO;
		l->log.handler = NULL;
		socket_watch_remove(l->watch);
		set_duplicate(l, -1);
		reserve(l);
		errno = err;
		return -1;
	}
	uv_timer_start(&l->tick, on_tick, TICK, TICK);
	return 0;
}

int strophe_loop_connect(struct strophe_loop *l, const struct endpoint *endpoint, const char *jid,
			 int ready)
{
	return begin(l, endpoint, jid, ready, false);
}

int strophe_loop_open(struct strophe_loop *l, const struct endpoint *endpoint, const char *jid,
		      int ready)
{
	return begin(l, endpoint, jid, ready, true);
}

void strophe_loop_say(struct strophe_loop *l, const char *text, size_t n)
{
	xmpp_send_raw(l->conn, text, n);
	uv_idle_start(&l->kick, on_kick);
}

bool strophe_loop_start_tls(struct strophe_loop *l)
{
	return xmpp_conn_tls_start(l->conn) == 0 &&
	       xmpp_conn_open_stream_default(l->conn) == XMPP_EOK;
}

const char *strophe_loop_secret(const struct strophe_loop *l)
{
	return xmpp_conn_get_pass(l->conn);
}

void strophe_loop_cut(struct strophe_loop *l)
{
	/*
	 * Shutting the socket down wakes the watch, and libstrophe reads the end of the
	 * stream.
	 */
	l->cut = true;
	if (l->duplicate >= 0)
		shutdown(l->duplicate, SHUT_RDWR);
}

bool strophe_loop_busy(const struct strophe_loop *l)
{
	return !xmpp_conn_is_disconnected(l->conn);
}

bool strophe_loop_send(struct strophe_loop *l, const char *text, size_t n)
{
	if (!l->up)
		return false;
	xmpp_send_raw(l->conn, text, n);
	l->queued += n;
	/*
	 * An idle handle keeps the loop from blocking and runs once for all
	 * that is queued by then.
	 */
	uv_idle_start(&l->kick, on_kick);
	return true;
}

size_t strophe_loop_unsent(const struct strophe_loop *l)
{
	return l->queued + (l->duplicate >= 0 ? tcp_unsent(l->duplicate) : 0);
}

uint64_t strophe_loop_next_retransmission(const struct strophe_loop *l)
{
	return l->duplicate >= 0 ? tcp_next_retransmission(l->duplicate) : 0;
}

size_t strophe_loop_queued(const struct strophe_loop *l)
{
	int n = xmpp_conn_send_queue_len(l->conn);

	return n > 0 ? n : 0;
}

const struct server_key *strophe_loop_key(const struct strophe_loop *l)
{
	return &l->key;
}

const char *strophe_loop_jid(const struct strophe_loop *l)
{
	return l->up ? xmpp_conn_get_bound_jid(l->conn) : NULL;
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct strophe_loop *l = handle->data;
	void (*done)(void *arg) = l->done;
	void *arg = l->done_arg;

	if (--l->open_handles > 0)
		return;
	if (l->reserved >= 0)
		close(l->reserved);
	free(l->ca_file);
	free(l);
	done(arg);
}

void strophe_loop_destroy(struct strophe_loop *l, void (*done)(void *arg), void *arg)
{
	assert(!l->pumping && !strophe_loop_busy(l));
	l->done = done;
	l->done_arg = arg;
	wipe_password(l);
	xmpp_conn_release(l->conn);
	xmpp_global_timed_handler_delete(l->ctx, on_fire);
	xmpp_ctx_free(l->ctx);
	socket_watch_destroy(l->watch);
	uv_close((uv_handle_t *)&l->kick, on_handle_closed);
	uv_close((uv_handle_t *)&l->tick, on_handle_closed);
}
