/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage: relay <port> <target port> <pid file>
 *
 * Forwards TCP connections on 127.0.0.1. A script cuts the open ones with SIGUSR1, and
 * stops all forwarding silently with SIGSTOP. Goes to the background when it listens.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 16 };

static struct { int a, b; } pairs[CONNECTIONS];
static volatile sig_atomic_t cut_wanted;

static void on_cut(int signal)
{
	cut_wanted = 1;
}

static struct sockaddr_in loopback(const char *port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void take(int listener, const char *target)
{
	struct sockaddr_in addr = loopback(target);
	int near = accept(listener, NULL, NULL), far = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	/*
	 * Without this, Nagle's algorithm and a delayed acknowledgement would add 40 ms
	 * between the two ends.
	 */
	setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(far, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	for (int i = 0; i < CONNECTIONS && near >= 0; i++) {
		if (pairs[i].a >= 0)
			continue;
		if (connect(far, (struct sockaddr *)&addr, sizeof(addr)))
			break;
		pairs[i].a = near;
		pairs[i].b = far;
		return;
	}
	close(near);
	close(far);
}

/* Copies what one end has sent. False when that end has closed, or the other end is gone. */
static int forward(int from, int to)
{
	char bytes[65536];
	ssize_t n = read(from, bytes, sizeof(bytes)), done = 0;

	while (n > done) {
		ssize_t w = write(to, bytes + done, n - done);

		if (w < 0)
			return 0;
		done += w;
	}
	return n > 0;
}

static void close_pair(int i)
{
	close(pairs[i].a);
	close(pairs[i].b);
	pairs[i].a = pairs[i].b = -1;
}

int main(int argc, char **argv)
{
	struct sigaction cut = { .sa_handler = on_cut };
	struct sockaddr_in addr;
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	FILE *pid_file;
	pid_t pid;

	if (argc != 4)
		die("usage");
	addr = loopback(argv[1]);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) || listen(listener, 8))
		die("listen");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid > 0) {
		pid_file = fopen(argv[3], "w");
		if (!pid_file)
			die(argv[3]);
		fprintf(pid_file, "%d\n", pid);
		fclose(pid_file);
		_exit(0);
	}
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGUSR1, &cut, NULL);
	for (int i = 0; i < CONNECTIONS; i++)
		pairs[i].a = pairs[i].b = -1;
	for (;;) {
		struct pollfd fds[1 + 2 * CONNECTIONS] = { { .fd = listener, .events = POLLIN } };

		for (int i = 0; i < CONNECTIONS; i++) {
			fds[1 + 2 * i] = (struct pollfd){ .fd = pairs[i].a, .events = POLLIN };
			fds[2 + 2 * i] = (struct pollfd){ .fd = pairs[i].b, .events = POLLIN };
		}
		if (poll(fds, 1 + 2 * CONNECTIONS, -1) < 0 && errno != EINTR)
			die("poll");
		if (cut_wanted) {
			cut_wanted = 0;
			for (int i = 0; i < CONNECTIONS; i++)
				if (pairs[i].a >= 0)
					close_pair(i);
			continue;
		}
		for (int i = 0; i < CONNECTIONS; i++) {
			if ((!fds[1 + 2 * i].revents || forward(pairs[i].a, pairs[i].b)) &&
			    (!fds[2 + 2 * i].revents || forward(pairs[i].b, pairs[i].a)))
				continue;
			close_pair(i);
		}
		if (fds[0].revents)
			take(listener, argv[2]);
	}
}
