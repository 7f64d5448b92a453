/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "descriptors.h"
#include "gitenv.h"
#include "io.h"
#include "monotonic.h"
#include "self-path.h"

/*
 * The child detaches a broker by itself, and ends when the broker listens. It keeps nothing
 * of the git command that needed the broker: no descriptor, no session, no variable. If it
 * fails, its first "fatal: " says why.
 */

static bool begins(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* Whether the variable is meant for the broker, too: it serves many git commands. */
static bool is_for_all(const char *variable)
{
	static const char *const of_git[] = {
		"GIT_CONFIG_GLOBAL=", "GIT_CONFIG_NOSYSTEM=", "GIT_CONFIG_SYSTEM=",
		"GIT_XMPP_SOCKET=", "GIT_XMPP_TRACE=",
	};

	for (size_t i = 0; i < ARRAY_SIZE(of_git); i++)
		if (begins(variable, of_git[i]))
			return true;
	return !begins(variable, "GIT_") && !begins(variable, "PWD=") &&
	       !begins(variable, "OLDPWD=") && !gitenv_is_of_one_command(variable);
}

static void clean_environment(void)
{
	char **to = environ;

	for (char **from = environ; from && *from; from++)
		if (is_for_all(*from))
			*to++ = *from;
	if (to)
		*to = NULL;
}

/*
 * No descriptor of git's stays open: one left in the broker would keep "$(git fetch 2>&1)"
 * waiting for its end for as long as the broker lives.
 */
static void arrange_descriptors(int errors)
{
	int null = open("/dev/null", O_RDWR);

	/* above the standard ones: some of these may have been closed when we started */
	errors = fcntl(errors, F_DUPFD, 3);
	null = fcntl(null, F_DUPFD, 3);
	if (errors < 0 || null < 0)
		_exit(126);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	descriptors_close_from(3);
}

static void reset_signals(void)
{
	sigset_t none;

	for (int signum = 1; signum < NSIG; signum++)
		signal(signum, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * What one command was limited to is no limit for the broker, and what the next buddy pushes
 * must not depend on who happened to start it. 022 is what a service manager gives.
 */
static void reset_limits(void)
{
	static const int resources[] = { RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_AS };
	struct rlimit limit;

	umask(022);
	setpriority(PRIO_PROCESS, 0, 0);
	for (size_t i = 0; i < ARRAY_SIZE(resources); i++) {
		if (getrlimit(resources[i], &limit))
			continue;
		limit.rlim_cur = limit.rlim_max;
		setrlimit(resources[i], &limit);
	}
}

void launch_become(char *const *argv)
{
	static const char name[] = "git-xmpp-daemon";
	char directory[PATH_MAX], path[PATH_MAX + sizeof(name)];

	if (self_directory(directory)) {
		snprintf(path, sizeof(path), "%s/%s", directory, name);
		execv(path, argv);
	}
	execvp(name, argv);
}

static _Noreturn void run_broker(const char *how, int errors)
{
	char option[32];
	char *const argv[] = { (char *)"git-xmpp-daemon", (char *)"--detach", option, NULL };

	snprintf(option, sizeof(option), "--started-by=%s", how);

	setsid();
	if (chdir("/") < 0)
		_exit(126);
	arrange_descriptors(errors);
	reset_signals();
	reset_limits();
	clean_environment();
	launch_become(argv);
	dprintf(STDERR_FILENO, "cannot run '%s': %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* The child's standard error; of a long one the end. */
struct complaint {
	char text[2048];
	size_t len;
};

/* Reads more of it. False at the end of the pipe, and on an error. */
static bool complaint_read(struct complaint *complaint, int fd)
{
	size_t half = sizeof(complaint->text) / 2;
	ssize_t n;

	if (complaint->len > half) {
		memmove(complaint->text, complaint->text + complaint->len - half, half);
		complaint->len = half;
	}
	n = read(fd, complaint->text + complaint->len,
		 sizeof(complaint->text) - 1 - complaint->len);
	if (n > 0)
		complaint->len += (size_t)n;
	return n > 0 || (n < 0 && errno == EINTR);
}

/*
 * The line that says what went wrong: the first that begins with "fatal: ", without that
 * label, because what follows is a consequence or a hint. Else the last line that is not empty, or
 * NULL.
 */
static const char *complaint_line(struct complaint *complaint)
{
	static const char fatal[] = "fatal: ";
	char *line, *found = NULL;

	while (complaint->len > 0 && strchr("\r\n ", complaint->text[complaint->len - 1]))
		complaint->len--;
	complaint->text[complaint->len] = '\0';
	for (line = complaint->text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!found && begins(line, fatal))
			found = line + strlen(fatal);
	}
	if (found)
		found[strcspn(found, "\r\n")] = '\0';
	line = strrchr(complaint->text, '\n');
	line = found ? found : line ? line + 1 : complaint->text;
	return *line ? line : NULL;
}

/*
 * Reads the child's standard error until the child has ended. waitpid() is polled, because
 * the end of the pipe does not tell: a broker that lives on may have kept the pipe open.
 * Returns the wait status, or -1 if the child had to be killed.
 */
static int wait_for_child(pid_t pid, int fd, int64_t deadline, struct complaint *complaint)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int status = 0;

	for (;;) {
		pid_t ended = waitpid(pid, &status, WNOHANG);

		/*
		 * ECHILD: our parent made us ignore SIGCHLD; only connecting can tell what
		 * became of it
		 */
		if (ended == pid || (ended < 0 && errno != EINTR))
			break;
		if (monotonic_ms() >= deadline) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			return -1;
		}
		if (poll(&pfd, 1, 10) > 0 && !complaint_read(complaint, fd))
			pfd.fd = -1;
	}
	while (pfd.fd >= 0 && poll(&pfd, 1, 0) > 0 && complaint_read(complaint, fd))
		;
	return status;
}

static int start_failed(struct message *trouble, const char *reason)
{
	message_set(trouble, MSG_BROKER_START_FAILED, "reason", reason, NULL);
	return -1;
}

int launch_broker(const char *how, int64_t deadline, struct message *trouble)
{
	struct complaint complaint = { .len = 0 };
	char reason[64];
	const char *line;
	int errors[2], status;
	pid_t pid;

	if (io_pipe(errors) < 0)
		return start_failed(trouble, strerror(errno));
	pid = fork();
	if (pid < 0) {
		start_failed(trouble, strerror(errno));
		close(errors[0]);
		close(errors[1]);
		return -1;
	}
	if (pid == 0)
		run_broker(how, errors[1]);
	close(errors[1]);
	status = wait_for_child(pid, errors[0], deadline, &complaint);
	close(errors[0]);
	if (status == 0)
		return 0;

	line = complaint_line(&complaint);
	if (status < 0)
		snprintf(reason, sizeof(reason), "not ready after %d seconds", LAUNCH_MS / 1000);
	else if (WIFSIGNALED(status))
		snprintf(reason, sizeof(reason), "ended by signal %d", WTERMSIG(status));
	else
		snprintf(reason, sizeof(reason), "exit status %d", WEXITSTATUS(status));
	return start_failed(trouble, line ? line : reason);
}
