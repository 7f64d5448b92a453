/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "socket-watch.h"

/*
 * The socket is the only member of an edge-triggered epoll set, and libuv watches that set, a
 * descriptor itself, for as long as this record lives. With edges we need not know whether
 * the library waits for writability. A socket that the library closes leaves the set once no
 * duplicate of it is open.
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

/* One call, for it comes with each block of an in-band path. */
void socket_watch_seen(struct socket_watch *w)
{
	struct epoll_event event;

	epoll_wait(w->set, &event, 1, 0);
}

void socket_watch_arm(struct socket_watch *w, bool sending)
{
}
