/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The life of a path. When its owner closes it, the path sends what is left, half-closes, and reads
 * on until the other side closes too. To close with bytes unread would cause a reset, which
 * destroys what the other side has not read yet. TCP_LINGER_TIMEOUT bounds this.
 */
#include "tcp-path-internal.h"

#include <stdlib.h>

#include "alloc.h"
#include "attempts.h"
#include "log.h"
#include "sockaddr.h"
#include "tcp-tuning.h"
#include "wipe.h"

static const char *state_name(enum tcp_path_state state)
{
	static const char *const names[] = {
		"connecting", "asking", "joined", "open", "lingering", "closed",
	};

	return names[state];
}

static void on_timer(uv_timer_t *timer);

void tcp_path_limit(struct tcp_path *p, uint64_t timeout)
{
	uv_timer_start(&p->timer, on_timer, timeout, 0);
}

void tcp_path_enter(struct tcp_path *p, enum tcp_path_state state, uint64_t timeout,
		    const char *because)
{
	log_debug("path %s: %s -> %s, %s", p->tls.path.name, state_name(p->state),
		  state_name(state), because);
	p->state = state;
	if (timeout)
		tcp_path_limit(p, timeout);
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
	tcp_path_enter(p, TCP_CLOSED, 0, because);
	uv_close((uv_handle_t *)&p->timer, on_handle_closed);
	uv_close((uv_handle_t *)&p->soon, on_handle_closed);
	uv_close((uv_handle_t *)&p->pause, on_handle_closed);
}

void tcp_path_finish(struct tcp_path *p, const char *because)
{
	close_others(p, because);
	uv_close((uv_handle_t *)&p->tcp, on_handle_closed);
}

void tcp_path_break(struct tcp_path *p, const char *why)
{
	if (p->state == TCP_CLOSED)
		return;
	tcp_path_finish(p, why);
	if (!p->tls.path.over)
		path_over(&p->tls.path, why);
}

static void on_timer(uv_timer_t *timer)
{
	struct tcp_path *p = timer->data;

	switch (p->state) {
	case TCP_CONNECTING:
		tcp_path_break(p, p->dial_error ? uv_strerror(p->dial_error) : "no answer");
		break;
	case TCP_ASKING:
		tcp_path_break(p, "no answer from the proxy");
		break;
	case TCP_JOINED:
		tcp_path_break(p, "the other side did not come to the proxy");
		break;
	case TCP_OPEN:
		tcp_path_break(p, PATH_HANDSHAKE_UNANSWERED);
		break;
	default:
		tcp_path_break(p, "that took long enough");
	}
}

static void on_soon(uv_idle_t *idle)
{
	uv_idle_stop(idle);
	tcp_bytes_send(idle->data);
}

void tcp_path_send_soon(struct tcp_path *p)
{
	uv_idle_start(&p->soon, on_soon);
}

static void on_kick(struct path *path)
{
	tcp_path_send_soon((struct tcp_path *)path);
}

static void on_shut_down(uv_shutdown_t *shutdown, int status)
{
	/* Nothing to do: the other side's end or the timer ends the path. */
}

void tcp_path_linger(struct tcp_path *p)
{
	if (p->writing_now || (buf_len(&p->tls.cipher) && !tcp_bytes_write(p)) || p->writing_now)
		return;
	if (uv_shutdown(&p->shutdown, (uv_stream_t *)&p->tcp, on_shut_down) < 0)
		tcp_path_break(p, "it is gone");
}

static void on_close(struct path *path)
{
	struct tcp_path *p = (struct tcp_path *)path;

	if (!path->up) {
		tcp_path_finish(p, "closed by us");
		return;
	}
	uv_idle_stop(&p->soon);
	uv_timer_stop(&p->pause);
	tcp_path_enter(p, TCP_LINGERING, TCP_LINGER_TIMEOUT, "closed by us");
	tcp_path_linger(p);
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

struct tcp_path *tcp_path_create(uv_loop_t *loop, const struct device_key *key, enum path_kind kind,
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
