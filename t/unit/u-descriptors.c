/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "descriptors.h"

/* In children of ours, for the standard streams are needed to say how it went. */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

enum { OPENED = 40 };

static bool is_null(int fd)
{
	struct stat st, null;

	return !fstat(fd, &st) && !stat("/dev/null", &null) && st.st_rdev == null.st_rdev;
}

/* Closes those of the mask, has them sanitized, and looks at them and at the next file. */
static bool sanitized(int mask)
{
	int kept = open("/etc/passwd", O_RDONLY), next;

	for (int fd = 0; fd < 3; fd++) {
		if (mask >> fd & 1)
			close(fd);
		else
			dup2(kept, fd);
	}
	close(kept);
	descriptors_sanitize();
	for (int fd = 0; fd < 3; fd++)
		if (is_null(fd) != (mask >> fd & 1))
			return false;
	next = open("/dev/null", O_RDONLY);
	return next == 3;
}

static bool closed_from(int lowest)
{
	for (int fd = 3; fd < OPENED; fd++)
		dup2(1, fd);
	descriptors_close_from(lowest);
	for (int fd = 3; fd < OPENED; fd++)
		if ((fcntl(fd, F_GETFD) >= 0) != (fd < lowest))
			return false;
	return true;
}

static bool child_says(bool (*test)(int), int argument)
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(!test(argument));
	waitpid(pid, &status, 0);
	return status == 0;
}

static bool is_lacking(int limit)
{
	struct rlimit few = { limit, OPENED };

	return !setrlimit(RLIMIT_NOFILE, &few) && open("/nowhere", O_RDONLY) < 0 &&
	       descriptors_lacking(errno);
}

int main(void)
{
	for (int mask = 0; mask < 8; mask++)
		ok(child_says(sanitized, mask),
		   "started without the streams %d: they are there, and no others", mask);
	ok(child_says(closed_from, 3), "all are closed but the standard ones");
	ok(child_says(closed_from, 20), "or those from a number on");
	ok(child_says(is_lacking, 0),
	   "one that is refused because there are too many will be there again");
	ok(!child_says(is_lacking, OPENED),
	   "... and not one that is refused because there is no such file");
	return tap_done();
}
