/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_IO_H
#define COMMON_IO_H

/*
 * Descriptors: all bytes of those that block, whatever signal comes between, and new ones.
 */

#include <stddef.h>
#include <sys/socket.h>

#include "buf.h"

/* Writes all n bytes. 0, or -1 with errno. */
int io_write_all(int fd, const void *data, size_t n);

/*
 * Appends to out what comes until the end, or until out has more than max bytes, which the caller
 * looks at. 0, or -1 with errno.
 */
int io_read_all(int fd, struct buf *out, size_t max);

/*
 * New descriptors, which no child inherits. Not every system can make them so at once: whoever
 * forks does that on the same thread.
 */
void io_close_on_exec(int fd);
/* pipe(). 0, or -1 with errno. */
int io_pipe(int fds[2]);
/* socket(), that makes no SIGPIPE when it is sent to with MSG_NOSIGNAL. -1 with errno. */
int io_socket(int domain, int type);

/* Where there is none, the socket itself is told. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

#endif
