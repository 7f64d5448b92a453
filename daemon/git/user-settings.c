/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * There are three files at most, and each may include others. All of them are known after they
 * were read once, so whether they are the same is seen in their status: the inode, the size and
 * the times. A file that had changed just before it was read could change again within the same
 * tick of the file system's clock, so then it is read once more the next time.
 */
#include "user-settings.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "alloc.h"
#include "buf.h"
#include "gitconfig.h"
#include "text.h"

enum {
	DEPTH_MAX = 10,		/* of includes, as in git */
	SETTLED = 2,		/* seconds; file systems count in steps of up to two */
};

/* A file, and what it was when it was read. */
struct source {
	char *path;		/* owned */
	git_config_level_t level;
	unsigned depth;		/* 0: git reads it; else so many includes lead to it */
	uint64_t inode, size;	/* all of it 0: it is missing */
	uv_timespec_t changed, written;
	bool settled;
};

struct sources {
	struct source *rows;	/* owned */
	size_t count;
};

struct setting {
	char *name, *value;	/* owned; no value: NULL */
};

static struct {
	uv_mutex_t mutex;	/* over all that follows */
	bool known;		/* settings are those of sources */
	bool conditional;	/* a repository decides about some; none are kept */
	struct sources sources;
	struct setting *settings;	/* owned */
	size_t count;
} kept;

static void stamp(struct source *s)
{
	uv_timeval64_t now;
	uv_fs_t req;

	if (uv_fs_stat(NULL, &req, s->path, NULL) == 0) {
		s->inode = req.statbuf.st_ino;
		s->size = req.statbuf.st_size;
		s->changed = req.statbuf.st_ctim;
		s->written = req.statbuf.st_mtim;
	}
	s->settled = uv_gettimeofday(&now) == 0 && s->written.tv_sec + SETTLED <= now.tv_sec;
	uv_fs_req_cleanup(&req);
}

/* Takes the path. */
static struct source *add_source(struct sources *list, char *path, git_config_level_t level,
				 unsigned depth)
{
	struct source *s;

	list->rows = xrealloc(list->rows, (list->count + 1) * sizeof(*list->rows));
	s = &list->rows[list->count++];
	*s = (struct source){ .path = path, .level = level, .depth = depth };
	stamp(s);
	return s;
}

static void forget_sources(struct sources *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->rows[i].path);
	free(list->rows);
	*list = (struct sources){ .count = 0 };
}

static bool same_time(uv_timespec_t a, uv_timespec_t b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_source(const struct source *a, const struct source *b)
{
	return !strcmp(a->path, b->path) && a->level == b->level && a->inode == b->inode &&
	       a->size == b->size && same_time(a->changed, b->changed) &&
	       same_time(a->written, b->written);
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static void add_found(struct sources *list, int (*find)(git_buf *), git_config_level_t level)
{
	git_buf path = GIT_BUF_INIT;

	if (find(&path) == 0)
		add_source(list, xstrdup(path.ptr), level, 0);
	git_buf_dispose(&path);
}

/* The files that git reads. libgit2 knows where they are, and not the variables. */
static void list_files(struct sources *list)
{
	const char *system = variable("GIT_CONFIG_SYSTEM"), *user = variable("GIT_CONFIG_GLOBAL");
	bool no_system = false;

	if (variable("GIT_CONFIG_NOSYSTEM"))
		gitconfig_bool(variable("GIT_CONFIG_NOSYSTEM"), &no_system);
	if (!no_system && system)
		add_source(list, xstrdup(system), GIT_CONFIG_LEVEL_SYSTEM, 0);
	else if (!no_system)
		add_found(list, git_config_find_system, GIT_CONFIG_LEVEL_SYSTEM);
	if (user) {
		add_source(list, xstrdup(user), GIT_CONFIG_LEVEL_GLOBAL, 0);
		return;
	}
	add_found(list, git_config_find_xdg, GIT_CONFIG_LEVEL_XDG);
	add_found(list, git_config_find_global, GIT_CONFIG_LEVEL_GLOBAL);
}

/* Where an include in that file leads; malloc'd. */
static char *included(const char *file, const char *path)
{
	const char *home = getenv("HOME"), *slash = strrchr(file, '/');

	if (*path == '/')
		return xstrdup(path);
	if (starts_with(path, "~/") && home)
		return xasprintf("%s%s", home, path + 1);
	return xasprintf("%.*s/%s", slash ? (int)(slash - file) : 1, slash ? file : ".", path);
}

static bool is_conditional(const char *name)
{
	return starts_with(name, "includeif.");
}

/*
 * Adds what the i-th file includes itself. The order of the sources is no matter, since their
 * settings are read through those that include them.
 */
static void follow(struct sources *list, size_t i, bool *conditional)
{
	struct source from = list->rows[i];
	git_config *config;
	git_config_iterator *it;
	git_config_entry *entry;

	if (git_config_open_ondisk(&config, from.path) < 0)
		return;
	if (git_config_iterator_new(&it, config) == 0) {
		while (git_config_next(&entry, it) == 0) {
			*conditional |= is_conditional(entry->name);
			if (entry->include_depth == 0 && entry->value &&
			    !strcmp(entry->name, "include.path") && from.depth < DEPTH_MAX)
				add_source(list, included(from.path, entry->value), from.level,
					   from.depth + 1);
		}
		git_config_iterator_free(it);
	}
	git_config_free(config);
}

int config_each(git_config *config, setting_fn *fn, void *owner)
{
	git_config_iterator *it;
	git_config_entry *entry;

	/* Walks over all entries: libgit2 1.5 leaks memory when it is given a pattern. */
	if (git_config_iterator_new(&it, config) < 0)
		return -1;
	while (git_config_next(&entry, it) == 0)
		fn(owner, entry->name, entry->value);
	git_config_iterator_free(it);
	return 0;
}

/* Reads the files of the list now. */
static void read_files(const struct sources *list, git_repository *repo, setting_fn *fn,
		       void *owner)
{
	git_config *config;

	if (git_config_new(&config) < 0)
		return;
	for (size_t i = 0; i < list->count; i++)
		if (list->rows[i].depth == 0)
			git_config_add_file_ondisk(config, list->rows[i].path, list->rows[i].level,
						   repo, 0);
	config_each(config, fn, owner);
	git_config_free(config);
}

static void keep(void *owner, const char *name, const char *value)
{
	struct setting *s;

	if (starts_with(name, "xmpp"))
		return;
	kept.settings = xrealloc(kept.settings, (kept.count + 1) * sizeof(*kept.settings));
	s = &kept.settings[kept.count++];
	s->name = xstrdup(name);
	s->value = value ? xstrdup(value) : NULL;
}

static void forget(void)
{
	for (size_t i = 0; i < kept.count; i++) {
		free(kept.settings[i].name);
		free(kept.settings[i].value);
	}
	free(kept.settings);
	kept.settings = NULL;
	kept.count = 0;
	forget_sources(&kept.sources);
	kept.known = false;
}

/* Whether what is kept is what reading these files would give. */
static bool is_true(const struct sources *files)
{
	size_t n = 0;

	for (size_t i = 0; i < kept.sources.count; i++) {
		struct source *s = &kept.sources.rows[i],
			      now = { .path = s->path, .level = s->level };

		if (s->depth == 0) {
			if (n == files->count || !same_source(s, &files->rows[n++]))
				return false;
			continue;
		}
		stamp(&now);
		if (!same_source(s, &now))
			return false;
	}
	return n == files->count;
}

static bool all_settled(const struct sources *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (!list->rows[i].settled)
			return false;
	return true;
}

static void bring_up_to_date(void)
{
	struct sources files = { .count = 0 };

	list_files(&files);
	if (kept.known && is_true(&files)) {
		forget_sources(&files);
		return;
	}
	forget();
	kept.sources = files;
	kept.conditional = false;
	/* What follow() adds is followed, too. */
	for (size_t i = 0; i < kept.sources.count; i++)
		follow(&kept.sources, i, &kept.conditional);
	if (!kept.conditional)
		read_files(&kept.sources, NULL, keep, NULL);
	kept.known = all_settled(&kept.sources);
}

void user_settings_each(git_repository *repo, setting_fn *fn, void *owner)
{
	uv_mutex_lock(&kept.mutex);
	bring_up_to_date();
	if (kept.conditional)
		read_files(&kept.sources, repo, fn, owner);
	for (size_t i = 0; i < kept.count; i++)
		fn(owner, kept.settings[i].name, kept.settings[i].value);
	uv_mutex_unlock(&kept.mutex);
}

void user_settings_begin(void)
{
	uv_mutex_init(&kept.mutex);
}

void user_settings_end(void)
{
	forget();
	uv_mutex_destroy(&kept.mutex);
}
