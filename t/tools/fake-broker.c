/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake-broker [--log=<file>] [--pid=<file>] <socket> <action>...
 *
 * A broker that does what the test tells it, to see how clients react. It listens, goes to
 * the background and follows the actions, each for the connection that is open. What
 * clients send goes to the log, a line per frame. It ends after the last action, or after a
 * minute.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "alloc.h"
#include "frame.h"

struct fake {
	FILE *log;
	int listener, fd;	/* fd: -1 between connections */
	struct buf in, out;
};

static void die(const char *what)
{
	fprintf(stderr, "fake-broker: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void be_connected(struct fake *b)
{
	if (b->fd >= 0)
		return;
	b->fd = accept4(b->listener, NULL, NULL, SOCK_CLOEXEC);
	if (b->fd < 0)
		die("accept");
}

static void flush(struct fake *b)
{
	be_connected(b);
	while (buf_len(&b->out)) {
		ssize_t n = send(b->fd, buf_data(&b->out), buf_len(&b->out), MSG_NOSIGNAL);

		if (n < 0) {
			fprintf(b->log, "gone\n");
			buf_reset(&b->out);
			return;
		}
		buf_consume(&b->out, n);
	}
}

/* Sends fields given as "key=value,key=value"; a ';' in a value stands for ','. */
static void put_fields(struct fake *b, enum frame_type type, const char *spec)
{
	struct buf fields = { 0 };
	char *copy = xstrdup(spec), *save = NULL;

	for (char *pair = strtok_r(copy, ",", &save); pair; pair = strtok_r(NULL, ",", &save)) {
		char *value = strchr(pair, '=');

		if (!value)
			continue;
		*value++ = '\0';
		for (char *c = value; *c; c++)
			*c = *c == ';' ? ',' : *c;
		fields_add(&fields, pair, value);
	}
	free(copy);
	frame_put_fields(&b->out, type, &fields);
	buf_finish(&fields);
	flush(b);
}

static void log_frame(struct fake *b, const struct frame *frame)
{
	struct fields f;
	size_t pos = 0, key_len;
	const char *key, *value;

	fprintf(b->log, "%c", frame->type);
	if (frame->type == FRAME_DATA)
		fprintf(b->log, " %zu", frame->len);
	else if (frame_fields(frame, &f))
		while (fields_next(f, &pos, &key, &key_len, &value))
			fprintf(b->log, " %.*s=%s", (int)key_len, key, value);
	fprintf(b->log, "\n");
	fflush(b->log);
}

/* The next frame; the caller consumes it with *size. False when the client has hung up. */
static bool next_frame(struct fake *b, struct frame *frame, long *size)
{
	be_connected(b);
	while ((*size = frame_parse(&b->in, frame)) == 0) {
		ssize_t n = read(b->fd, buf_reserve(&b->in, 1 << 18), 1 << 18);

		if (n <= 0) {
			fprintf(b->log, "closed\n");
			fflush(b->log);
			return false;
		}
		buf_added(&b->in, n);
	}
	if (*size < 0)
		die("a malformed frame");
	return true;
}

/* Reads frames up to one of this type, or to the end. */
static void await(struct fake *b, int type)
{
	struct frame frame;
	long size;

	while (next_frame(b, &frame, &size)) {
		bool found = frame.type == (enum frame_type)type;

		log_frame(b, &frame);
		buf_consume(&b->in, size);
		if (found)
			return;
	}
}

static void give_credit(struct fake *b, uint32_t n)
{
	unsigned char credit[] = { n >> 24, n >> 16, n >> 8, n };

	frame_put(&b->out, FRAME_CREDIT, credit, sizeof(credit));
	flush(b);
}

/* Takes data until END: into a file, or back to the client if there is none. */
static void take_data(struct fake *b, const char *file)
{
	FILE *to = file ? fopen(file, "w") : NULL;
	struct frame frame;
	long size;
	bool more = true;

	while (more && next_frame(b, &frame, &size)) {
		if (frame.type == FRAME_DATA) {
			if (to)
				fwrite(frame.payload, 1, frame.len, to);
			else
				frame_put(&b->out, FRAME_DATA, frame.payload, frame.len);
			give_credit(b, frame.len);
		} else {
			log_frame(b, &frame);
		}
		more = frame.type != FRAME_END;
		buf_consume(&b->in, size);
	}
	if (to)
		fclose(to);
}

static void act_open(struct fake *b, const char *arg)
{
	put_fields(b, FRAME_HELLO, "protocol=1,program=fake-broker/0");
	flush(b);
	await(b, *arg ? *arg : FRAME_OPEN);
}

static void act_greet(struct fake *b, const char *arg)
{
	put_fields(b, FRAME_HELLO, arg);
	flush(b);
	await(b, FRAME_HELLO);
}

static void act_fields(struct fake *b, const char *arg)
{
	put_fields(b, (enum frame_type)*arg, arg[1] ? arg + 2 : "");
}

static void act_data(struct fake *b, const char *arg)
{
	frame_put(&b->out, FRAME_DATA, arg, strlen(arg));
	flush(b);
}

static void act_bytes(struct fake *b, const char *arg)
{
	for (; *arg; arg++)
		frame_put(&b->out, FRAME_DATA, arg, 1);
	flush(b);
}

static void act_zeros(struct fake *b, const char *arg)
{
	static const char zeros[FRAME_MAX];
	long long left = atoll(arg);

	while (left > 0) {
		size_t n = left < FRAME_MAX ? left : FRAME_MAX;

		frame_put(&b->out, FRAME_DATA, zeros, n);
		flush(b);
		left -= n;
	}
}

static void act_file(struct fake *b, const char *arg)
{
	char block[16384];
	int fd = open(arg, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		die(arg);
	while ((n = read(fd, block, sizeof(block))) > 0) {
		frame_put(&b->out, FRAME_DATA, block, n);
		flush(b);
	}
	close(fd);
}

static void act_stderr(struct fake *b, const char *arg)
{
	frame_put(&b->out, FRAME_STDERR, arg, strlen(arg));
	flush(b);
}

static void act_raw(struct fake *b, const char *arg)
{
	buf_puts(&b->out, arg);
	flush(b);
}

static void act_credit(struct fake *b, const char *arg)
{
	give_credit(b, strtoul(arg, NULL, 10));
}

static void act_echo(struct fake *b, const char *arg)
{
	take_data(b, NULL);
}

static void act_collect(struct fake *b, const char *arg)
{
	take_data(b, arg);
}

static void act_await(struct fake *b, const char *arg)
{
	await(b, *arg);
}

static void act_touch(struct fake *b, const char *arg)
{
	close(open(arg, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static void act_until(struct fake *b, const char *arg)
{
	while (access(arg, F_OK) < 0)
		poll(NULL, 0, 10);
}

static void act_next(struct fake *b, const char *arg)
{
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
	buf_reset(&b->in);
}

static const struct {
	const char *name;
	void (*act)(struct fake *b, const char *arg);
} actions[] = {
	{ "open", act_open },		/* say HELLO, read up to OPEN (or open:Q, COMMAND) */
	{ "greet", act_greet },		/* say HELLO with these fields, read one */
	{ "send", act_fields },		/* send:<type>:<fields> */
	{ "data", act_data },		/* one frame of this text */
	{ "bytes", act_bytes },		/* one frame for each byte of this text */
	{ "zeros", act_zeros },		/* this many zero bytes */
	{ "file", act_file },
	{ "stderr", act_stderr },
	{ "raw", act_raw },		/* bytes that are no frame */
	{ "credit", act_credit },
	{ "echo", act_echo },		/* send data back until END */
	{ "collect", act_collect },	/* write data to this file until END */
	{ "await", act_await },		/* read up to a frame of this type, or the end */
	{ "touch", act_touch },		/* create this file: a sign for the script */
	{ "until", act_until },		/* wait for this file: a sign of the script */
	{ "next", act_next },		/* close, and accept another connection */
};

static void act(struct fake *b, const char *action)
{
	size_t n = strcspn(action, ":");

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strlen(actions[i].name) != n || strncmp(actions[i].name, action, n))
			continue;
		actions[i].act(b, action[n] ? action + n + 1 : "");
		return;
	}
	errno = EINVAL;
	die(action);
}

static int listen_at(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 16) < 0)
		die(path);
	return fd;
}

int main(int argc, char **argv)
{
	struct fake b = { .log = stderr, .fd = -1 };
	const char *pid_file = NULL;
	int at = 1, ready[2];
	pid_t pid;

	for (; at < argc && !strncmp(argv[at], "--", 2); at++) {
		if (!strncmp(argv[at], "--log=", 6))
			b.log = fopen(argv[at] + 6, "w");
		else if (!strncmp(argv[at], "--pid=", 6))
			pid_file = argv[at] + 6;
	}
	if (at >= argc || !b.log)
		die("usage");
	if (pipe2(ready, O_CLOEXEC))
		die("pipe");

	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid > 0) {
		FILE *f = pid_file ? fopen(pid_file, "w") : NULL;
		char byte;

		close(ready[1]);
		if (read(ready[0], &byte, 1) != 1)
			_exit(1);
		if (f) {
			fprintf(f, "%d\n", pid);
			fclose(f);
		}
		/* The child owns the log now. */
		_exit(0);
	}
	/* Clients look whether the process that listens is alive. */
	b.listener = listen_at(argv[at++]);
	(void)!write(ready[1], "", 1);
	close(ready[0]);
	close(ready[1]);
	alarm(60);
	while (at < argc)
		act(&b, argv[at++]);
	act_next(&b, "");
	close(b.listener);
	fclose(b.log);
	buf_finish(&b.in);
	buf_finish(&b.out);
	return 0;
}
