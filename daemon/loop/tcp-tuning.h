/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_TCP_TUNING_H
#define DAEMON_TCP_TUNING_H

/*
 * What a system can be asked about a TCP socket, or told of it, beyond what all of them can.
 * Each does nothing where that is not known: it makes things faster, and nothing depends on it.
 */

#include <stddef.h>

/*
 * What has come is acknowledged now. A peer that sends by Nagle's algorithm holds the end of a
 * burst back until what came before it is acknowledged, for which the kernel would take 40 ms.
 * It forgets what we want of it, so it is told after every read. (TCP_QUICKACK)
 */
void tcp_acknowledge_now(int fd);

/*
 * The kernel takes no more than that many bytes which have not left: they could
 * not be overtaken. (TCP_NOTSENT_LOWAT)
 */
void tcp_limit_unsent(int fd, size_t n);

/* How many bytes the kernel has not sent yet; 0 where it does not tell. (SIOCOUTQNSD) */
size_t tcp_unsent(int fd);

#endif
