/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SOCKET_WATCH_H
#define DAEMON_SOCKET_WATCH_H

/*
 * Tells when a library may have something to do on a socket that it opens and closes itself,
 * without telling what it waits for. There is one socket at a time. Each kind of system has a
 * file: socket-watch-epoll.c for Linux, socket-watch-poll.c for any.
 */

#include <stdbool.h>
#include <uv.h>

struct socket_watch;

/* NULL if no descriptor is free. ready is called from the loop, sometimes without need. */
struct socket_watch *socket_watch_create(uv_loop_t *loop, void (*ready)(void *owner), void *owner);

/* No event comes any more. The record is freed in a later turn of the loop. */
void socket_watch_destroy(struct socket_watch *w);

/* Watches fd, which is about to connect. No other socket may be watched. -1 with errno. */
int socket_watch_add(struct socket_watch *w, int fd);

/* The socket is closed or about to be. There may be none. */
void socket_watch_remove(struct socket_watch *w);

/* The library is about to look at the socket: events so far are dropped. */
void socket_watch_seen(struct socket_watch *w);

/* The library has looked. sending: it still has something to send. */
void socket_watch_arm(struct socket_watch *w, bool sending);

#endif
