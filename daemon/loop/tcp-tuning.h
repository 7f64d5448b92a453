/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_TCP_TUNING_H
#define DAEMON_TCP_TUNING_H

/*
 * Options and questions of TCP sockets that not every system has. Where one is missing its
 * function does nothing: these only make things faster, and nothing depends on them.
 */

#include <stdbool.h>
#include <stddef.h>

/*
 * Acknowledges at once what has come. A peer with Nagle's algorithm holds back the end of
 * a burst until the bytes before it are acknowledged, which the kernel would delay by 40
 * ms. The kernel forgets the option, so this is called after every read. (TCP_QUICKACK)
 */
void tcp_acknowledge_now(int fd);

/*
 * While on, what is written waits, and leaves in as few segments as it needs when that ends, or
 * after 200 ms. (TCP_CORK)
 */
void tcp_hold(int fd, bool on);

/*
 * Limits the bytes that the kernel takes and has not sent, because nothing could overtake
 * them. (TCP_NOTSENT_LOWAT)
 */
void tcp_limit_unsent(int fd, size_t n);

/* How many bytes the kernel has taken and not sent; 0 where it does not tell. (SIOCOUTQNSD) */
size_t tcp_unsent(int fd);

#endif
