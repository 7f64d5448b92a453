/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

void descriptors_sanitize(void)
{
	static const char line[] = "fatal: cannot open /dev/null\n";

	/* open() returns the lowest free descriptor. */
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || open("/dev/null", O_RDWR) == fd)
			continue;
		/*
		 * Without /dev/null nothing can be done safely, and there may be no place
		 * to say so.
		 */
		(void)!write(STDERR_FILENO, line, sizeof(line) - 1);
		_exit(127);
	}
}

void descriptors_close_from(int lowest)
{
	struct rlimit limit;
	long last = 1024;

#ifdef SYS_close_range
	if (!syscall(SYS_close_range, (unsigned int)lowest, ~0U, 0U))
		return;
#endif
	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < 65536)
		last = (long)limit.rlim_cur;
	for (int fd = lowest; fd < last; fd++)
		close(fd);
}

bool descriptors_lacking(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
	       error == ENOSPC || error == EAGAIN;
}
