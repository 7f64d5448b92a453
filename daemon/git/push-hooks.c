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
#include "hashtable.h"
#include "hook-env.h"
#include "io.h"
#include "log.h"
#include "self-path.h"
#include "userfile.h"

static const char prefix[] = "verdict.";

enum { VERDICTS_MAX = 8 * 1024 * 1024 };	/* bytes that are read of a file */

static void remove_old(const char *directory)
{
	DIR *d = opendir(directory);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (!strncmp(e->d_name, prefix, strlen(prefix)))
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

/* A line of the file. */
struct verdict {
	struct hashtable_node node;	/* first: hashtable_find() leads back to the verdict */
	struct verdict *next;
	const char *why;		/* points into the text of the file */
};

struct push_verdicts {
	char *path;			/* owned */
	bool was_read;
	struct buf text;		/* of the file, as far as it is read */
	struct verdict *first;		/* owned */
	struct hashtable by_ref;
};

struct push_verdicts *push_verdicts_create(const char *directory)
{
	struct push_verdicts *v = xcalloc(1, sizeof(*v));
	int fd;

	v->path = xasprintf("%s/%sXXXXXX", directory, prefix);
	fd = mkostemp(v->path, O_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		return v;
	}
	free(v->path);
	free(v);
	return NULL;
}

void push_verdicts_destroy(struct push_verdicts *v)
{
	if (!v)
		return;
	unlink(v->path);
	while (v->first) {
		struct verdict *verdict = v->first;

		v->first = verdict->next;
		free(verdict);
	}
	hashtable_finish(&v->by_ref);
	buf_finish(&v->text);
	free(v->path);
	free(v);
}

const char *push_verdicts_path(const struct push_verdicts *v)
{
	return v ? v->path : NULL;
}

void push_verdicts_atomic(const struct push_verdicts *v)
{
	int fd = v ? open(v->path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	if (io_write_all(fd, HOOK_VERDICT_ATOMIC, strlen(HOOK_VERDICT_ATOMIC)) < 0)
		log_warning("'%s' cannot be written: %s", v->path, strerror(errno));
	close(fd);
}

static void read_file(struct push_verdicts *v)
{
	int fd = open(v->path, O_RDONLY | O_CLOEXEC);

	v->was_read = true;
	if (fd < 0)
		return;
	io_read_all(fd, &v->text, VERDICTS_MAX);
	close(fd);
}

/* Takes "<ref> <rule>" lines; what has no end was cut. */
static void take_lines(struct push_verdicts *v)
{
	char *line = (char *)buf_str(&v->text), *end;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		char *space = strchr(line, ' ');
		struct verdict *verdict;

		*end = '\0';
		if (!space || space > end)
			continue;
		*space = '\0';
		if (hashtable_find(&v->by_ref, line))
			continue;
		verdict = xcalloc(1, sizeof(*verdict));
		verdict->why = space + 1;
		verdict->next = v->first;
		v->first = verdict;
		hashtable_add(&v->by_ref, &verdict->node, line);
	}
}

bool push_verdicts_find(struct push_verdicts *v, const char *ref, struct buf *why)
{
	const struct verdict *found;

	if (v && !v->was_read) {
		read_file(v);
		take_lines(v);
	}
	found = v ? (const struct verdict *)hashtable_find(&v->by_ref, ref) : NULL;
	if (found)
		buf_puts(why, found->why);
	return found != NULL;
}
