/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage: source ADDRESS PORT
 *
 * Sends bytes that do not compress to whoever connects, as fast as plain TCP
 * takes them, until they hang up: what drain --plain measures. Nothing is set
 * on the sockets; this is what any program gets.
 */

#include <arpa/inet.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 256 * 1024 };

static unsigned char buffer[BUFFER];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void fill(void)
{
	uint64_t x = 88172645463325252;

	for (size_t i = 0; i < BUFFER; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		buffer[i] = x >> 32;
	}
}

static int listen_at(const char *address, const char *port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(atoi(port)),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (inet_pton(AF_INET, address, &addr.sin_addr) != 1)
		die(address);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 8) < 0)
		die(address);
	return fd;
}

int main(int argc, char **argv)
{
	int listener;

	if (argc != 3) {
		fprintf(stderr, "usage: source ADDRESS PORT\n");
		return 129;
	}
	fill();
	listener = listen_at(argv[1], argv[2]);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0 && fork() == 0) {
			signal(SIGPIPE, SIG_IGN);
			close(listener);
			while (write(fd, buffer, BUFFER) > 0)
				;
			_exit(0);
		}
		if (fd >= 0)
			close(fd);
	}
}
