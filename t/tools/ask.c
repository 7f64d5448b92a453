/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage: ask <port>
 *
 * Connects to 127.0.0.1, sends its standard input, and prints the answer until the other
 * side closes. Status 1 if nobody listens, 2 if the connection is not closed within ten
 * seconds.
 */

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 10 * 1000 };

int main(int argc, char **argv)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(argc > 1 ? atoi(argv[1]) : 0),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char bytes[4096];
	ssize_t n;

	signal(SIGPIPE, SIG_IGN);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		perror("ask");
		return 1;
	}
	while ((n = read(0, bytes, sizeof(bytes))) > 0)
		if (send(fd, bytes, n, MSG_NOSIGNAL) != n)
			break;
	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };

		if (poll(&wait, 1, PATIENCE_MS) <= 0)
			return 2;
		n = read(fd, bytes, sizeof(bytes));
		if (n <= 0)
			return 0;
		fwrite(bytes, 1, n, stdout);
	}
}
