/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notify-log <path>: what a service manager hears at NOTIFY_SOCKET. Prints each assignment on a
 * line of its own, until it is ended.
 */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int argc, char **argv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char text[4096];
	ssize_t n;

	if (argc != 2 || fd < 0)
		return 2;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", argv[1]);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		perror(argv[1]);
		return 1;
	}
	setvbuf(stdout, NULL, _IONBF, 0);
	while ((n = recv(fd, text, sizeof(text), 0)) >= 0)
		printf("%.*s\n", (int)n, text);
	return 1;
}
