/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sockpath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"

/*
 * Broker and clients must find the same path however they were started. From a login, from
 * cron or by su, XDG_RUNTIME_DIR may be missing or be another user's; in another user's
 * directory root would make a subdirectory that shuts that user out. The last resort lies
 * in /tmp, where others can make directories. So a directory is used only if it is ours and
 * closed to others.
 */

static bool is_own_directory(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

/* Writes as much of the path as fits. Returns its whole length, like snprintf(). */
static int write_path(char *out, size_t size)
{
	const char *path = getenv("GIT_XMPP_SOCKET");
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char dir[SOCKPATH_MAX];

	if (path && *path)
		return snprintf(out, size, "%s", path);
	/* By the XDG Base Directory Specification a relative path is ignored. */
	if (runtime && runtime[0] == '/' && is_own_directory(runtime))
		return snprintf(out, size, "%s/git-xmpp/socket", runtime);
	snprintf(dir, sizeof(dir), "/run/user/%lu", (unsigned long)geteuid());
	if (is_own_directory(dir))
		return snprintf(out, size, "%s/git-xmpp/socket", dir);
	sockpath_last_resort(dir);
	return snprintf(out, size, "%s", dir);
}

void sockpath_last_resort(char out[SOCKPATH_MAX])
{
	snprintf(out, SOCKPATH_MAX, "/tmp/git-xmpp-%lu/socket", (unsigned long)geteuid());
}

int sockpath_find(char out[SOCKPATH_MAX], struct message *trouble)
{
	char path[PATH_MAX];
	int n = write_path(path, sizeof(path));
	const char *reason = NULL;
	char too_long[64];

	snprintf(too_long, sizeof(too_long), "longer than the %d bytes a socket's path may have",
		 (int)SOCKPATH_MAX - 1);
	if (n < 0 || (unsigned int)n >= SOCKPATH_MAX)
		reason = too_long;
	else if (path[0] != '/')
		reason = "not an absolute path";
	if (reason) {
		message_set(trouble, MSG_SOCKET_PATH, "path", path, "reason", reason, NULL);
		return -1;
	}
	memcpy(out, path, (size_t)n + 1);
	return 0;
}

bool sockpath_is_served(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = io_socket(AF_UNIX, SOCK_STREAM);
	bool served;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	/* EAGAIN: so many others wait to be accepted. */
	served = fd >= 0 && !fcntl(fd, F_SETFL, O_NONBLOCK) &&
		 (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)) || errno == EAGAIN ||
		  errno == EINPROGRESS);
	if (fd >= 0)
		close(fd);
	return served;
}

static int refuse(struct message *trouble, const char *path, const char *reason)
{
	message_set(trouble, MSG_SOCKET_PATH, "path", path, "reason", reason, NULL);
	return -1;
}

int sockpath_check_dir(const char *path, bool create, struct message *trouble)
{
	const char *slash = strrchr(path, '/');
	char dir[SOCKPATH_MAX], mode[8];
	struct stat st;

	if (!slash || slash - path >= SOCKPATH_MAX)
		return refuse(trouble, path, "not an absolute path");
	snprintf(dir, sizeof(dir), "%.*s", slash == path ? 1 : (int)(slash - path), path);

	/*
	 * mkdir() first: another process may make it at the same moment; lstat() judges the
	 * result
	 */
	if (create && mkdir(dir, 0700) < 0 && errno != EEXIST)
		return refuse(trouble, dir, strerror(errno));
	if (lstat(dir, &st) < 0) {
		if (errno != ENOENT)
			return refuse(trouble, dir, strerror(errno));
		*trouble = (struct message){ .id = MSG_NONE };
		return -1;
	}
	if (!S_ISDIR(st.st_mode))
		return refuse(trouble, dir, "not a directory");
	if (st.st_uid != geteuid()) {
		message_set(trouble, MSG_SOCKET_OWNER, "path", dir, NULL);
		return -1;
	}
	if (st.st_mode & 077) {
		snprintf(mode, sizeof(mode), "%04o", (unsigned int)(st.st_mode & 07777));
		message_set(trouble, MSG_SOCKET_PERMISSIONS, "path", dir, "mode", mode, NULL);
		return -1;
	}
	return 0;
}
