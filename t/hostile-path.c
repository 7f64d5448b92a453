/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who dials a broker on 127.0.0.1 with something in mind.
 *
 * usage: hostile-path overhear <port>
 *        hostile-path silent <port> <token> <n> <key file>
 *        hostile-path other-key <port> <token> <n>
 *
 * overhear: listens, and prints the token of the first that dials.
 * silent: n handshakes with the device's own key, and no HELLO after any of them; says how
 * many the broker bears, then waits until it has closed them all.
 * other-key: n handshakes with the token, and a key of nobody's.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buf.h"
#include "tls.h"

enum { CONNECTIONS_MAX = 64, REST = 500 };

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int make_socket(const char *port, struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket");
	*address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	return fd;
}

static bool print_name(void *arg, const char *server_name)
{
	puts(server_name);
	fflush(stdout);
	return false;
}

static int overhear(const char *port)
{
	struct device_key *key = device_key_generate();
	struct sockaddr_in address;
	struct buf out = { 0 }, plain = { 0 };
	int on = 1, fd = make_socket(port, &address);
	struct tls *tls = tls_create(key, false, NULL, &out);
	char bytes[4096];
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1) < 0)
		die("listen");
	fd = accept(fd, NULL, NULL);
	if (fd < 0)
		die("accept");
	tls_set_gate(tls, print_name, NULL);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0 && tls_input(tls, bytes, (size_t)n, &plain) == 0)
		;
	return 0;
}

static struct device_key *read_key(const char *path)
{
	char pem[8192] = "";
	FILE *f = fopen(path, "r");
	struct device_key *key;

	if (!f)
		die(path);
	pem[fread(pem, 1, sizeof(pem) - 1, f)] = '\0';
	fclose(f);
	key = device_key_parse(pem);
	if (!key) {
		fprintf(stderr, "%s is no key\n", path);
		exit(1);
	}
	return key;
}

static void write_all(int fd, struct buf *out)
{
	while (buf_len(out)) {
		ssize_t n = write(fd, buf_data(out), buf_len(out));

		if (n <= 0)
			break;
		buf_consume(out, (size_t)n);
	}
	buf_reset(out);
}

/* The descriptor of a connection whose handshake is done on our side; -1. */
static int shake_hands(const char *port, const char *token, const struct device_key *key)
{
	struct sockaddr_in address;
	struct buf out = { 0 }, plain = { 0 };
	int fd = make_socket(port, &address);
	struct tls *tls = tls_create(key, true, token, &out);
	char bytes[4096];
	ssize_t n = 1;

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("connect");
	write_all(fd, &out);
	while (!tls_established(tls) && (n = read(fd, bytes, sizeof(bytes))) > 0 &&
	       tls_input(tls, bytes, (size_t)n, &plain) == 0)
		write_all(fd, &out);
	if (!tls_established(tls)) {
		close(fd);
		fd = -1;
	}
	tls_destroy(tls);
	buf_finish(&out);
	buf_finish(&plain);
	return fd;
}

/* Reads from all of them until nothing has come for rest ms (-1: until none is left); how many are open. */
static unsigned listen_to(struct pollfd *fds, unsigned n, int rest)
{
	unsigned open = n;

	for (unsigned i = 0; i < n; i++)
		open -= fds[i].fd < 0;
	while (open && poll(fds, n, rest) > 0) {
		for (unsigned i = 0; i < n; i++) {
			char bytes[4096];

			if (!fds[i].revents || read(fds[i].fd, bytes, sizeof(bytes)) > 0)
				continue;
			close(fds[i].fd);
			fds[i].fd = -1;
			fds[i].revents = 0;
			open--;
		}
	}
	return open;
}

static int dial(const char *port, const char *token, unsigned n, const struct device_key *key)
{
	struct pollfd fds[CONNECTIONS_MAX];

	for (unsigned i = 0; i < n; i++)
		fds[i] = (struct pollfd){ .fd = shake_hands(port, token, key), .events = POLLIN };
	printf("%u open\n", listen_to(fds, n, REST));
	fflush(stdout);
	printf("%u open\n", listen_to(fds, n, -1));
	return 0;
}

int main(int argc, char **argv)
{
	unsigned n = argc > 4 ? (unsigned)atoi(argv[4]) : 0;

	signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && !strcmp(argv[1], "overhear"))
		return overhear(argv[2]);
	if (argc == 6 && !strcmp(argv[1], "silent") && n <= CONNECTIONS_MAX)
		return dial(argv[2], argv[3], n, read_key(argv[5]));
	if (argc == 5 && !strcmp(argv[1], "other-key") && n <= CONNECTIONS_MAX)
		return dial(argv[2], argv[3], n, device_key_generate());
	fprintf(stderr, "usage: hostile-path overhear|silent|other-key <port> ...\n");
	return 2;
}
