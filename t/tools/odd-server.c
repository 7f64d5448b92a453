/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A server that sends wrong things. odd-server TEXT... prints its port on 127.0.0.1, then
 * sends each client the TEXTs, one each time after it has received something, and after the
 * last nothing until the client leaves. Before a TEXT, --times=N repeats it N times, and
 * --more sends it at once after the previous one.
 */

#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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

static bool write_all(int fd, const char *data, size_t n)
{
	ssize_t done;

	for (; n > 0; data += done, n -= done) {
		done = write(fd, data, n);
		if (done < 0)
			return false;
	}
	return true;
}

static bool say(int fd, const char *text, unsigned long times)
{
	size_t len = strlen(text), fit = len && len < 65536 ? 65536 / len : 1;
	char *block = malloc(fit * len + 1);
	bool said = block != NULL;

	for (size_t i = 0; said && i < fit; i++)
		memcpy(block + i * len, text, len);
	for (size_t n; said && times > 0; times -= n) {
		n = times < fit ? times : fit;
		said = write_all(fd, block, n * len);
	}
	free(block);
	return said;
}

/*
 * Sends one TEXT, and those after it that have --more. Returns the rest; NULL if the client
 * is gone.
 */
static char **say_next(int fd, char **args)
{
	bool more = true;

	while (*args && more) {
		unsigned long times = 1;

		if (!strncmp(*args, "--times=", 8))
			times = strtoul(*args++ + 8, NULL, 10);
		if (!*args || !say(fd, *args++, times))
			return NULL;
		more = *args && !strcmp(*args, "--more");
		args += more;
	}
	return args;
}

static void serve(int fd, char **args)
{
	char heard[4096];

	while (args && read(fd, heard, sizeof(heard)) > 0)
		args = say_next(fd, args);
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
