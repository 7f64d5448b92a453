/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "socket-watch.h"

/*
 * The socket is the one member of an edge-triggered epoll set, which is itself a descriptor
 * that libuv watches for as long as we live. Edges need no knowledge of whether the library
 * waits for writability, and a socket that it closes leaves the set by itself, once nobody has
 * a duplicate of it.
 */

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "alloc.h"

struct socket_watch {
	uv_poll_t poll;
	int set;		/* owned */
	void (*ready)(void *owner);
	void *owner;
};

static void on_poll(uv_poll_t *handle, int status, int events)
{
	struct socket_watch *w = handle->data;

	w->ready(w->owner);
}

struct socket_watch *socket_watch_create(uv_loop_t *loop, void (*ready)(void *owner), void *owner)
{
	struct socket_watch *w = xcalloc(1, sizeof(*w));

	w->set = epoll_create1(EPOLL_CLOEXEC);
	if (w->set < 0 || uv_poll_init(loop, &w->poll, w->set) < 0) {
		if (w->set >= 0)
			close(w->set);
		free(w);
		return NULL;
	}
	w->ready = ready;
	w->owner = owner;
	w->poll.data = w;
	uv_poll_start(&w->poll, UV_READABLE, on_poll);
	return w;
}

static void on_closed(uv_handle_t *handle)
{
	struct socket_watch *w = handle->data;

	close(w->set);
	free(w);
}

void socket_watch_destroy(struct socket_watch *w)
{
	uv_close((uv_handle_t *)&w->poll, on_closed);
}

int socket_watch_add(struct socket_watch *w, int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET };

	return epoll_ctl(w->set, EPOLL_CTL_ADD, fd, &event);
}

void socket_watch_remove(struct socket_watch *w)
{
}

void socket_watch_seen(struct socket_watch *w)
{
	struct epoll_event event;

	while (epoll_wait(w->set, &event, 1, 0) > 0)
		;
}

void socket_watch_arm(struct socket_watch *w, bool sending)
{
}
