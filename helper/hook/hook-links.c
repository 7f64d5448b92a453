/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git says where the hooks are, for only git knows its configuration. A directory of links is
 * made under another name and renamed; whoever comes second finds it there.
 */
#include "hook-links.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "buf.h"
#include "fnv.h"
#include "run-git.h"
#include "self-path.h"

/* Hooks that receive-pack runs, or what it starts. The first two are always there. */
enum { ALWAYS = 2 };
static const char *const names[] = {
	"update",	"pre-receive",	"post-receive",		 "post-update",
	"proc-receive", "push-to-checkout", "reference-transaction", "pre-auto-gc",
	"post-index-change", "post-checkout", "fsmonitor-watchman",
};

static const char program[] = "git-xmpp-hook";

bool hook_name_known(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* What git prints, without the newline; NULL if it failed. */
static char *ask(const char *const *args)
{
	struct buf out = { 0 };
	char *text = NULL;
	size_t n;

	if (run_git(args, NULL, &out, GIT_ERRORS_HIDDEN) == 0) {
		text = xstrdup(buf_str(&out));
		n = strlen(text);
		if (n && text[n - 1] == '\n')
			text[n - 1] = '\0';
	}
	buf_finish(&out);
	if (text && *text)
		return text;
	free(text);
	return NULL;
}

/* enter_repo() of git, not strict: the first of these that is a repository. */
static char *find_repository(const char *path)
{
	static const char *const suffixes[] = { "/.git", "", ".git/.git", ".git" };
	char *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(suffixes) && !found; i++) {
		char *candidate = xasprintf("%s%s", path, suffixes[i]);
		const char *const args[] = { "rev-parse", "--resolve-git-dir", candidate, NULL };
		struct stat st;

		if (!stat(candidate, &st))
			found = ask(args);
		free(candidate);
	}
	return found;
}

char *hook_links_own(const char *path)
{
	/* Git stands in the repository when it runs a hook of a push (githooks(5)). */
	const char *args[] = {
		"-C", NULL, "--git-dir=.", "rev-parse", "--path-format=absolute",
		"--git-path", "hooks", NULL,
	};
	char *repository = find_repository(path), *own;

	if (!repository)
		return NULL;
	args[1] = repository;
	own = ask(args);
	free(repository);
	return own;
}

/* This program in PATH; malloc'd. NULL if it is not there. */
static char *search_path(void)
{
	const char *path = getenv("PATH");
	char *found = NULL;

	while (path && *path && !found) {
		size_t n = strcspn(path, ":");

		found = xasprintf("%.*s/%s", (int)n, path, program);
		if (*path != '/' || access(found, X_OK)) {
			free(found);
			found = NULL;
		}
		path += n + (path[n] == ':');
	}
	return found;
}

/* The path of this program; malloc'd. NULL if the system does not tell. */
static char *find_self(void)
{
	char directory[PATH_MAX];

	return self_directory(directory) ? xasprintf("%s/%s", directory, program) : search_path();
}

static bool is_there(const char *own, const char *name)
{
	char *path = xasprintf("%s/%s", own, name);
	bool there = !access(path, X_OK);

	free(path);
	return there;
}

/* The hooks that are to have a link: a bit for each name. */
static unsigned find_set(const char *own)
{
	unsigned set = (1u << ALWAYS) - 1;

	for (size_t i = ALWAYS; i < ARRAY_SIZE(names); i++)
		set |= is_there(own, names[i]) ? 1u << i : 0;
	return set;
}

/*
 * Whether the directory has each of the links, to this program. Where one is missing git would
 * run nothing under its name, and go on.
 */
static bool is_made(const char *directory, unsigned set, const char *self)
{
	bool made = true;

	for (size_t i = 0; made && i < ARRAY_SIZE(names); i++) {
		char *path = xasprintf("%s/%s", directory, names[i]), target[PATH_MAX];
		ssize_t n = set & 1u << i ? readlink(path, target, sizeof(target) - 1) : 0;

		free(path);
		if (!(set & 1u << i))
			continue;
		made = n >= 0;
		target[made ? n : 0] = '\0';
		made = made && !strcmp(target, self);
	}
	return made;
}

static bool fill(const char *directory, unsigned set, const char *self)
{
	bool good = true;

	for (size_t i = 0; good && i < ARRAY_SIZE(names); i++) {
		char *path = xasprintf("%s/%s", directory, names[i]);

		if (set & 1u << i)
			good = !symlink(self, path) || errno == EEXIST;
		free(path);
	}
	return good;
}

static void remove_links(const char *directory)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *path = xasprintf("%s/%s", directory, names[i]);

		unlink(path);
		free(path);
	}
	rmdir(directory);
}

static bool make(const char *directory, unsigned set, const char *self)
{
	char *fresh = xasprintf("%s.XXXXXX", directory);
	bool good = mkdtemp(fresh) && fill(fresh, set, self) && !rename(fresh, directory);

	if (!good) {
		/* Another push was first, or a link is missing there, or there is no room. */
		int error = errno;

		remove_links(fresh);
		fill(directory, set, self);
		good = is_made(directory, set, self);
		errno = error;
	}
	free(fresh);
	return good;
}

char *hook_links_make(const char *root, const char *own)
{
	char *self = find_self(), *directory;
	unsigned set = find_set(own);

	if (!self) {
		errno = ENOENT;
		return NULL;
	}
	directory = xasprintf("%s/%x-%08x", root, set, (unsigned)fnv_text(FNV_START, self));
	if (!is_made(directory, set, self) && !make(directory, set, self)) {
		free(directory);
		directory = NULL;
	}
	free(self);
	return directory;
}
