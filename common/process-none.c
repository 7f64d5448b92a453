/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "process.h"

#include <errno.h>

bool process_is_zombie(pid_t pid)
{
	return false;
}

bool process_runs(pid_t pid, const char *program)
{
	return false;
}

unsigned process_signal_followers(pid_t session, int signum)
{
	return 0;
}

int process_bound(pid_t pid, int resource, rlim_t most)
{
	errno = ENOSYS;
	return -1;
}

void process_set_name(const char *name)
{
}

pid_t process_locks(const char *path)
{
	return 0;
}
