/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "socket-watch.h"

/*
 * libuv is level-triggered: it reports a readable or writable socket again and again. So the
 * library must read what can be read, and we ask for writability only until the socket is
 * connected and while something is left to send. libuv watches a duplicate, which stays open
 * until we close it.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "alloc.h"

/* One socket. It outlives the watch until its handle is closed. */
struct watched {
	uv_poll_t poll;
	struct socket_watch *watch;	/* NULL: the socket was removed */
	int fd;				/* owned */
	bool connected;
};

struct socket_watch {
	uv_loop_t *loop;
	struct watched *socket;		/* owned; or NULL */
	void (*ready)(void *owner);
	void *owner;
};

struct socket_watch *socket_watch_create(uv_loop_t *loop, void (*ready)(void *owner), void *owner)
{
	struct socket_watch *w = xcalloc(1, sizeof(*w));

	w->loop = loop;
	w->ready = ready;
	w->owner = owner;
	return w;
}

void socket_watch_destroy(struct socket_watch *w)
{
	socket_watch_remove(w);
	free(w);
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
	struct watched *s = handle->data;

	if (!s->watch)
		return;
	/*
	 * The library finds an error when it looks; here it only ends the wait for the
	 * connection.
	 */
	if (status < 0 || events & UV_WRITABLE)
		s->connected = true;
	s->watch->ready(s->watch->owner);
}

static void start(struct watched *s, bool sending)
{
	uv_poll_start(&s->poll, UV_READABLE | (sending || !s->connected ? UV_WRITABLE : 0),
		      on_poll);
}

int socket_watch_add(struct socket_watch *w, int fd)
{
	struct watched *s;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		return -1;
	s = xcalloc(1, sizeof(*s));
	if (uv_poll_init(w->loop, &s->poll, copy) < 0) {
		close(copy);
		free(s);
		return -1;
	}
	s->fd = copy;
	s->watch = w;
	s->poll.data = s;
	w->socket = s;
	start(s, true);
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct watched *s = handle->data;

	close(s->fd);
	free(s);
}

void socket_watch_remove(struct socket_watch *w)
{
	struct watched *s = w->socket;

	if (!s)
		return;
	s->watch = NULL;
	w->socket = NULL;
	uv_close((uv_handle_t *)&s->poll, on_closed);
}

void socket_watch_seen(struct socket_watch *w)
{
}

void socket_watch_arm(struct socket_watch *w, bool sending)
{
	if (w->socket)
		start(w->socket, sending);
}
