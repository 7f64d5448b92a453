/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git first goes to the top of the work tree, or stays where it is outside of one. Hooks
 * run there, and find their files there. Variables that name the repository are kept only
 * if they were set, because hooks see them. They are kept as they were set, but as absolute
 * paths if git goes elsewhere.
 *
 * Settings of "git -c" are not kept: they may hold a secret, and the files of the queue
 * must not.
 */
#include "place.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "buf.h"
#include "output.h"
#include "remote.h"
#include "run-git.h"

static bool is_said(const char *option)
{
	const char *const args[] = { "rev-parse", option, NULL };
	char *line = git_line(args);
	bool yes = line && !strcmp(line, "true");

	free(line);
	return yes;
}

/*
 * A path that git prints, malloc'd. Only the last newline is cut, because a path may have
 * others.
 */
static char *path_said(const char *option)
{
	const char *const args[] = { "rev-parse", "--path-format=absolute", option, NULL };
	struct buf out = { 0 };
	char *path;

	if (run_git(args, NULL, &out, GIT_ERRORS_HIDDEN) != 0 || buf_len(&out) < 2) {
		buf_finish(&out);
		return NULL;
	}
	path = xstrndup(buf_str(&out), buf_len(&out) - 1);
	buf_finish(&out);
	return path;
}

/*
 * The directory that git goes to, malloc'd; *stays if it is the current one. NULL if the
 * directory is gone.
 */
static char *directory(bool *stays)
{
	char here[PATH_MAX], *top;

	if (!getcwd(here, sizeof(here)))
		return NULL;
	top = is_said("--is-inside-work-tree") ? path_said("--show-toplevel") : xstrdup(here);
	*stays = top && !strcmp(top, here);
	return top;
}

/*
 * The value of a variable as it is to be stored, malloc'd; NULL if it is not set, or must
 * not be stored.
 */
static char *value_of(const char *name, bool stays)
{
	static const char *const paths[][2] = {
		{ "GIT_DIR", "--git-dir" },
		{ "GIT_WORK_TREE", "--show-toplevel" },
		{ "GIT_COMMON_DIR", "--git-common-dir" },
	};
	const char *value = getenv(name);

	if (!value || !*value)
		return NULL;
	/*
	 * In a hook of receive-pack (githooks(5)) the objects are in quarantine, and move
	 * soon.
	 */
	if (getenv("GIT_QUARANTINE_PATH") && strstr(name, "OBJECT_DIRECTOR"))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(paths) && !stays; i++)
		if (!strcmp(name, paths[i][0]))
			return path_said(paths[i][1]);
	if (!stays && !strcmp(name, "GIT_OBJECT_DIRECTORY"))
		return realpath(value, NULL);
	return xstrdup(value);
}

bool place_fill(struct queue_entry *e)
{
	bool stays = false, good;
	size_t count = 0;

	e->directory = directory(&stays);
	e->variables = xcalloc(2 * QUEUEFILE_VARIABLES + 1, sizeof(*e->variables));
	good = e->directory && *e->directory == '/' && strlen(e->directory) <= FIELD_VALUE_MAX;
	for (size_t i = 0; i < QUEUEFILE_VARIABLES && good; i++) {
		const char *name = queuefile_variables[i];
		char *value = value_of(name, stays);

		if (value && strlen(name) + 1 + strlen(value) <= FIELD_VALUE_MAX) {
			e->variables[count++] = xstrdup(name);
			e->variables[count++] = xstrdup(value);
		} else if (value && strcmp(name, "PATH")) {
			good = false;
		}
		free(value);
	}
	if (!good)
		report("fatal", "the directory where git runs cannot be written down: it is gone, "
				"or its path is too long");
	return good;
}

void place_warn_settings(void)
{
	const char *const args[] = {
		"config", "--show-scope", "--name-only", "-z", "--list", NULL
	};
	struct buf out = { 0 };
	const char *p, *end;

	if (!getenv("GIT_CONFIG_PARAMETERS") && !getenv("GIT_CONFIG_COUNT"))
		return;
	run_git(args, NULL, &out, GIT_ERRORS_HIDDEN);
	p = buf_str(&out);
	end = p + buf_len(&out);
	/* Pairs of scope and name. Settings of xmpp.* are meant for this command alone. */
	while (p < end) {
		const char *scope = p, *name = p + strlen(p) + 1;

		if (name >= end)
			break;
		if (!strcmp(scope, "command") && strncmp(name, "xmpp.", 5))
			report("warning",
			       "%s was given to this command alone; the push will run without it",
			       name);
		p = name + strlen(name) + 1;
	}
	buf_finish(&out);
}
