/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LISTEN_PID says for whom LISTEN_FDS descriptors were opened, from 3 on. If another process is
 * named, as in a child that inherited the variables, these descriptors are not ours to touch.
 * NOTIFY_SOCKET is the path of a datagram socket; one that begins with '@' is abstract.
 */
#include "service-manager.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alloc.h"
#include "decimal.h"
#include "io.h"

enum { FIRST_DESCRIPTOR = 3 };

/* Whether the variable is this process's id. */
static bool names_us(const char *variable)
{
	const char *text = getenv(variable);
	uint64_t pid;

	return text && decimal_parse(text, INT_MAX, &pid) && pid == (uint64_t)getpid();
}

/* Writes the path that fd listens at. False if fd is no listening Unix stream socket. */
static bool find_path(int fd, char path[SOCKPATH_MAX])
{
	struct sockaddr_un addr = { .sun_family = AF_UNSPEC };
	socklen_t size = sizeof(addr), one = sizeof(int);
	int type = 0, listens = 0;

	if (getsockname(fd, (struct sockaddr *)&addr, &size) || addr.sun_family != AF_UNIX ||
	    size <= offsetof(struct sockaddr_un, sun_path) || addr.sun_path[0] != '/' ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &one) || type != SOCK_STREAM)
		return false;
	one = sizeof(int);
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &one) || !listens)
		return false;
	size -= offsetof(struct sockaddr_un, sun_path);
	if (size >= SOCKPATH_MAX)
		return false;
	memcpy(path, addr.sun_path, size);
	path[size] = '\0';
	return true;
}

static int take_listener(struct service_manager *m, struct message *trouble)
{
	const char *text = getenv("LISTEN_FDS");
	uint64_t count;

	if (!text || !names_us("LISTEN_PID"))
		return 0;
	if (!decimal_parse(text, 1, &count) || count != 1 ||
	    !find_path(FIRST_DESCRIPTOR, m->path) || fcntl(FIRST_DESCRIPTOR, F_SETFD, FD_CLOEXEC)) {
		message_set(trouble, MSG_SOCKET_PATH, "path", "descriptor 3", "reason",
			    "the service manager has to hand over one Unix socket that listens",
			    NULL);
		return -1;
	}
	m->listener = FIRST_DESCRIPTOR;
	return 0;
}

int service_manager_begin(struct service_manager *m, struct message *trouble)
{
	const char *notify = getenv("NOTIFY_SOCKET");
	int result;

	*m = (struct service_manager){ .listener = -1 };
	result = take_listener(m, trouble);
	if (notify && (notify[0] == '/' || notify[0] == '@'))
		m->notify = xstrdup(notify);
	m->is_parent = m->listener >= 0 || m->notify || names_us("SYSTEMD_EXEC_PID");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	unsetenv("NOTIFY_SOCKET");
	unsetenv("SYSTEMD_EXEC_PID");
	return result;
}

void service_manager_notify(const struct service_manager *m, const char *assignments)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t n = m->notify ? strlen(m->notify) : 0;
	int fd;

	if (!n || n >= sizeof(addr.sun_path))
		return;
	memcpy(addr.sun_path, m->notify, n);
	if (addr.sun_path[0] == '@')
		addr.sun_path[0] = '\0';
	fd = io_socket(AF_UNIX, SOCK_DGRAM);
	if (fd < 0)
		return;
	sendto(fd, assignments, strlen(assignments), MSG_NOSIGNAL | MSG_DONTWAIT,
	       (struct sockaddr *)&addr, offsetof(struct sockaddr_un, sun_path) + n);
	close(fd);
}

void service_manager_finish(struct service_manager *m)
{
	free(m->notify);
	m->notify = NULL;
}
