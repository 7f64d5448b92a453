/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The broker passes descriptors to the sink over a socket (SCM_RIGHTS). While the broker
 * lives, the sink waits in recvmsg() and reads nothing else. The end of the socket means that
 * the broker has ended. Then the sink reads what it holds, and drops it, until the writers
 * have closed their ends or the git process that they belong to is gone.
 *
 * The sink is forked from a process with threads, without exec: it calls only what is safe in
 * a signal handler, and allocates nothing. It is a grandchild of the broker, so the broker
 * need not wait for it.
 */
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "descriptors.h"
#include "io.h"
#include "log.h"
#include "process.h"

enum {
	HELD_MAX = 384,			/* more than all git processes of a broker */
	READ_SIZE = 64 * 1024,
	LOOK_AGAIN = 1000,		/* ms; how often to check whether the processes still
					   exist */
};

struct sink {
	int socket;			/* -1: the sink is not running */
	unsigned held;
};

/* In the sink: the descriptors of one git process. -1 after the end of file. */
struct held {
	pid_t pid;
	int fds[2];
};

/* One message: a process, with its two descriptors to hold, or without any to let go of it. */
struct letter {
	struct msghdr header;
	struct iovec body;
	pid_t pid;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control;
};

static void prepare(struct letter *l)
{
	memset(l, 0, sizeof(*l));
	l->body = (struct iovec){ .iov_base = &l->pid, .iov_len = sizeof(l->pid) };
	l->header.msg_iov = &l->body;
	l->header.msg_iovlen = 1;
}

static void close_held(struct held *h)
{
	for (int i = 0; i < 2; i++) {
		if (h->fds[i] >= 0)
			close(h->fds[i]);
		h->fds[i] = -1;
	}
}

static bool is_over(const struct held *h)
{
	return h->fds[0] < 0 && h->fds[1] < 0;
}

static void take(struct held *table, size_t *count, pid_t pid, const int fds[2])
{
	struct held h = { .pid = pid, .fds = { fds[0], fds[1] } };

	if (*count < HELD_MAX)
		table[(*count)++] = h;
	else
		close_held(&h);
}

static void let_go(struct held *table, size_t *count, pid_t pid)
{
	for (size_t i = 0; i < *count; i++) {
		if (table[i].pid != pid)
			continue;
		close_held(&table[i]);
		table[i] = table[--*count];
		return;
	}
}

/* Serves the broker until it has ended. */
static void listen_to_broker(int socket, struct held *table, size_t *count)
{
	struct letter l;
	struct cmsghdr *c;
	int fds[2];

	for (;;) {
		ssize_t n;

		prepare(&l);
		l.header.msg_control = l.control.bytes;
		l.header.msg_controllen = sizeof(l.control.bytes);
		n = recvmsg(socket, &l.header, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		c = CMSG_FIRSTHDR(&l.header);
		if (!c) {
			let_go(table, count, l.pid);
		} else if (c->cmsg_len == CMSG_LEN(sizeof(fds))) {
			memcpy(fds, CMSG_DATA(c), sizeof(fds));
			take(table, count, l.pid, fds);
		}
	}
}

/*
 * Reads once what is there, since the descriptors may be blocking. Closes the descriptor at
 * its end.
 */
static void drain(int *fd)
{
	static char bytes[READ_SIZE];
	ssize_t n = read(*fd, bytes, sizeof(bytes));

	if (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)))
		return;
	close(*fd);
	*fd = -1;
}

/*
 * Closes the descriptors of processes that are gone: only other processes hold those pipes
 * open.
 */
static void forget_ended(struct held *table, size_t *count)
{
	for (size_t i = *count; i-- > 0;) {
		if (kill(table[i].pid, 0) && errno == ESRCH)
			close_held(&table[i]);
		if (is_over(&table[i]))
			table[i] = table[--*count];
	}
}

static void drain_all(struct held *table, size_t count)
{
	static struct pollfd polled[2 * HELD_MAX];

	while (count > 0) {
		for (size_t i = 0; i < 2 * count; i++)
			polled[i] =
				(struct pollfd){ .fd = table[i / 2].fds[i % 2], .events = POLLIN };
		if (poll(polled, 2 * count, LOOK_AGAIN) > 0)
			for (size_t i = 0; i < 2 * count; i++)
				if (polled[i].revents)
					drain(&table[i / 2].fds[i % 2]);
		forget_ended(table, &count);
	}
}

/* Closes all descriptors of the broker but the socket, which becomes descriptor 3. */
static void close_all_but(int socket)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < 3; fd++)
		if (null >= 0)
			dup2(null, fd);
	if (socket != 3)
		dup2(socket, 3);
	descriptors_close_from(4);
}

/*
 * The broker's handlers write to a pipe of its loop, so none may run here. All signals have
 * been blocked since before the fork.
 */
static void reset_signals(void)
{
	static const int ignored[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE };
	sigset_t none;

	for (int signum = 1; signum < NSIG; signum++)
		signal(signum, SIG_DFL);
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void be_the_sink(int socket)
{
	static struct held table[HELD_MAX];
	size_t count = 0;

	reset_signals();
	setsid();
	process_set_name("git-xmpp-sink");
	close_all_but(socket);
	listen_to_broker(3, table, &count);
	drain_all(table, count);
	_exit(0);
}

/* Forks twice, so that the sink is a grandchild whose parent ends at once. False with errno. */
static bool fork_sink(int socket)
{
	sigset_t all, before;
	int status = 1, error;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			be_the_sink(socket);
		_exit(pid < 0 ? errno : 0);
	}
	error = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (pid < 0) {
		errno = error;
		return false;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	return errno == 0;
}

static void start(struct sink *s)
{
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets)) {
		log_warning("a push will be cut if this broker is killed: %s", strerror(errno));
		return;
	}
	io_close_on_exec(sockets[0]);
	io_close_on_exec(sockets[1]);
	s->socket = sockets[0];
	if (!fork_sink(sockets[1])) {
		log_warning("a push will be cut if this broker is killed: %s", strerror(errno));
		close(sockets[0]);
		s->socket = -1;
	}
	close(sockets[1]);
}

static void stop(struct sink *s)
{
	if (s->socket >= 0)
		close(s->socket);
	s->socket = -1;
}

struct sink *sink_create(void)
{
	struct sink *s = xcalloc(1, sizeof(*s));

	s->socket = -1;
	return s;
}

static void post(struct sink *s, struct letter *l)
{
	if (s->socket < 0 || sendmsg(s->socket, &l->header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return;
	log_warning("the sink does not hear us: %s", strerror(errno));
	/* The sink was killed; the next push starts a new one. */
	if (errno == EPIPE || errno == ECONNRESET)
		stop(s);
}

void sink_hold(struct sink *s, pid_t pid, int out, int err)
{
	const int fds[2] = { out, err };
	struct letter l;
	struct cmsghdr *c;

	if (!s)
		return;
	if (s->socket < 0)
		start(s);
	s->held++;
	prepare(&l);
	l.pid = pid;
	l.header.msg_control = l.control.bytes;
	l.header.msg_controllen = sizeof(l.control.bytes);
	c = CMSG_FIRSTHDR(&l.header);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	post(s, &l);
}

void sink_release(struct sink *s, pid_t pid)
{
	struct letter l;

	if (!s)
		return;
	prepare(&l);
	l.pid = pid;
	post(s, &l);
	if (--s->held == 0)
		stop(s);
}

void sink_destroy(struct sink *s)
{
	if (!s)
		return;
	stop(s);
	free(s);
}
