/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hook can say nothing to whoever started git but whether it declines: git's report has
 * the words "hook declined" for all of them. So the rule goes through a file. It is read
 * when the report comes, after all hooks that may write to it.
 */
#include "push-hooks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "hook-env.h"
#include "io.h"
#include "log.h"
#include "self-path.h"
#include "userfile.h"

static const char verdict[] = "verdict.";

enum { VERDICTS_MAX = 8 * 1024 * 1024 };	/* bytes that are read of a file */

static void remove_old(const char *directory)
{
	DIR *d = opendir(directory);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (!strncmp(e->d_name, verdict, strlen(verdict)))
			unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
}

char *push_hooks_begin(void)
{
	struct message trouble;
	char *path = userfile_path(USERFILE_STATE, "hooks/links", &trouble);

	if (!path) {
		log_error("pushes to shares with rules are refused: %s", trouble.text);
		return NULL;
	}
	*strrchr(path, '/') = '\0';
	remove_old(path);
	return path;
}

void push_hooks_program(char out[PATH_MAX])
{
	static const char name[] = "git-xmpp-hook";
	char directory[PATH_MAX];

	if (!self_directory(directory) ||
	    snprintf(out, PATH_MAX, "%s/%s", directory, name) >= PATH_MAX)
		strcpy(out, name);
}

char *push_verdicts_create(const char *directory)
{
	char *path = xasprintf("%s/%sXXXXXX", directory, verdict);
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd < 0) {
		free(path);
		return NULL;
	}
	close(fd);
	return path;
}

void push_verdicts_atomic(const char *path)
{
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	if (io_write_all(fd, HOOK_VERDICT_ATOMIC, strlen(HOOK_VERDICT_ATOMIC)) < 0)
		log_warning("'%s' cannot be written: %s", path, strerror(errno));
	close(fd);
}

/* The content of the file, as far as it is read; empty if there is none. */
static void read_file(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	while (buf_len(out) < VERDICTS_MAX) {
		ssize_t n = read(fd, buf_reserve(out, 65536), 65536);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		buf_added(out, n);
	}
	close(fd);
}

bool push_verdicts_find(const char *path, const char *ref, struct buf *why)
{
	size_t n = strlen(ref);
	struct buf all = { 0 };
	const char *line;
	bool found = false;

	if (path)
		read_file(path, &all);
	for (line = buf_str(&all); *line && !found;) {
		size_t len = strcspn(line, "\n");

		found = len > n && !strncmp(line, ref, n) && line[n] == ' ' && line[len] == '\n';
		if (found)
			buf_append(why, line + n + 1, len - n - 1);
		line += len + (line[len] == '\n');
	}
	buf_finish(&all);
	return found;
}

void push_verdicts_remove(char *path)
{
	if (path)
		unlink(path);
	free(path);
}
