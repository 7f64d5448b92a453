/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a system tells of processes, and what depends on nothing where it does not tell. */
#include "process.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#include "peer-cred.h"
#include "self-path.h"
#include "wipe.h"

/* meson.build says it of the files of other systems. */
#ifdef SYSTEM_TELLS_NOTHING
static const bool tells = false;
#else
static const bool tells = true;
#endif

/* A process that waits to be reaped. */
static void test_zombie(void)
{
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	is_int(process_is_zombie(pid), tells,
	       "a process that has ended and is not reaped is a zombie");
	waitpid(pid, NULL, 0);
	is_int(process_is_zombie(pid), false, "one that is reaped is none");
	is_int(process_is_zombie(getpid()), false, "nor is one that lives");
}

static void test_name(const char *program)
{
	const char *slash = strrchr(program, '/');

	is_int(process_runs(getpid(), slash ? slash + 1 : program), tells,
	       "a process has the name of its program");
	is_int(process_runs(getpid(), "git"), false, "and no other");
	process_set_name("somebody else");
	is_int(process_runs(getpid(), "somebody else"), tells, "unless it has another name");
	is_int(process_runs(INT_MAX, "git"), false, "nobody has one");
}

/* A session: its leader, and one that it has started. */
static void test_followers(void)
{
	int status = 0, fds[2];
	char byte;
	pid_t leader;

	if (pipe(fds))
		return;
	leader = fork();
	if (leader == 0) {
		pid_t follower;

		setsid();
		follower = fork();
		if (follower == 0) {
			pause();
			_exit(0);
		}
		if (write(fds[1], "x", 1) != 1)
			_exit(1);
		if (!tells)
			kill(follower, SIGTERM);
		waitpid(follower, &status, 0);
		_exit(WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	}
	if (read(fds[0], &byte, 1) != 1)
		return;
	is_int(process_signal_followers(leader, SIGTERM), tells,
	       "who was started in a session is signalled");
	waitpid(leader, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == SIGTERM, "and its leader is not");
	is_int(process_signal_followers(leader, SIGTERM), 0, "nobody is left");
	close(fds[0]);
	close(fds[1]);
}

/* Of time, not of memory: the sanitizers need more of that at the end. */
static void test_bound(void)
{
	struct rlimit limit;
	int result;

	errno = 0;
	result = process_bound(getpid(), RLIMIT_CPU, 1 << 30);
	if (!tells) {
		ok(result < 0 && errno == ENOSYS, "it cannot be bounded");
		return;
	}
	getrlimit(RLIMIT_CPU, &limit);
	ok(result == 0 && limit.rlim_cur == 1 << 30, "a resource is bounded");
	process_bound(getpid(), RLIMIT_CPU, RLIM_INFINITY);
	getrlimit(RLIMIT_CPU, &limit);
	ok(limit.rlim_cur == 1 << 30, "never by more than before");
}

static void test_peer(void)
{
	int sockets[2];
	uid_t uid = (uid_t)-1;
	pid_t pid = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets))
		return;
	ok(peer_cred(sockets[0], &uid, &pid) && uid == getuid(),
	   "who is at the other end of a socket is known");
	ok(pid == getpid() || pid == 0, "and which process, if any");
	close(sockets[0]);
	close(sockets[1]);
	is_int(peer_cred(sockets[0], &uid, &pid), false, "without a socket nobody is");
}

static void test_self(void)
{
	char directory[PATH_MAX] = "", file[2 * PATH_MAX];

	is_int(self_directory(directory), tells, "the directory of this program");
	snprintf(file, sizeof(file), "%s/u-process%s", directory, tells ? "" : "-none");
	ok(!tells || access(file, X_OK) == 0, "in which it lies");
}

static void test_wipe(void)
{
	char secret[] = "secret";

	wipe(secret, sizeof(secret));
	for (size_t i = 0; i < sizeof(secret); i++)
		if (secret[i])
			secret[0] = 'x';
	ok(!secret[0], "nothing is left of what is wiped");
}

int main(int argc, char **argv)
{
	test_zombie();
	test_name(argv[0]);
	test_followers();
	test_bound();
	test_peer();
	test_self();
	test_wipe();
	return tap_done();
}
