/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage: flights <port> <target port>
 *
 * Forwards TCP connections on 127.0.0.1 and counts flights: what one end sends until it waits for
 * the other one. Round trips are counted so, and not by a clock: the ends take turns here. What
 * one sends is passed on when it has been silent for a while, and until then the other end hears
 * nothing to which it could answer.
 *
 * Prints "ready", then a line for each flight: when (as in the daemon's log), which connection, >
 * to the target or < from it, bytes. A flight behind another one in the same direction is a part
 * of that, and is marked with +.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	CONNECTIONS = 16,
	ENDS = 2,		/* 0: who connected; 1: the target */
	FLIGHT_MAX = 1 << 20,	/* bytes */
	QUIET = 400,		/* ms; an end that is silent for so long waits */
};

static struct connection {
	bool open;
	int number;
	int fd[ENDS];
	int turn;		/* whose flight is being gathered; -1: of nobody */
	int last;		/* whose was passed on last; -1: of nobody */
	bool ended;		/* the end whose turn it is has closed */
	long long quiet_at;	/* ms; when its flight is whole */
	char bytes[FLIGHT_MAX];
	size_t n;
} connections[CONNECTIONS];

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in loopback(const char *port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static void take(int listener, const char *target)
{
	static int number;
	struct sockaddr_in addr = loopback(target);
	int near = accept(listener, NULL, NULL), far = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	struct connection *c = connections;

	setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(far, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	while (c < connections + CONNECTIONS && c->open)
		c++;
	if (near < 0 || c == connections + CONNECTIONS ||
	    connect(far, (struct sockaddr *)&addr, sizeof(addr))) {
		close(near);
		close(far);
		return;
	}
	c->open = true;
	c->number = ++number;
	c->fd[0] = near;
	c->fd[1] = far;
	c->turn = c->last = -1;
	c->ended = false;
	c->n = 0;
}

static void end(struct connection *c)
{
	close(c->fd[0]);
	close(c->fd[1]);
	c->open = false;
}

static void tell(struct connection *c)
{
	struct timespec ts;
	struct tm tm;
	char when[32];

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	printf("%s.%03dZ %d %s%s %zu\n", when, (int)(ts.tv_nsec / 1000000), c->number,
	       c->turn == 0 ? ">" : "<", c->turn == c->last ? "+" : "", c->n);
	fflush(stdout);
}

/* Passes on what was gathered. */
static void pass(struct connection *c)
{
	ssize_t w;

	if (c->n)
		tell(c);
	for (size_t done = 0; done < c->n; done += (size_t)w) {
		w = write(c->fd[!c->turn], c->bytes + done, c->n - done);
		if (w < 0) {
			end(c);
			return;
		}
	}
	if (c->n)
		c->last = c->turn;
	c->n = 0;
	c->turn = -1;
	if (c->ended)
		end(c);
}

/* An end has something to say. */
static void gather(struct connection *c, int from)
{
	ssize_t n = read(c->fd[from], c->bytes + c->n, FLIGHT_MAX - c->n);

	c->turn = from;
	c->quiet_at = now() + QUIET;
	c->ended = n <= 0;
	if (n > 0)
		c->n += (size_t)n;
	if (c->ended || c->n == FLIGHT_MAX)
		pass(c);
}

static void serve(int listener, const char *target)
{
	struct pollfd fds[1 + ENDS * CONNECTIONS] = { { .fd = listener, .events = POLLIN } };
	long long wait = -1;

	for (int i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &connections[i];

		for (int end = 0; end < ENDS; end++)
			fds[1 + ENDS * i + end] = (struct pollfd){
				.fd = c->open && c->turn != !end ? c->fd[end] : -1,
				.events = POLLIN,
			};
		if (c->open && c->turn >= 0 && (wait < 0 || c->quiet_at - now() < wait))
			wait = c->quiet_at > now() ? c->quiet_at - now() : 0;
	}
	if (poll(fds, 1 + ENDS * CONNECTIONS, (int)wait) < 0 && errno != EINTR)
		die("poll");
	for (int i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &connections[i];

		for (int end = 0; end < ENDS; end++)
			if (c->open && fds[1 + ENDS * i + end].revents && c->turn != !end)
				gather(c, end);
		if (c->open && c->turn >= 0 && now() >= c->quiet_at)
			pass(c);
	}
	if (fds[0].revents)
		take(listener, target);
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr;
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (argc != 3)
		die("usage");
	addr = loopback(argv[1]);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) || listen(listener, 8))
		die("listen");
	signal(SIGPIPE, SIG_IGN);
	printf("ready\n");
	fflush(stdout);
	for (;;)
		serve(listener, argv[2]);
}
