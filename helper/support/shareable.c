/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shareable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "output.h"
#include "question.h"
#include "run-git.h"
#include "text.h"

bool shareable_find(struct shareable *repo, const char *path)
{
	const char *const args[] = {
		"-C", path ? path : ".", "rev-parse", "--is-bare-repository",
		"--path-format=absolute", "--git-common-dir", NULL,
	};
	struct buf out = { 0 };
	const char *text, *newline;
	size_t n;

	if (path) {
		/*
		 * A path that the user named counts, not the repository that git was called
		 * for.
		 */
		unsetenv("GIT_DIR");
		unsetenv("GIT_WORK_TREE");
		unsetenv("GIT_COMMON_DIR");
	}
	if (run_git(args, NULL, &out, GIT_ERRORS_SHOWN) != 0) {
		buf_finish(&out);
		return false;
	}
	text = buf_str(&out);
	newline = strchr(text, '\n');
	if (newline) {
		repo->bare = !strncmp(text, "true", 4);
		n = strlen(newline + 1);
		repo->path = xstrndup(newline + 1, n > 0 ? n - 1 : 0);
	}
	buf_finish(&out);
	return repo->path && *repo->path == '/';
}

void shareable_finish(struct shareable *repo)
{
	free(repo->path);
}

/* In protocol version 2 upload-pack prints its capabilities, and no refs. */
bool shareable_is_served(const struct shareable *repo)
{
	const char *const args[] = { "upload-pack", "--strict", "--advertise-refs",
				     "--",	    repo->path, NULL };
	struct buf shown = { 0 };
	bool good;

	setenv("GIT_PROTOCOL", "version=2", 1);
	good = run_git(args, NULL, &shown, GIT_ERRORS_SHOWN) == 0;
	unsetenv("GIT_PROTOCOL");
	buf_finish(&shown);
	return good;
}

void share_name_trim(char *name)
{
	size_t n = strlen(name);

	while (n > 4 && !strcmp(name + n - 4, ".git") && name[n - 5] != '/')
		name[n -= 4] = '\0';
}

char *shareable_name(const struct shareable *repo)
{
	size_t end = strlen(repo->path), start;
	char *name;

	if (end > 5 && !strcmp(repo->path + end - 5, "/.git"))
		end -= 5;
	for (start = end; start > 0 && repo->path[start - 1] != '/'; start--)
		;
	name = xstrndup(repo->path + start, end - start);
	share_name_trim(name);
	return name;
}

/* Whether git refuses pushes to the branch that is checked out. */
static bool refuses_checked_out(const struct shareable *repo)
{
	const char *const args[] = {
		"-C", repo->path, "config", "--get", "receive.denyCurrentBranch", NULL,
	};
	struct buf value = { 0 };
	bool refuses;

	if (repo->bare)
		return false;
	refuses = run_git(args, NULL, &value, GIT_ERRORS_HIDDEN) != 0 ||
		  !strcmp(buf_str(&value), "refuse\n") || !strcmp(buf_str(&value), "true\n");
	buf_finish(&value);
	return refuses;
}

/* Whether the user says so; without a terminal nobody does. */
static bool shall_update(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO) &&
	       question_yes(stderr, "A push to the branch that is checked out would be refused.\n"
				    "Take it, and update the work tree while it has no changes "
				    "of its own?");
}

void shareable_offer_update(const struct shareable *repo)
{
	const char *const args[] = {
		"-C", repo->path, "config", "receive.denyCurrentBranch", "updateInstead", NULL,
	};
	struct buf path = { 0 };

	if (!refuses_checked_out(repo))
		return;
	if (shall_update() && run_git(args, NULL, NULL, GIT_ERRORS_SHOWN) == 0) {
		fputs("a push to the checked out branch updates the work tree\n", stderr);
		return;
	}
	text_shell(&path, repo->path);
	report("hint", "This is not a bare repository: a push to its checked out branch is "
		       "refused.");
	report("hint",
	       "Allow it with \"git -C %s config receive.denyCurrentBranch updateInstead\".",
	       buf_str(&path));
	buf_finish(&path);
}
