/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "io.h"
#include "launch.h"
#include "lockfile.h"
#include "monotonic.h"
#include "peer-cred.h"
#include "sockpath.h"
#include "user-unit.h"
#include "userfile.h"

/*
 * Mostly the broker runs, and this is one connect(). If nobody listens, a broker is started
 * and connect() is repeated until the time is up. Twenty helpers may do so at once: all but
 * one of the brokers that they start end, because another has the lock, and the one that
 * has it may not listen yet. Or the broker that has the lock is about to end, and one more
 * must be started. A broker that was started with another XDG_RUNTIME_DIR listens
 * elsewhere: its lock file says where.
 */

enum {
	ANSWER_MS = 5000,	/* for the broker to accept and to say HELLO */
	RELAUNCH_MS = 2000,	/* without a listener for this long, start one more broker */
	INSIST_MS = 50,		/* pause before the next try of a client that was turned away */
	READ_SIZE = 32768,
};

/* The result of one attempt to connect. */
enum attempt {
	ATTEMPT_CONNECTED,
	ATTEMPT_ABSENT,		/* nobody listens: a broker can be started */
	ATTEMPT_TURNED_AWAY,	/* a live broker hung up: it is full, has no descriptor left, or
				   is ending */
	ATTEMPT_FAILED,		/* starting a broker would not help */
};

static void pause_ms(int ms)
{
	poll(NULL, 0, ms);
}

static enum attempt attempt_failed(struct message *trouble, enum message_id id, const char *path,
				   const char *reason)
{
	message_set(trouble, id, "path", path, "reason", reason, NULL);
	return ATTEMPT_FAILED;
}

static bool peer_is_us(int fd)
{
	uid_t uid;
	pid_t pid;

	return peer_cred(fd, &uid, &pid) && uid == geteuid();
}

/* Whether the listening process lives. False if it is not known, as in another container. */
static bool peer_lives(int fd)
{
	uid_t uid;
	pid_t pid;

	return peer_cred(fd, &uid, &pid) && pid > 0 && (!kill(pid, 0) || errno == EPERM);
}

/*
 * connect() waits while the queue of a broker that does not accept is full. This bounds the
 * wait.
 */
static void limit_send(int fd, int ms)
{
	struct timeval limit = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

/* 1 when there is something to read, 0 in time-out, -1 on an error. */
static int wait_readable(int fd, int timeout_ms, int64_t deadline)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	for (;;) {
		int64_t left = timeout_ms < 0 ? -1 : deadline - monotonic_ms();
		int n = poll(&pfd, 1, timeout_ms < 0 ? -1 : left > 0 ? (int)left : 0);

		if (n >= 0)
			return n;
		if (errno != EINTR)
			return -1;
	}
}

/*
 * A broker greets each client that connects. A broker that was killed may still seem to
 * accept for a moment: the connection waits in the queue of a socket that nobody serves.
 */
static enum attempt await_acceptor(int fd, const char *path, struct message *trouble)
{
	char byte;
	int got = wait_readable(fd, ANSWER_MS, monotonic_ms() + ANSWER_MS);

	if (got == 0)
		return attempt_failed(trouble, MSG_BROKER_HUNG, path, NULL);
	if (got > 0 && recv(fd, &byte, 1, MSG_PEEK) == 1)
		return ATTEMPT_CONNECTED;
	if (peer_lives(fd)) {
		attempt_failed(trouble, MSG_BROKER_FULL, path, NULL);
		return ATTEMPT_TURNED_AWAY;
	}
	attempt_failed(trouble, MSG_BROKER_UNREACHABLE, path, strerror(ECONNREFUSED));
	return ATTEMPT_ABSENT;
}

static enum attempt connect_socket(int fd, const char *path, struct message *trouble)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int failed;

	memcpy(addr.sun_path, path, strlen(path) + 1);
	limit_send(fd, ANSWER_MS);
	do {
		failed = connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	} while (failed && errno == EINTR);
	if (failed && (errno == ENOENT || errno == ECONNREFUSED)) {
		attempt_failed(trouble, MSG_BROKER_UNREACHABLE, path, strerror(errno));
		return ATTEMPT_ABSENT;
	}
	if (failed && errno == EAGAIN)
		return attempt_failed(trouble, MSG_BROKER_HUNG, path, NULL);
	if (failed)
		return attempt_failed(trouble, MSG_BROKER_UNREACHABLE, path, strerror(errno));
	if (!peer_is_us(fd))
		return attempt_failed(trouble, MSG_SOCKET_OWNER, path, NULL);
	limit_send(fd, 0);
	return await_acceptor(fd, path, trouble);
}

/*
 * A path that the user has set may be a socket mounted into a container, in a directory of
 * root's. There only the peer's identity is checked.
 */
static bool path_is_users_choice(void)
{
	const char *path = getenv("GIT_XMPP_SOCKET");

	return path && *path;
}

static enum attempt attempt_connect(struct client *c, const char *path, struct message *trouble)
{
	enum attempt result;
	int fd;

	if (!path_is_users_choice() && sockpath_check_dir(path, false, trouble) < 0) {
		if (trouble->id != MSG_NONE)
			return ATTEMPT_FAILED;
		attempt_failed(trouble, MSG_BROKER_UNREACHABLE, path, strerror(ENOENT));
		return ATTEMPT_ABSENT;
	}
	fd = io_socket(AF_UNIX, SOCK_STREAM);
	if (fd < 0)
		return attempt_failed(trouble, MSG_BROKER_UNREACHABLE, path, strerror(errno));
	result = connect_socket(fd, path, trouble);
	if (result == ATTEMPT_CONNECTED)
		c->fd = fd;
	else
		close(fd);
	return result;
}

/* The path of the socket as the lock of the broker names it; false if it names none. */
static bool find_elsewhere(char where[SOCKPATH_MAX])
{
	char *lock = userfile_name(USERFILE_STATE, "broker.lock"), text[SOCKPATH_MAX + 32];
	bool said = lock && lockfile_read(lock, text, sizeof(text));

	free(lock);
	if (!said)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return snprintf(where, SOCKPATH_MAX, "%s", text) < SOCKPATH_MAX;
}

/* Tries path, and if nobody listens there, the path that the broker's lock names. */
static enum attempt attempt_both(struct client *c, const char *path, struct message *trouble)
{
	enum attempt result = attempt_connect(c, path, trouble);
	char where[SOCKPATH_MAX];
	struct message ignored;

	if (result == ATTEMPT_ABSENT && find_elsewhere(where) && strcmp(where, path) &&
	    sockpath_check_dir(where, false, &ignored) == 0 &&
	    attempt_connect(c, where, &ignored) == ATTEMPT_CONNECTED)
		result = ATTEMPT_CONNECTED;
	return result;
}

/* Tries again after a broker turned us away: it may have room in a moment, or have ended. */
static enum attempt insist(struct client *c, const char *path, struct message *trouble)
{
	int64_t deadline = monotonic_ms() + ANSWER_MS;
	enum attempt result;

	do {
		pause_ms(INSIST_MS);
		result = attempt_both(c, path, trouble);
	} while (result == ATTEMPT_TURNED_AWAY && monotonic_ms() < deadline);
	return result;
}

static enum attempt start_and_connect(struct client *c, const char *path, enum client_start start,
				      struct message *trouble)
{
	const char *how = start == CLIENT_STARTS_BY_HAND ? "by-hand" : "on-demand";
	int64_t deadline = monotonic_ms() + LAUNCH_MS;
	bool unit = user_unit_start(path, deadline);

	for (;;) {
		int64_t restart;
		enum attempt result;
		int wait = 5;

		if (!unit && launch_broker(how, deadline, trouble) < 0)
			return ATTEMPT_FAILED;
		unit = false;	/* its broker may not have come up: the next one is ours */
		restart = monotonic_ms() + RELAUNCH_MS;
		while ((result = attempt_both(c, path, trouble)) != ATTEMPT_CONNECTED &&
		       result != ATTEMPT_FAILED && monotonic_ms() < restart) {
			pause_ms(wait);
			wait = wait < 100 ? wait * 2 : wait;
		}
		if (result != ATTEMPT_ABSENT || monotonic_ms() >= deadline)
			return result;
	}
}

int client_connect(struct client *c, const char *program, enum client_start start,
		   struct message *trouble)
{
	char path[SOCKPATH_MAX];
	const char *task = getenv("GIT_XMPP_TASK");
	struct buf hello = { 0 };
	enum attempt result;

	*c = (struct client){ .fd = -1 };
	if (sockpath_find(path, trouble) < 0)
		return -1;
	result = attempt_both(c, path, trouble);
	if (result == ATTEMPT_TURNED_AWAY)
		result = insist(c, path, trouble);
	if (result == ATTEMPT_ABSENT && start != CLIENT_STARTS_NONE)
		result = start_and_connect(c, path, start, trouble);
	if (result != ATTEMPT_CONNECTED)
		return -1;
	trouble->id = MSG_NONE;

	fields_add_u64(&hello, "protocol", FRAME_PROTOCOL);
	fields_add(&hello, "program", program);
	if (task && *task)
		fields_add(&hello, "task", task);
	frame_put_fields(&c->out, FRAME_HELLO, &hello);
	buf_finish(&hello);
	return 0;
}

int client_flush(struct client *c)
{
	while (buf_len(&c->out) > 0) {
		ssize_t n = send(c->fd, buf_data(&c->out), buf_len(&c->out), MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		buf_consume(&c->out, (size_t)n);
	}
	return 0;
}

/* Reads more bytes: how many, 0 at end of file, -1 on an error. */
static ssize_t fill(struct client *c)
{
	for (;;) {
		ssize_t n = read(c->fd, buf_reserve(&c->in, READ_SIZE), READ_SIZE);

		if (n > 0)
			buf_added(&c->in, (size_t)n);
		if (n >= 0 || errno != EINTR)
			return n;
	}
}

int client_next(struct client *c, struct frame *frame, int timeout_ms)
{
	int64_t deadline = monotonic_ms() + timeout_ms;

	for (;;) {
		long size = frame_parse(&c->in, frame);
		int readable;
		ssize_t n;

		if (size < 0)
			return -1;
		if (size > 0) {
			/* the bytes stay where they are until the next fill() */
			buf_consume(&c->in, (size_t)size);
			return 1;
		}
		readable = wait_readable(c->fd, timeout_ms, deadline);
		if (readable == 0)
			return -2;
		n = readable < 0 ? -1 : fill(c);
		if (n == 0)
			return buf_len(&c->in) > 0 ? -1 : 0;
		if (n < 0)
			return -1;
	}
}

/* The path is only for the message. sockpath_find() has succeeded before, when we connected. */
static int hello_failed(struct message *trouble, enum message_id id, const char *reason)
{
	char path[SOCKPATH_MAX];

	if (sockpath_find(path, trouble) == 0)
		message_set(trouble, id, "path", path, "reason", reason, NULL);
	return -1;
}

static int compare_versions(struct fields hello, struct message *trouble)
{
	const char *program = fields_get(hello, "program");
	char theirs[24], ours[24];
	uint64_t protocol = fields_get_u64(hello, "protocol", 0);

	if (protocol == FRAME_PROTOCOL)
		return 0;
	snprintf(theirs, sizeof(theirs), "%" PRIu64, protocol);
	snprintf(ours, sizeof(ours), "%d", FRAME_PROTOCOL);
	message_set(trouble, MSG_BROKER_VERSION, "program", program ? program : "unknown",
		    "theirs", theirs, "ours", ours, NULL);
	return -1;
}

int client_expect_hello(struct client *c, struct message *trouble)
{
	struct frame frame;
	struct fields f;
	int got = client_next(c, &frame, ANSWER_MS);

	if (got == -2)
		return hello_failed(trouble, MSG_BROKER_HUNG, NULL);
	if (got == 0)
		return hello_failed(trouble, MSG_BROKER_LOST, NULL);
	if (got < 0 || !frame_fields(&frame, &f))
		return hello_failed(trouble, MSG_BROKER_UNREACHABLE,
				    "what answers there is no broker");
	if (frame.type == FRAME_ERROR) {
		message_from_fields(trouble, f);
		return -1;
	}
	if (frame.type != FRAME_HELLO)
		return hello_failed(trouble, MSG_BROKER_UNREACHABLE,
				    "what answers there is no broker");
	return compare_versions(f, trouble);
}

void client_finish(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	buf_finish(&c->in);
	buf_finish(&c->out);
	c->fd = -1;
}
