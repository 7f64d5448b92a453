/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ready-socket.h"

/*
 * As in strophe-names.c, the definition of connect() here comes before that of the library.
 * All connections but the one are passed on.
 */

#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static int connected = -1;

bool ready_socket_put(int ready, int socket)
{
	int put = dup2(ready, socket), error = errno;

	close(ready);
	errno = error;
	connected = put;
	return put >= 0;
}

int connect(int fd, const struct sockaddr *address, socklen_t n)
{
	static int (*original)(int, const struct sockaddr *, socklen_t);

	if (connected >= 0 && fd == connected) {
		connected = -1;
		return 0;
	}
	if (!original)
		original = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT,
										   "connect");
	if (original)
		return original(fd, address, n);
	errno = ENOSYS;
	return -1;
}
