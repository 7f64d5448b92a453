/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A broker that a client starts in the session of an ssh login ends with that session where
 * systemd-logind kills what is left of one. A broker of the user's systemd does not. So where
 * there is a unit it is preferred; but it gets the environment of that systemd, and not of the
 * client.
 */
#include "user-unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "descriptors.h"
#include "monotonic.h"
#include "sockpath.h"

enum { ARGS_MAX = 16, POLL_MS = 5 };

/* The directory of the user's systemd; false if the environment names none of ours. */
static bool runtime_path(char *out, size_t size, const char *name)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (!runtime || runtime[0] != '/' || stat(runtime, &st) || st.st_uid != geteuid())
		return false;
	return snprintf(out, size, "%s/%s", runtime, name) < (int)size;
}

bool user_unit_manager(void)
{
	char path[SOCKPATH_MAX];
	struct stat st;

	return runtime_path(path, sizeof(path), "systemd/private") && !stat(path, &st) &&
	       S_ISSOCK(st.st_mode) && st.st_uid == geteuid();
}

static _Noreturn void run_systemctl(char *const *argv)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	descriptors_close_from(STDERR_FILENO + 1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], argv);
	_exit(127);
}

int user_unit_run(const char *const *args, int64_t deadline)
{
	const char *argv[ARGS_MAX] = { "systemctl", "--user", "--quiet" };
	int status = 0;
	size_t n = 3;
	pid_t pid;

	while (*args && n < ARGS_MAX - 1)
		argv[n++] = *args++;
	pid = fork();
	if (pid == 0)
		run_systemctl((char *const *)argv);
	while (pid > 0) {
		pid_t ended = waitpid(pid, &status, WNOHANG);

		if (ended == pid)
			return WIFEXITED(status) && WEXITSTATUS(status) != 127 ? WEXITSTATUS(status)
									       : -1;
		if (ended < 0 && errno != EINTR)
			return -1;
		if (monotonic_ms() >= deadline) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			return -1;
		}
		poll(NULL, 0, POLL_MS);
	}
	return -1;
}

/* Whether the client's variables name files that another broker would not find. */
static bool environment_differs(void)
{
	static const char *const names[] = {
		"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_XMPP_TRACE",
		"XDG_CONFIG_HOME",   "XDG_DATA_HOME",	  "XDG_STATE_HOME",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return true;
	}
	return false;
}

bool user_unit_start(const char *socket_path, int64_t deadline)
{
	static const char *const start[] = { "start", USER_UNIT_SOCKET, NULL };
	static const char *const restart[] = { "restart", USER_UNIT_SOCKET, NULL };
	char path[SOCKPATH_MAX];

	if (!user_unit_manager() || environment_differs() ||
	    !runtime_path(path, sizeof(path), "git-xmpp/socket") || strcmp(path, socket_path) != 0)
		return false;
	if (user_unit_run(start, deadline) != 0)
		return false;
	/* It was started long ago, and its socket was removed meanwhile. */
	return sockpath_is_served(path) || user_unit_run(restart, deadline) == 0;
}
