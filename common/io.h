/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_IO_H
#define COMMON_IO_H

/*
 * Blocking descriptors: reads and writes that signals do not cut short, and the making of
 * new ones.
 */

#include <stddef.h>
#include <sys/socket.h>

#include "buf.h"

/* Writes all n bytes. 0, or -1 with errno. */
int io_write_all(int fd, const void *data, size_t n);

/*
 * Appends to out all that can be read until the end of the file. Stops early when out has
 * more than max bytes, which the caller checks. 0, or -1 with errno.
 */
int io_read_all(int fd, struct buf *out, size_t max);

/*
 * These make descriptors that no child inherits. Not every system can do so in one step, so
 * a fork must happen on the same thread.
 */
void io_close_on_exec(int fd);
/* pipe(). 0, or -1 with errno. */
int io_pipe(int fds[2]);
/* socket(), without SIGPIPE when data is sent with MSG_NOSIGNAL. -1 with errno. */
int io_socket(int domain, int type);

/* Where MSG_NOSIGNAL is missing, io_socket() sets SO_NOSIGPIPE. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

#endif
