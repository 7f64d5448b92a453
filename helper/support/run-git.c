/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arguments reach git as they are: a shell runs only a command line that the user wrote. */

#include "run-git.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "io.h"
#include "monotonic.h"

enum {
	ARGS_MAX = 16,
	OUTPUT_MAX = 4 * 1024 * 1024,
	READ_MAX = 4096,	/* bytes */
	STATUS_CANNOT_RUN = 127,
};

extern char **environ;

static int64_t run_deadline;	/* 0: none */

void run_until(int64_t deadline)
{
	run_deadline = deadline;
}

/* Reads until the end of the file. False if the deadline came first. */
static bool read_in_time(int fd, struct buf *out)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	ssize_t n;

	for (;;) {
		int64_t left = run_deadline - monotonic_ms();
		int ready = left > 0 ? poll(&readable, 1, (int)left) : 0;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return false;
		n = read(fd, buf_reserve(out, READ_MAX), READ_MAX);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || buf_len(out) > OUTPUT_MAX)
			return true;
		buf_added(out, (size_t)n);
	}
}

static pid_t spawn(const char *const *argv, int in, int out, enum git_errors errors)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t defaults, none;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&files, in, 0);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&files, out, 1);
	if (errors == GIT_ERRORS_HIDDEN)
		posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	if (errors == GIT_ERRORS_TAKEN)
		posix_spawn_file_actions_adddup2(&files, 1, 2);

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);

	if (posix_spawnp(&pid, argv[0], &files, &attributes, (char **)argv, environ))
		pid = -1;
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return pid;
}

static void close_both(const int fds[2])
{
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* The output goes to out, or else to the descriptor to; that is -1 for our standard output. */
static int run(const char *const *argv, const char *input, struct buf *out, int to,
	       enum git_errors errors)
{
	int in[2] = { -1, -1 }, from[2] = { -1, -1 };
	int status = 0;
	pid_t pid;

	if ((input && io_pipe(in) < 0) || (out && io_pipe(from) < 0)) {
		close_both(in);
		return STATUS_CANNOT_RUN;
	}
	pid = spawn(argv, in[0], out ? from[1] : to, errors);
	if (pid < 0) {
		close_both(in);
		close_both(from);
		return STATUS_CANNOT_RUN;
	}
	if (input) {
		close(in[0]);
		/* The child may end before it has read all of it; that is no error. */
		io_write_all(in[1], input, strlen(input));
		close(in[1]);
	}
	if (out) {
		close(from[1]);
		if (!run_deadline)
			io_read_all(from[0], out, OUTPUT_MAX);
		else if (!read_in_time(from[0], out))
			kill(pid, SIGKILL);
		close(from[0]);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return STATUS_CANNOT_RUN;
	return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_CANNOT_RUN;
}

static int run_args(const char *const *args, const char *input, struct buf *out, int to,
		    enum git_errors errors)
{
	const char *argv[ARGS_MAX + 2] = { "git" };

	for (size_t i = 0; i < ARGS_MAX && args[i]; i++)
		argv[i + 1] = args[i];
	return run(argv, input, out, to, errors);
}

int run_git(const char *const *args, const char *input, struct buf *out, enum git_errors errors)
{
	return run_args(args, input, out, -1, errors);
}

int run_git_to(const char *const *args, int fd, enum git_errors errors)
{
	return run_args(args, "", NULL, fd, errors);
}

int run_command(const char *command, const char *input, struct buf *out, enum git_errors errors)
{
	const char *const argv[] = { "sh", "-c", command, NULL };

	return run(argv, input, out, -1, errors);
}
