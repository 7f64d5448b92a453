/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SOCKET_WATCH_H
#define DAEMON_SOCKET_WATCH_H

/*
 * Says when there may be something to do for a library that has a socket, and does not tell what it
 * waits for. One socket after the other; the library closes them. One file for each kind of system:
 * socket-watch-epoll.c for Linux, socket-watch-poll.c for any.
 */

#include <stdbool.h>
#include <uv.h>

struct socket_watch;

/* NULL: there was no descriptor for it. ready comes from the loop, and perhaps for nothing. */
struct socket_watch *socket_watch_create(uv_loop_t *loop, void (*ready)(void *owner), void *owner);

/* No event comes any more. It is gone when the loop has run. */
void socket_watch_destroy(struct socket_watch *w);

/* Watches this one, which is about to connect; there is none before. -1 with errno. */
int socket_watch_add(struct socket_watch *w, int fd);

/* The socket is closed, or about to be. There may be none. */
void socket_watch_remove(struct socket_watch *w);

/* The library is about to look: what was to be said is. */
void socket_watch_seen(struct socket_watch *w);

/* It has looked; sending: not all has left that it has to send. */
void socket_watch_arm(struct socket_watch *w, bool sending);

#endif
