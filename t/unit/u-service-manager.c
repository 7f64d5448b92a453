/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service-manager.h"

/* What a service manager hands over, and what it is told. The test is the manager. */

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tap.h"

static char dir[] = "/tmp/gx.XXXXXX";

/* As a service manager would start this process. */
static void environment(bool is_meant, const char *count)
{
	char pid[24];

	snprintf(pid, sizeof(pid), "%d", (int)getpid() + !is_meant);
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", count, 1);
	setenv("LISTEN_FDNAMES", "git-xmpp-daemon.socket", 1);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("SYSTEMD_EXEC_PID");
}

/* Makes descriptor 3 a socket of this type at the path; listening if told so. */
static void hand_over(int type, const char *path, bool listens)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || (listens && listen(fd, 5)))
		exit(1);
	if (fd != 3) {
		dup2(fd, 3);
		close(fd);
	}
}

static bool refuses(const char *path, int type, bool listens, const char *count)
{
	struct service_manager m;
	struct message trouble = { .id = MSG_NONE };
	bool refused;

	environment(true, count);
	hand_over(type, path, listens);
	refused = service_manager_begin(&m, &trouble) < 0 && trouble.id == MSG_SOCKET_PATH;
	service_manager_finish(&m);
	return refused;
}

/* What arrives at a socket with this address when READY is said; "" if nothing does. */
static const char *heard(const char *address)
{
	static char text[64];
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct service_manager m;
	struct message trouble;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ssize_t n;

	memcpy(addr.sun_path, address, strlen(address));
	if (*address == '@')
		addr.sun_path[0] = '\0';
	if (bind(fd, (struct sockaddr *)&addr,
		 offsetof(struct sockaddr_un, sun_path) + strlen(address)))
		return "not bound";
	environment(false, "1");
	setenv("NOTIFY_SOCKET", address, 1);
	service_manager_begin(&m, &trouble);
	service_manager_notify(&m, "READY=1");
	n = recv(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	if (!m.is_parent || getenv("NOTIFY_SOCKET"))
		return "wrong";
	service_manager_finish(&m);
	close(fd);
	return text;
}

int main(void)
{
	struct service_manager m;
	struct message trouble;
	char path[64], pid[24];

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/socket", dir);
	hand_over(SOCK_STREAM, path, true);

	environment(false, "1");
	ok(!service_manager_begin(&m, &trouble) && m.listener < 0 && !m.is_parent,
	   "what was handed to another process is not ours");
	ok(!getenv("LISTEN_PID") && !getenv("LISTEN_FDS") && !getenv("LISTEN_FDNAMES"),
	   "and no child of ours is told of it");
	service_manager_notify(&m, "READY=1");
	service_manager_finish(&m);

	environment(true, "1");
	ok(!service_manager_begin(&m, &trouble) && m.listener == 3 && m.is_parent,
	   "what was handed to us is");
	is_str(m.path, path, "its path is known");
	is_int(fcntl(3, F_GETFD), FD_CLOEXEC, "no child of ours gets it");
	service_manager_finish(&m);

	ok(refuses(path, SOCK_STREAM, true, "2"), "two sockets are refused");
	ok(refuses(path, SOCK_STREAM, true, "x"), "so is a number that is none");
	ok(refuses(path, SOCK_STREAM, false, "1"), "and a socket that does not listen");
	ok(refuses(path, SOCK_DGRAM, false, "1"), "and one that cannot");
	close(3);
	if (open("/dev/null", O_RDONLY) != 3)
		return 1;
	environment(true, "1");
	ok(service_manager_begin(&m, &trouble) < 0, "and what is no socket at all");
	service_manager_finish(&m);
	close(3);

	unlink(path);
	is_str(heard(path), "READY=1", "a path is notified");
	is_str(heard("@gx-notified"), "READY=1", "an abstract name, too");
	setenv("NOTIFY_SOCKET", "nowhere", 1);
	service_manager_begin(&m, &trouble);
	ok(!m.notify, "nothing else is");
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("SYSTEMD_EXEC_PID", pid, 1);
	service_manager_begin(&m, &trouble);
	ok(m.is_parent, "a service without a socket knows that it is one");
	unlink(path);
	rmdir(dir);
	return tap_done();
}
