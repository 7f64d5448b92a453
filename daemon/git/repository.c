/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repository.h"

#include <git2/sys/repository.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "userfile.h"

void repository_library_begin(void)
{
	git_libgit2_init();
	user_settings_begin();
}

void repository_library_end(void)
{
	user_settings_end();
	git_libgit2_shutdown();
}

/* core.repositoryformatversion of the git directory's own file; 0 if it does not say. */
static int32_t format_version(const char *path)
{
	char *file = xasprintf("%s/config", path);
	git_config *config;
	int32_t version = 0;

	if (git_config_open_ondisk(&config, file) == 0) {
		if (git_config_get_int32(&version, config, "core.repositoryformatversion") < 0)
			version = 0;
		git_config_free(config);
	}
	free(file);
	return version;
}

/*
 * git_repository_open() reads the whole configuration, safe.directory in it. That matters only
 * where the directory is somebody else's.
 */
static int open_it(git_repository **repo, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && st.st_uid == geteuid() &&
	    git_repository_open_bare(repo, path) == 0)
		return 0;
	return git_repository_open(repo, path);
}

/* Whatever libgit2 asks it later, it looks into the repository's own file only. */
static int bound_config(git_repository *repo)
{
	char *file = xasprintf("%sconfig", git_repository_commondir(repo));
	git_config *config;
	int error = git_config_new(&config);

	if (error == 0) {
		error = git_config_add_file_ondisk(config, file, GIT_CONFIG_LEVEL_LOCAL, repo, 0);
		if (error == 0)
			error = git_repository_set_config(repo, config);
		git_config_free(config);
	}
	free(file);
	return error;
}

int repository_open(git_repository **repo, const char *path)
{
	int error;

	*repo = NULL;
	if (format_version(path) > 0)
		return GIT_EINVALID;
	error = open_it(repo, path);
	if (error == 0)
		error = bound_config(*repo);
	if (error < 0) {
		git_repository_free(*repo);
		*repo = NULL;
	}
	return error;
}

int repository_settings(git_repository *repo, setting_fn *fn, void *owner)
{
	git_config *own;
	int error;

	user_settings_each(repo, fn, owner);
	if (git_repository_config_snapshot(&own, repo) < 0)
		return -1;
	error = config_each(own, fn, owner);
	git_config_free(own);
	return error;
}

/* A value of a file of configuration in the git directory, malloc'd; NULL if there is none. */
static char *own_config(const char *git_dir, const char *file, const char *key)
{
	char *path = xasprintf("%s/%s", git_dir, file), *value = NULL;
	git_buf text = { 0 };
	git_config *config;

	if (git_config_open_ondisk(&config, path) == 0) {
		if (git_config_get_string_buf(&text, config, key) == 0)
			value = xstrdup(text.ptr);
		git_buf_dispose(&text);
		git_config_free(config);
	}
	free(path);
	return value;
}

/*
 * The real path of path, which is relative to the git directory unless it begins with a
 * slash.
 */
static char *resolve(const char *git_dir, const char *path)
{
	char *whole = *path == '/' ? xstrdup(path) : xasprintf("%s/%s", git_dir, path);
	char *real = realpath(whole, NULL);

	free(whole);
	return real;
}

/* The linked work tree of git_dir, whose file "gitdir" names the work tree's ".git". */
static char *linked_work_tree(const char *git_dir)
{
	char *path = xasprintf("%s/gitdir", git_dir), *line = NULL, *top = NULL, *slash;
	struct buf text = { 0 };
	struct message trouble;

	if (userfile_read(path, &text, &trouble) == 0)
		line = xstrndup(buf_str(&text), strcspn(buf_str(&text), "\n"));
	slash = line ? strrchr(line, '/') : NULL;
	if (slash) {
		*slash = '\0';
		top = resolve(git_dir, line);
	}
	free(line);
	buf_finish(&text);
	free(path);
	return top;
}

/* The parent directory of git_dir, if git would find git_dir there as ".git". */
static char *parent_of(const char *git_dir)
{
	char *top = resolve(git_dir, ".."), *found = top ? xasprintf("%s/.git", top) : NULL;
	struct stat a, b;
	bool same = found && !stat(found, &a) && !stat(git_dir, &b) && a.st_dev == b.st_dev &&
		    a.st_ino == b.st_ino;

	free(found);
	if (same)
		return top;
	free(top);
	return NULL;
}

char *repository_work_tree(const char *git_dir)
{
	/* In git config.worktree overrides config. */
	char *path = own_config(git_dir, "config.worktree", "core.worktree"), *top;

	if (!path)
		path = own_config(git_dir, "config", "core.worktree");
	top = path ? resolve(git_dir, path) : linked_work_tree(git_dir);
	free(path);
	return top ? top : parent_of(git_dir);
}
