/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "process.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

/* The first line of a file in /proc/<pid>; empty if there is no such file. */
static void read_line(const char *pid, const char *file, char *line, size_t size)
{
	char path[64];
	FILE *f;

	line[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%.20s/%s", pid, file);
	f = fopen(path, "re");
	if (!f)
		return;
	if (!fgets(line, (int)size, f))
		line[0] = '\0';
	fclose(f);
}

/*
 * The fields of /proc/<pid>/stat behind the name, which may hold any characters: "4711 (sh)
 * S 4700 4711 4700 ...": state, parent, process group, session. NULL if there is no such
 * process.
 */
static const char *read_stat(const char *pid, char *line, size_t size)
{
	const char *rest;

	read_line(pid, "stat", line, size);
	rest = strrchr(line, ')');
	return rest && rest[1] == ' ' ? rest + 2 : NULL;
}

bool process_is_zombie(pid_t pid)
{
	char text[24], line[512];
	const char *stat;

	snprintf(text, sizeof(text), "%d", (int)pid);
	stat = read_stat(text, line, sizeof(line));
	return stat && *stat == 'Z';
}

bool process_runs(pid_t pid, const char *program)
{
	char text[24], name[32];

	snprintf(text, sizeof(text), "%d", (int)pid);
	read_line(text, "comm", name, sizeof(name));
	name[strcspn(name, "\n")] = '\0';
	return !strcmp(name, program);
}

/* The session of a process; 0 if there is no such process. */
static pid_t session_of(const char *pid)
{
	char line[512];
	const char *stat = read_stat(pid, line, sizeof(line));
	int session = 0;

	return stat && sscanf(stat, "%*c %*d %*d %d", &session) == 1 ? session : 0;
}

unsigned process_signal_followers(pid_t session, int signum)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	unsigned count = 0;

	while (proc && (entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && pid != session && session_of(entry->d_name) == session &&
		    !kill(pid, signum))
			count++;
	}
	if (proc)
		closedir(proc);
	return count;
}

int process_bound(pid_t pid, int resource, rlim_t most)
{
	struct rlimit limit;

	if (prlimit(pid, resource, NULL, &limit))
		return -1;
	if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur <= most)
		return 0;
	limit.rlim_cur =
		limit.rlim_max == RLIM_INFINITY || most < limit.rlim_max ? most : limit.rlim_max;
	return prlimit(pid, resource, &limit, NULL);
}

void process_set_name(const char *name)
{
	prctl(PR_SET_NAME, name);
}

/* A line of /proc/locks: "1: FLOCK  ADVISORY  WRITE 4711 fd:01:131 0 EOF". */
pid_t process_locks(const char *path)
{
	FILE *locks = fopen("/proc/locks", "re");
	char line[256];
	struct stat st;
	pid_t found = 0;

	while (locks && !stat(path, &st) && !found && fgets(line, sizeof(line), locks)) {
		unsigned long long inode;
		int pid;

		if (strstr(line, " -> ") ||
		    sscanf(line, "%*d: FLOCK %*s %*s %d %*x:%*x:%llu", &pid, &inode) != 2)
			continue;
		if (pid > 0 && inode == st.st_ino)
			found = pid;
	}
	if (locks)
		fclose(locks);
	return found;
}
