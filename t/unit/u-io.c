/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

enum { MUCH = 300 * 1000 };	/* more than a pipe holds */

static void on_alarm(int signum)
{
}

/* Signals that come every few milliseconds and restart nothing. */
static void disturb(bool on)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval often = { { 0, on ? 2000 : 0 }, { 0, on ? 2000 : 0 } };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

static bool is_inherited(int fd)
{
	return !(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

/* A child that reads slowly, and says how much it got. */
static void test_write_all(void)
{
	static char data[MUCH];
	int fds[2], status = 0;
	pid_t pid;

	io_pipe(fds);
	ok(!is_inherited(fds[0]) && !is_inherited(fds[1]), "no child inherits a pipe");
	pid = fork();
	if (pid == 0) {
		size_t sum = 0;
		ssize_t n;

		close(fds[1]);
		while ((n = read(fds[0], data, 1000)) > 0) {
			sum += (size_t)n;
			usleep(100);
		}
		_exit(sum != MUCH);
	}
	close(fds[0]);
	disturb(true);
	is_int(io_write_all(fds[1], data, sizeof(data)), 0,
	       "more than a pipe holds is written, in spite of signals");
	disturb(false);
	close(fds[1]);
	waitpid(pid, &status, 0);
	is_int(status, 0, "and comes");
}

static void test_read_all(void)
{
	struct buf in = { 0 };
	int fds[2];
	pid_t pid;

	io_pipe(fds);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 20; i++) {
			io_write_all(fds[1], "0123456789", 10);
			usleep(3000);
		}
		_exit(0);
	}
	close(fds[1]);
	disturb(true);
	is_int(io_read_all(fds[0], &in, MUCH), 0,
	       "what comes slowly is read to its end, in spite of signals");
	disturb(false);
	is_int(buf_len(&in), 200, "all of it");
	close(fds[0]);
	waitpid(pid, NULL, 0);
	buf_reset(&in);

	io_pipe(fds);
	io_write_all(fds[1], "0123456789", 10);
	is_int(io_read_all(fds[0], &in, 5), 0, "who has more than they want wait for no end");
	ok(buf_len(&in) > 5, "and see that it is more");
	close(fds[0]);
	close(fds[1]);
	buf_finish(&in);
}

static void test_errors(void)
{
	struct buf in = { 0 };
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	io_pipe(fds);
	close(fds[0]);
	errno = 0;
	ok(io_write_all(fds[1], "x", 1) < 0 && errno == EPIPE,
	   "a pipe without a reader is an error");
	close(fds[1]);
	errno = 0;
	ok(io_read_all(fds[1], &in, 10) < 0 && errno == EBADF, "and so is what is no descriptor");
	buf_finish(&in);
}

static void test_socket(void)
{
	int fd = io_socket(AF_UNIX, SOCK_STREAM);

	ok(fd >= 0 && !is_inherited(fd), "no child inherits a socket");
	close(fd);
	ok(io_socket(-1, SOCK_STREAM) < 0, "there is none of a kind that is not known");
}

int main(void)
{
	test_write_all();
	test_read_all();
	test_errors();
	test_socket();
	return tap_done();
}
