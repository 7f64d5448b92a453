/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A system that gives out no more, one call after the other; and a server that is a socket, on
 * whose every stanza there is something to say.
 */
#include "account.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "strophe-loop.h"
#include "tap.h"
#include "until.h"

enum { PATIENCE = 20 * 1000, TURNS = 50 };

enum call { NONE, EPOLL, POLL };

static enum call fails;

int __real_epoll_create1(int flags);
int __real_uv_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd);
int __wrap_epoll_create1(int flags);
int __wrap_uv_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd);

int __wrap_epoll_create1(int flags)
{
	if (fails != EPOLL)
		return __real_epoll_create1(flags);
	errno = EMFILE;
	return -1;
}

int __wrap_uv_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd)
{
	return fails == POLL ? UV_EMFILE : __real_uv_poll_init(loop, poll, fd);
}

static int entries(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

static struct account *create(uv_loop_t *loop)
{
	static const struct account_events events;
	static const struct account_config config = {
		.jid = "alice@localhost",
		.password = "correct horse",
		.resource = "git.x",
		.device = "x",
	};

	return account_create(loop, &config, &events, NULL);
}

static void on_gone(void *arg)
{
	bool *gone = arg;

	*gone = true;
}

static struct strophe_loop *stream;
static unsigned pumps;

static void on_down(void *owner, const xmpp_stream_error_t *error)
{
}

static void on_text(void *owner, const char *text)
{
}

static void on_pumped(void *owner)
{
	pumps++;
}

static void on_unlogged(void *owner, xmpp_stanza_t *stanza)
{
	strophe_loop_say(stream, "<b/>", 4);
}

static const struct strophe_events events = {
	.down = on_down,
	.login_line = on_text,
	.unlogged = on_unlogged,
	.pumped = on_pumped,
};

/* What the server was told. */
static char told[4096];

static bool is_told(void *server)
{
	size_t n = strlen(told);
	ssize_t more = recv(*(int *)server, told + n, sizeof(told) - 1 - n, MSG_DONTWAIT);

	if (more > 0)
		told[n + (size_t)more] = '\0';
	return *told;
}

static bool is_down(void *arg)
{
	return !strophe_loop_busy(stream);
}

static unsigned idle_pumps(uv_loop_t *loop)
{
	unsigned before = pumps;

	for (int i = 0; i < TURNS; i++)
		uv_run(loop, UV_RUN_NOWAIT);
	return pumps - before;
}

static void say(int server, const char *text)
{
	ok(write(server, text, strlen(text)) == (ssize_t)strlen(text), "the server says something");
}

static int listen_here(struct endpoint *out)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	bind(fd, (struct sockaddr *)&at, len);
	listen(fd, 1);
	getsockname(fd, (struct sockaddr *)&at, &len);
	*out = (struct endpoint){ .ip = "127.0.0.1", .port = ntohs(at.sin_port) };
	return fd;
}

/* What is said to a stanza leaves with the turn that reads it, and costs no other. */
static void test_answer(uv_loop_t *loop)
{
	struct endpoint here;
	int listener = listen_here(&here), server;
	bool gone = false;

	stream = strophe_loop_create(loop, "", NULL, NULL, &events, NULL);
	is_int(strophe_loop_open(stream, &here, "localhost", -1), 0, "a stream is opened");
	server = accept(listener, NULL, NULL);
	ok(run_until(loop, is_told, &server, PATIENCE), "the server has the header");
	say(server,
	    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
	    "id='1' from='localhost' version='1.0'><stream:features/>");
	*told = '\0';
	ok(run_until(loop, is_told, &server, PATIENCE), "and has an answer to the first stanza");
	idle_pumps(loop);
	*told = '\0';
	say(server, "<a/>");
	is_int(idle_pumps(loop), 1, "libstrophe is called once for it");
	ok(is_told(&server) && !strcmp(told, "<b/>"), "and the answer has left");
	strophe_loop_cut(stream);
	run_until(loop, is_down, NULL, PATIENCE);
	strophe_loop_destroy(stream, on_gone, &gone);
	uv_run(loop, UV_RUN_DEFAULT);
	ok(gone, "it ends");
	close(server);
	close(listener);
}

int main(void)
{
	static const char *const names[] = { "", "an epoll instance", "a watch" };
	uv_loop_t loop;
	struct account *x;
	bool gone = false;
	int descriptors, threads;

	uv_loop_init(&loop);
	descriptors = entries("/proc/self/fd");
	threads = entries("/proc/self/task");
	for (fails = EPOLL; fails <= POLL; fails++) {
		ok(!create(&loop), "without %s there is no connection", names[fails]);
		is_int(entries("/proc/self/fd"), descriptors, "no descriptor is left");
		is_int(entries("/proc/self/task"), threads, "nor a thread");
	}
	fails = NONE;
	x = create(&loop);
	ok(x != NULL, "with all of them there is");
	is_int(entries("/proc/self/task"), threads, "without a thread of its own");
	account_destroy(x, on_gone, &gone);
	uv_run(&loop, UV_RUN_DEFAULT);
	ok(gone, "and it ends");
	test_answer(&loop);
	is_int(uv_loop_close(&loop), 0, "leaving nothing");
	return tap_done();
}
