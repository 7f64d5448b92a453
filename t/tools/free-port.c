/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prints a TCP port of 127.0.0.1 that is not in use. The caller has to use it soon, and to
 * try another one if another process was quicker.
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) < 0) {
		perror("free-port");
		return 1;
	}
	printf("%d\n", ntohs(address.sin_port));
	close(fd);
	return 0;
}
