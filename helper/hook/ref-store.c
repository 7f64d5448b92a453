/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ref-store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "run-git.h"

/* Cuts the next line off, malloc'd; NULL if it is empty, or there is none. */
static char *take_line(struct buf *text)
{
	size_t n = strcspn(buf_str(text), "\n");
	char *line = n ? xstrndup(buf_str(text), n) : NULL;

	buf_consume(text, n < buf_len(text) ? n + 1 : n);
	return line;
}

static bool are_files(void)
{
	const char *const args[] = { "config", "extensions.refStorage", NULL };
	struct buf out = { 0 };
	int status = run_git(args, NULL, &out, GIT_ERRORS_HIDDEN);
	/* 1: it is not set, which is files. */
	bool files = status == 1 || (status == 0 && !strcmp(buf_str(&out), "files\n"));

	buf_finish(&out);
	return files;
}

void ref_store_begin(struct ref_store *s)
{
	const char *const args[] = { "rev-parse", "--git-dir", "--git-common-dir", NULL };
	struct buf out = { 0 };

	*s = (struct ref_store){ .directories = { NULL } };
	if (are_files() && run_git(args, NULL, &out, GIT_ERRORS_HIDDEN) == 0) {
		s->directories[0] = take_line(&out);
		s->directories[1] = take_line(&out);
	}
	if (!s->directories[1])
		ref_store_finish(s);
	buf_finish(&out);
}

void ref_store_finish(struct ref_store *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(s->directories); i++) {
		free(s->directories[i]);
		s->directories[i] = NULL;
	}
}

/* Whether the ref has a file in the directory that is not plain, or cannot be read. */
static bool may_be_symbolic_in(const char *directory, const char *ref)
{
	static const char mark[] = "ref:";
	char *path = xasprintf("%s/%s", directory, ref), first[sizeof(mark) - 1];
	/* A symbolic link is one, too, and is not followed. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool may = fd < 0 && errno != ENOENT && errno != ENOTDIR;

	if (fd >= 0) {
		ssize_t n = read(fd, first, sizeof(first));

		/* A directory has refs below this name, and is none. */
		may = n < 0 ? errno != EISDIR : n == sizeof(first) && !memcmp(first, mark, n);
		close(fd);
	}
	free(path);
	return may;
}

static bool may_be_symbolic(const struct ref_store *s, const char *ref)
{
	if (!s->directories[0])
		return true;
	return may_be_symbolic_in(s->directories[0], ref) ||
	       may_be_symbolic_in(s->directories[1], ref);
}

bool ref_store_target(const struct ref_store *s, const char *ref, struct buf *target)
{
	const char *const args[] = { "symbolic-ref", "-q", ref, NULL };
	struct buf out = { 0 };
	const char *text;
	bool found;

	if (!may_be_symbolic(s, ref))
		return false;
	found = run_git(args, NULL, &out, GIT_ERRORS_HIDDEN) == 0;
	text = buf_str(&out);
	if (found)
		buf_append(target, text, strcspn(text, "\n"));
	buf_finish(&out);
	return found;
}
