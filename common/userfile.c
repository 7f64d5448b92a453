/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file is written under another name, synced and renamed. Then the directory is synced:
 * only after that the new name survives a crash.
 */
#include "userfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "io.h"

static const struct {
	const char *variable, *fallback;
} places[] = {
	[USERFILE_STATE] = { "XDG_STATE_HOME", ".local/state" },
	[USERFILE_DATA] = { "XDG_DATA_HOME", ".local/share" },
};

static void file_trouble(struct message *trouble, const char *path, const char *reason)
{
	message_set(trouble, MSG_STATE_FILE, "path", path, "reason", reason, NULL);
}

/* Makes a change of names in the directory of path survive a crash. 0 or -1 with errno. */
static int sync_directory_of(const char *path)
{
	char *copy = xstrdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	    result = fd < 0 ? -1 : fsync(fd);
	int error = errno;

	free(copy);
	if (fd >= 0)
		close(fd);
	errno = error;
	/* Not every file system can sync a directory. Then no more can be done. */
	return result == 0 || error == EINVAL || error == ENOTSUP || error == EACCES ? 0 : -1;
}

/* Makes the directories that lead to path. 0 or -1 with errno. */
static int make_parents(char *path)
{
	int result = 0;

	for (char *slash = path + 1; result == 0 && (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(path, 0700) == 0)
			result = sync_directory_of(path);
		else if (errno != EEXIST)
			result = -1;
		*slash = '/';
	}
	return result;
}

char *userfile_name(enum userfile_place place, const char *name)
{
	const char *base = getenv(places[place].variable), *home = getenv("HOME");

	if (base && *base == '/')
		return xasprintf("%s/git-xmpp/%s", base, name);
	if (home && *home == '/')
		return xasprintf("%s/%s/git-xmpp/%s", home, places[place].fallback, name);
	return NULL;
}

char *userfile_path(enum userfile_place place, const char *name, struct message *trouble)
{
	char *path = userfile_name(place, name);

	if (!path) {
		file_trouble(trouble, "~", "HOME is not set");
		return NULL;
	}
	if (make_parents(path)) {
		file_trouble(trouble, path, strerror(errno));
		free(path);
		return NULL;
	}
	return path;
}

int userfile_read(const char *path, struct buf *out, struct message *trouble)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), failed;

	if (fd < 0 && errno == ENOENT)
		return 1;
	failed = fd < 0 || io_read_all(fd, out, USERFILE_MAX);
	if (failed)
		file_trouble(trouble, path, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (!failed && buf_len(out) > USERFILE_MAX) {
		file_trouble(trouble, path, "it is too large");
		failed = true;
	}
	return failed ? -1 : 0;
}

int userfile_write(const char *path, const char *data, size_t n, struct message *trouble)
{
	char *temporary;
	int fd, result, error;

	if (n > USERFILE_MAX) {
		file_trouble(trouble, path,
			     "there is too much to keep, it could not be read again");
		return -1;
	}
	temporary = xasprintf("%s.%d", path, (int)getpid());
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	result = fd < 0 ? -1 : io_write_all(fd, data, n) || fsync(fd) ? -1 : 0;
	error = errno;
	/* Some file systems report a full disk only at close(). */
	if (fd >= 0 && close(fd) && result == 0) {
		result = -1;
		error = errno;
	}
	if (result == 0 && (rename(temporary, path) || sync_directory_of(path))) {
		result = -1;
		error = errno;
	}
	if (result) {
		file_trouble(trouble, path, strerror(error));
		unlink(temporary);
	}
	free(temporary);
	return result;
}

int userfile_move(const char *from, const char *to, struct message *trouble)
{
	if (rename(from, to)) {
		file_trouble(trouble, from, strerror(errno));
		return -1;
	}
	/* The new place first: a crash in between may leave both names, but not neither. */
	sync_directory_of(to);
	sync_directory_of(from);
	return 0;
}

int userfile_remove(const char *path, struct message *trouble)
{
	if ((unlink(path) && errno != ENOENT) || sync_directory_of(path)) {
		file_trouble(trouble, path, strerror(errno));
		return -1;
	}
	return 0;
}
