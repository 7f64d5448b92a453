/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A server that says the wrong things: odd-server TEXT... prints its port on
 * 127.0.0.1, then gives each client the TEXTs, one for each time it has heard
 * something, and is silent after the last until the client leaves.
 */

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listen_anywhere(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0 || listen(fd, 8) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return -1;
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

static void serve(int fd, char **texts)
{
	char heard[4096];

	while (read(fd, heard, sizeof(heard)) > 0) {
		if (!*texts)
			continue;
		if (write(fd, *texts, strlen(*texts)) < 0)
			return;
		texts++;
	}
}

int main(int argc, char **argv)
{
	int listener = listen_anywhere(), fd;

	if (listener < 0) {
		perror("odd-server");
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		serve(fd, argv + 1);
		close(fd);
	}
	return 0;
}
