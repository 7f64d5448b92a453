/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * socks-server [--user=<user>:<password>] [--mute] <port>
 *
 * A SOCKS5 proxy at 127.0.0.1, whose own port goes to standard output. Whatever host is asked
 * for is connected to <port> there, and is printed as "<host>:<port>", after the user if there
 * is one. With --mute it accepts, and says nothing.
 */

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int at_port(unsigned port, bool listens)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t n = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || (listens ? bind(fd, (struct sockaddr *)&address, n)
			       : connect(fd, (struct sockaddr *)&address, n)))
		die("socket");
	if (!listens)
		return fd;
	if (listen(fd, 8) || getsockname(fd, (struct sockaddr *)&address, &n))
		die("listen");
	printf("%u\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

/* Exactly n bytes, or the end of this process. */
static void get(int fd, unsigned char *out, size_t n)
{
	while (n > 0) {
		ssize_t got = read(fd, out, n);

		if (got <= 0)
			exit(0);
		out += got;
		n -= (size_t)got;
	}
}

static void put(int fd, const void *data, size_t n)
{
	if (write(fd, data, n) != (ssize_t)n)
		exit(0);
}

/* A text with its length before it. */
static void get_text(int fd, char out[256])
{
	unsigned char n;

	get(fd, &n, 1);
	get(fd, (unsigned char *)out, n);
	out[n] = '\0';
}

static void authenticate(int fd, const char *user)
{
	char name[256], password[256], both[513];
	unsigned char version;
	bool good;

	put(fd, "\5\2", 2);
	get(fd, &version, 1);
	get_text(fd, name);
	get_text(fd, password);
	snprintf(both, sizeof(both), "%s:%s", name, password);
	good = !strcmp(both, user);
	put(fd, good ? "\1\0" : "\1\1", 2);
	if (!good)
		exit(0);
	printf("%s ", name);
}

static void relay(int a, int b)
{
	struct pollfd fds[] = { { .fd = a, .events = POLLIN }, { .fd = b, .events = POLLIN } };
	char data[16384];

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			exit(0);
		for (int i = 0; i < 2; i++) {
			ssize_t n = fds[i].revents ? read(fds[i].fd, data, sizeof(data)) : -1;

			if (!fds[i].revents)
				continue;
			if (n <= 0)
				exit(0);
			put(fds[1 - i].fd, data, (size_t)n);
		}
	}
}

static void serve(int fd, const char *user, unsigned port)
{
	unsigned char greeting[2], methods[255], request[4], asked[2];
	char host[256];
	bool knows = false;

	get(fd, greeting, 2);
	get(fd, methods, greeting[1]);
	for (int i = 0; i < greeting[1]; i++)
		knows |= methods[i] == 2;
	if (user && !knows) {
		put(fd, "\5\377", 2);
		exit(0);
	}
	if (user)
		authenticate(fd, user);
	else
		put(fd, "\5\0", 2);
	get(fd, request, 4);
	if (request[3] != 3)
		exit(0);
	get_text(fd, host);
	get(fd, asked, 2);
	printf("%s:%u\n", host, asked[0] * 256U + asked[1]);
	fflush(stdout);
	put(fd, "\5\0\0\1\0\0\0\0\0\0", 10);
	relay(fd, at_port(port, false));
}

int main(int argc, char **argv)
{
	const char *user = NULL;
	bool mute = false;
	int listener;

	for (; argc > 2; argc--, argv++) {
		if (!strncmp(argv[1], "--user=", 7))
			user = argv[1] + 7;
		else if (!strcmp(argv[1], "--mute"))
			mute = true;
	}
	if (argc != 2)
		return 129;
	signal(SIGCHLD, SIG_IGN);
	listener = at_port(0, true);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			die("accept");
		if (!mute && fork() == 0)
			serve(fd, user, (unsigned)atoi(argv[1]));
		if (!mute)
			close(fd);
	}
}
