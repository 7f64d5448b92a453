/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage: clock [--log=FILE] [--copies=N] [--expect=STATUS] [--seconds=LIMIT] [--broker=PID]...
 * [--server=PID]... command...
 *
 * Runs a command, or N copies of it at once ({} in an argument is the number
 * of the copy), and prints one line:
 *
 *   wall seconds, CPU seconds, peak memory of the brokers in KiB, copies that failed
 *
 * Wall is from before the first posix_spawn() to the end of the last copy. CPU
 * is user and system time of all copies and whatever they waited for, and of
 * the brokers and servers with all their children over the same time. The
 * kernel tells that of others in hundredths of a second, so for a short command
 * only the mean of many means something. What the command prints goes to the log.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"

enum {
	COPIES_MAX = 256,
	ROOTS_MAX = 16,
	PROCESSES_MAX = 32768,
	STAT_MAX = 1024,
	SETTLE_MS = 1000,		/* for what the other side still has to tidy up */
};

extern char **environ;

struct root {
	pid_t pid;
	bool broker;			/* its memory counts */
};

struct options {
	const char *log;
	unsigned copies, seconds;
	int expect;
	struct root roots[ROOTS_MAX];
	size_t root_count;
	char **command;
};

struct process {
	pid_t pid, parent;
	unsigned long long ticks;	/* its own, and of children it has waited for */
	bool ours;			/* a root, or below one */
};

/* What the roots have used so far, and how many processes they are. */
struct usage {
	double seconds;
	unsigned processes;
};

/* For the signal handler. */
static pid_t copies[COPIES_MAX];
static volatile sig_atomic_t running;

static void die(const char *what)
{
	fprintf(stderr, "clock: %s: %s\n", what, strerror(errno));
	exit(125);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static double seconds_of(struct timeval tv)
{
	return tv.tv_sec + tv.tv_usec / 1e6;
}

/* The processes of the machine. */

static bool read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return true;
}

static bool read_process(const char *pid, struct process *p)
{
	char path[64], text[STAT_MAX];
	unsigned long long user, system;
	long long children_user, children_system;
	const char *after_name;

	snprintf(path, sizeof(path), "/proc/%.16s/stat", pid);
	if (!read_text(path, text, sizeof(text)))
		return false;
	/* A name may hold anything, parentheses included. */
	after_name = strrchr(text, ')');
	if (!after_name ||
	    sscanf(after_name + 1,
		   " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %lld %lld", &p->parent,
		   &user, &system, &children_user, &children_system) != 5)
		return false;
	p->pid = strtol(pid, NULL, 10);
	p->ticks = user + system + children_user + children_system;
	p->ours = false;
	return true;
}

static size_t read_processes(struct process *all)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	size_t n = 0;

	if (!proc)
		die("/proc");
	while (n < PROCESSES_MAX && (entry = readdir(proc)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
		    read_process(entry->d_name, &all[n]))
			n++;
	closedir(proc);
	return n;
}

static bool is_below(const struct process *all, size_t n, pid_t parent)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].ours && all[i].pid == parent)
			return true;
	return false;
}

static void mark_ours(const struct options *o, struct process *all, size_t n)
{
	bool more = true;

	for (size_t i = 0; i < n; i++)
		for (size_t r = 0; r < o->root_count; r++)
			all[i].ours |= all[i].pid == o->roots[r].pid;
	while (more) {
		more = false;
		for (size_t i = 0; i < n; i++) {
			if (all[i].ours || !is_below(all, n, all[i].parent))
				continue;
			all[i].ours = more = true;
		}
	}
}

static struct usage usage_of_roots(const struct options *o)
{
	static struct process all[PROCESSES_MAX];
	struct usage u = { 0 };
	size_t n;

	if (o->root_count == 0)
		return u;
	n = read_processes(all);
	mark_ours(o, all, n);
	for (size_t i = 0; i < n; i++) {
		if (!all[i].ours)
			continue;
		u.seconds += all[i].ticks / (double)sysconf(_SC_CLK_TCK);
		u.processes++;
	}
	return u;
}

/* The client is done before the process that served it has ended and been waited for. */
static struct usage usage_when_settled(const struct options *o, unsigned processes)
{
	const struct timespec moment = { .tv_nsec = 2000000 };
	double deadline = now() + SETTLE_MS / 1e3;
	struct usage u = usage_of_roots(o);

	while (u.processes > processes && now() < deadline) {
		nanosleep(&moment, NULL);
		u = usage_of_roots(o);
	}
	/*
	 * Once more: who ended while we looked may be missing there and not yet
	 * in its parent's sum.
	 */
	return usage_of_roots(o);
}

/* Memory. */

static void forget_peaks(const struct options *o)
{
	char path[64];

	for (size_t i = 0; i < o->root_count; i++) {
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/clear_refs", o->roots[i].pid);
		fd = o->roots[i].broker ? open(path, O_WRONLY | O_CLOEXEC) : -1;
		if (fd < 0)
			continue;
		if (write(fd, "5", 1) != 1)
			fprintf(stderr, "clock: the peak of %d is one of its whole life\n",
				o->roots[i].pid);
		close(fd);
	}
}

static unsigned long peaks(const struct options *o)
{
	unsigned long sum = 0, one;
	char path[64], text[8192];

	for (size_t i = 0; i < o->root_count; i++) {
		const char *line;

		snprintf(path, sizeof(path), "/proc/%d/status", o->roots[i].pid);
		if (!o->roots[i].broker || !read_text(path, text, sizeof(text)))
			continue;
		line = strstr(text, "VmHWM:");
		if (line && sscanf(line, "VmHWM: %lu", &one) == 1)
			sum += one;
	}
	return sum;
}

/* The command. */

/* With {} as the number of the copy. */
static char *numbered(const char *arg, unsigned number)
{
	const char *hole = strstr(arg, "{}");
	size_t size = strlen(arg) + 16;
	char *out = xmalloc(size);

	if (hole)
		snprintf(out, size, "%.*s%u%s", (int)(hole - arg), arg, number, hole + 2);
	else
		snprintf(out, size, "%s", arg);
	return out;
}

static char **numbered_command(char **command, unsigned number)
{
	char **out;
	size_t n = 0;

	while (command[n])
		n++;
	out = xmalloc((n + 1) * sizeof(*out));
	for (size_t i = 0; i < n; i++)
		out[i] = numbered(command[i], number);
	out[n] = NULL;
	return out;
}

static void on_signal(int number)
{
	for (int i = 0; i < running; i++)
		if (copies[i] > 0)
			kill(-copies[i], SIGKILL);
	if (number != SIGALRM)
		_exit(128 + number);
}

static void spawn(const struct options *o, char **command)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int error;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, o->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	posix_spawn_file_actions_adddup2(&files, 1, 2);
	/* A group of its own, so that a helper that hangs is ended with its git. */
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
	error = posix_spawnp(&copies[running], command[0], &files, &attr, command, environ);
	if (error) {
		errno = error;
		die(command[0]);
	}
	running++;
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
}

/* How many did not end as expected. */
static unsigned wait_for_all(const struct options *o)
{
	unsigned failed = 0;

	for (unsigned left = o->copies; left > 0; left--) {
		int status;
		pid_t pid;

		do
			pid = wait(&status);
		while (pid < 0 && errno == EINTR);
		for (unsigned i = 0; i < o->copies; i++)
			if (copies[i] == pid)
				copies[i] = 0;
		failed += !WIFEXITED(status) || WEXITSTATUS(status) != o->expect;
	}
	return failed;
}

static void run(const struct options *o)
{
	char ***commands = xmalloc(o->copies * sizeof(*commands));
	struct usage before, after;
	struct rusage own;
	double start, wall;
	unsigned failed;

	for (unsigned i = 0; i < o->copies; i++)
		commands[i] = numbered_command(o->command, i + 1);
	forget_peaks(o);
	before = usage_of_roots(o);
	alarm(o->seconds);

	start = now();
	for (unsigned i = 0; i < o->copies; i++)
		spawn(o, commands[i]);
	failed = wait_for_all(o);
	wall = now() - start;

	alarm(0);
	getrusage(RUSAGE_CHILDREN, &own);
	after = usage_when_settled(o, before.processes);
	printf("%.6f\t%.3f\t%lu\t%u\n", wall, seconds_of(own.ru_utime) + seconds_of(own.ru_stime) +
	       after.seconds - before.seconds, peaks(o), failed);
	for (unsigned i = 0; i < o->copies; i++) {
		for (char **arg = commands[i]; *arg; arg++)
			free(*arg);
		free(commands[i]);
	}
	free(commands);
}

static unsigned long number(const char *text, unsigned long most)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || end == text || n > most) {
		fprintf(stderr, "clock: bad number: %s\n", text);
		exit(129);
	}
	return n;
}

static void add_root(struct options *o, const char *pid, bool broker)
{
	if (o->root_count == ROOTS_MAX) {
		fprintf(stderr, "clock: too many processes\n");
		exit(129);
	}
	o->roots[o->root_count++] =
		(struct root){ .pid = number(pid, 1UL << 30), .broker = broker };
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{ "log", required_argument, NULL, 'l' },
		{ "copies", required_argument, NULL, 'n' },
		{ "expect", required_argument, NULL, 'e' },
		{ "seconds", required_argument, NULL, 't' },
		{ "broker", required_argument, NULL, 'b' },
		{ "server", required_argument, NULL, 's' },
		{ 0 },
	};
	struct options o = { .log = "/dev/null", .copies = 1, .seconds = 600 };
	int c;

	while ((c = getopt_long(argc, argv, "+", known, NULL)) != -1) {
		switch (c) {
		case 'l': o.log = optarg; break;
		case 'n': o.copies = number(optarg, COPIES_MAX); break;
		case 'e': o.expect = number(optarg, 255); break;
		case 't': o.seconds = number(optarg, 86400); break;
		case 'b': add_root(&o, optarg, true); break;
		case 's': add_root(&o, optarg, false); break;
		default: exit(129);
		}
	}
	o.command = argv + optind;
	if (!*o.command || o.copies == 0) {
		fprintf(stderr, "clock: which command?\n");
		exit(129);
	}
	signal(SIGALRM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	run(&o);
	return 0;
}
