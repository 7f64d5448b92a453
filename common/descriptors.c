/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "descriptors.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

void descriptors_sanitize(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		/* Without it there is nothing to be done safely, and nowhere to say so. */
		if (fd < 0)
			_exit(127);
	} while (fd < 3);
	close(fd);
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
