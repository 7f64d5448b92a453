/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_TCP_TUNING_H
#define DAEMON_TCP_TUNING_H

/*
 * Options and questions of TCP sockets that not every system has. Where one is missing its
 * function does nothing: these only make things faster, and nothing depends on them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/*
 * Has the kernel send by BBR in place of CUBIC or Reno, if the system allows that to this
 * process. The former two take each lost packet for congestion, and so get little over a
 * path that loses some for another reason. A system that is set to any other keeps that.
 * (TCP_CONGESTION; net.ipv4.tcp_allowed_congestion_control)
 */
void tcp_prefer_bbr(int fd);

enum { TCP_CONGESTION_SIZE = 16 };	/* bytes of the kernel's name, with the NUL */

/* The name of the congestion control by which the kernel sends. False: it does not tell. */
bool tcp_congestion(int fd, char name[TCP_CONGESTION_SIZE]);

/* How many bytes the kernel has taken and not sent; 0 where it does not tell. (SIOCOUTQNSD) */
size_t tcp_unsent(int fd);

/*
 * In how many ms the kernel sends once more what it has sent again already and nobody has
 * acknowledged. It doubles that time with each try (RFC 6298 5.5), and nothing that is received
 * makes it shorter. 0: nothing is in that state, or it does not tell. (TCP_INFO)
 */
uint64_t tcp_next_retransmission(int fd);

#endif
