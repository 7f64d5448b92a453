/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "procsession.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 0 if it is not a process, or has gone. */
static pid_t session_of(const char *name)
{
	char path[64], line[512] = "";
	const char *rest;
	int session = 0;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", name);
	stat = fopen(path, "re");
	if (!stat)
		return 0;
	if (!fgets(line, sizeof(line), stat))
		line[0] = '\0';
	fclose(stat);
	/* "4711 (sh) S 4700 4711 4700 ...": parent, process group, session. A name may have anything in it. */
	rest = strrchr(line, ')');
	if (!rest || sscanf(rest, ") %*c %*d %*d %d", &session) != 1)
		return 0;
	return session;
}

unsigned procsession_signal_followers(pid_t session, int signum)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	unsigned count = 0;

	while (proc && (entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && pid != session && session_of(entry->d_name) == session && !kill(pid, signum))
			count++;
	}
	if (proc)
		closedir(proc);
	return count;
}
