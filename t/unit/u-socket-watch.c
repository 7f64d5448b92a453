/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "socket-watch.h"

/* A socket over the loopback interface, and a library that reads all there is whenever it looks. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#ifdef EPOLL
#include <sys/epoll.h>
#endif
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"
#include "until.h"

enum { PATIENCE = 10 * 1000, TURNS = 50 };

static uv_loop_t loop;
static struct socket_watch *watch;
static int listener, ours, theirs;
static unsigned looks, asked;
static size_t unsent;		/* that the library has to send */
static bool ended;

#ifdef EPOLL
int __real_epoll_wait(int set, struct epoll_event *events, int most, int timeout);
int __wrap_epoll_wait(int set, struct epoll_event *events, int most, int timeout);

/* The watch's own; those of libuv do not come here. */
int __wrap_epoll_wait(int set, struct epoll_event *events, int most, int timeout)
{
	asked++;
	return __real_epoll_wait(set, events, most, timeout);
}
#endif

/* Reads, and writes what it has to. */
static void look(void *owner)
{
	static char data[4096];
	ssize_t n;

	looks++;
	socket_watch_seen(watch);
	while ((n = read(ours, data, sizeof(data))) > 0)
		;
	ended = n == 0;
	while (unsent > 0 &&
	       (n = write(ours, data, unsent < sizeof(data) ? unsent : sizeof(data))) > 0)
		unsent -= (size_t)n;
	socket_watch_arm(watch, unsent > 0);
}

static bool has_looked(void *before)
{
	return looks > *(unsigned *)before;
}

static bool looks_again(void)
{
	unsigned before = looks;

	return run_until(&loop, has_looked, &before, PATIENCE);
}

/* How often it looks when nothing happens. */
static unsigned idle_looks(void)
{
	unsigned before = looks;

	for (int i = 0; i < TURNS; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	return looks - before;
}

static void begin(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);

	listener = socket(AF_INET, SOCK_STREAM, 0);
	bind(listener, (struct sockaddr *)&address, sizeof(address));
	listen(listener, 1);
	getsockname(listener, (struct sockaddr *)&address, &len);
	ours = socket(AF_INET, SOCK_STREAM, 0);
	fcntl(ours, F_SETFL, O_NONBLOCK);
	is_int(socket_watch_add(watch, ours), 0, "a socket is watched");
	connect(ours, (struct sockaddr *)&address, sizeof(address));
	ok(looks_again(), "it looks when the socket is connected");
	theirs = accept(listener, NULL, NULL);
	idle_looks();
	is_int(idle_looks(), 0, "and not for nothing");
}

static void finish(void)
{
	close(ours);
	socket_watch_remove(watch);
	close(theirs);
	close(listener);
	is_int(idle_looks(), 0, "a socket that is closed is not looked at");
}

static bool all_sent(void *arg)
{
	static char data[65536];

	while (recv(theirs, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	return unsent == 0;
}

static void test_life(void)
{
	begin();
	ok(write(theirs, "x", 1) == 1 && looks_again(), "it looks when something comes");
	is_int(idle_looks(), 0, "once");
	ok(asked <= looks, "and asks the system once for each look, at most");
	/* What the library has queued is written by itself, which whoever queued it sees to. */
	unsent = 16 * 1024 * 1024;
	look(NULL);
	ok(unsent > 0, "the socket takes no more");
	idle_looks();
	is_int(idle_looks(), 0, "then it waits");
	ok(run_until(&loop, all_sent, NULL, PATIENCE),
	   "until it can be written again, as often as that takes");
	idle_looks();
	is_int(idle_looks(), 0, "and then no more");
	shutdown(theirs, SHUT_WR);
	ok(looks_again() && ended, "it looks when the other side ends");
	finish();
}

static void test_end(void)
{
	begin();
	socket_watch_destroy(watch);
	close(ours);
	close(theirs);
	close(listener);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(uv_loop_close(&loop), 0, "it ends with a socket, and leaves no handle");
}

int main(void)
{
	uv_loop_init(&loop);
	watch = socket_watch_create(&loop, look, NULL);
	ok(watch, "there is a watch");
	test_life();
	/* Again, on the same descriptor. */
	test_life();
	test_end();
	return tap_done();
}
