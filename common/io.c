/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_SIZE = 16 * 1024 };

int io_write_all(int fd, const void *data, size_t n)
{
	const char *at = data;

	while (n > 0) {
		ssize_t done = write(fd, at, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

int io_read_all(int fd, struct buf *out, size_t max)
{
	ssize_t n = 1;

	while (n != 0 && buf_len(out) <= max) {
		n = read(fd, buf_reserve(out, READ_SIZE), READ_SIZE);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0)
			buf_added(out, (size_t)n);
	}
	return 0;
}

void io_close_on_exec(int fd)
{
	fcntl(fd, F_SETFD, FD_CLOEXEC);
}

int io_pipe(int fds[2])
{
	if (pipe(fds))
		return -1;
	io_close_on_exec(fds[0]);
	io_close_on_exec(fds[1]);
	return 0;
}

int io_socket(int domain, int type)
{
	int fd = socket(domain, type, 0);

	if (fd < 0)
		return -1;
	io_close_on_exec(fd);
#ifdef SO_NOSIGPIPE
	setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &(int){ 1 }, sizeof(int));
#endif
	return fd;
}
