/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 10 };	/* tries to lock a file that others remove meanwhile */

bool lockfile_is_there(int fd, const char *path)
{
	struct stat ours, there;

	return fd >= 0 && !fstat(fd, &ours) && !stat(path, &there) && ours.st_dev == there.st_dev &&
	       ours.st_ino == there.st_ino;
}

int lockfile_take(const char *path, struct message *trouble)
{
	int fd = -1;

	trouble->id = MSG_NONE;
	for (int i = 0; i < TRIES; i++) {
		/*
		 * Not for writing: a file open for writing keeps its file system from being
		 * made read-only.
		 */
		fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			break;
		if (flock(fd, LOCK_EX | LOCK_NB)) {
			int error = errno;

			close(fd);
			errno = error;
			fd = -1;
			break;
		}
		if (lockfile_is_there(fd, path))
			break;
		close(fd);
		fd = -1;
		errno = EAGAIN;
	}
	if (fd < 0 && errno != EWOULDBLOCK)
		message_set(trouble, MSG_STATE_FILE, "path", path, "reason", strerror(errno), NULL);
	return fd;
}

int lockfile_say(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	size_t n = strlen(text);
	bool good = fd >= 0 && write(fd, text, n) == (ssize_t)n;

	if (fd >= 0 && close(fd))
		good = false;
	return good ? 0 : -1;
}

bool lockfile_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

bool lockfile_is_held(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return held;
}

void lockfile_knock(const char *path)
{
	utimensat(AT_FDCWD, path, NULL, 0);
}
