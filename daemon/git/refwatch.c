/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inotify watches a directory, but not what is below it. So we watch the git directory for
 * HEAD and packed-refs, list the directories below refs/ in the thread pool, watch each, and
 * list again when something that is no lock file came or went. A new directory may have got
 * refs before it was watched. So after that moved is called and the list is made once more,
 * until nothing new turns up.
 *
 * Refs may be elsewhere: in the common directory of a linked work tree, or behind symbolic
 * links, as git-new-workdir makes them. Links are followed. Each directory is taken once, by
 * its inode, so links in a circle end.
 *
 * Some changes no watch can see: too many directories, a directory that cannot be listed for
 * want of a descriptor, a ref that is a link out of the repository, a file system that other
 * machines change. Then moved is called each SLOW_LOOK.
 */
#include "refwatch.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "log.h"
#include "watched-fs.h"
#include "work.h"

enum {
	RESCAN_DELAY = 100,		/* ms, because many refs move at once */
	SLOW_LOOK = 60 * 1000,		/* ms, while the repository is missing or not all can be
					   watched */
	COMMON_MAX = 4096,		/* bytes of the file commondir */
};

/* Identifies a directory under any of its names. */
struct inode {
	dev_t device;
	ino_t number;
};

struct watched_directory {
	uv_fs_event_t event;
	struct refwatch *watch;
	struct watched_directory *next;	/* refwatch::directories */
	char *path;			/* owned */
	struct inode inode;
	bool top;			/* a git directory */
	bool seen;			/* found by the present scan */
};

struct scan {
	uv_work_t work;
	struct refwatch *watch;
	char *path;			/* owned; the git directory */
	struct found {
		char *path;			/* owned */
		struct inode inode;
		bool top;
	} found[REFWATCH_DIRECTORIES];
	size_t count;
	bool cut;			/* more than REFWATCH_DIRECTORIES were found */
	bool blind;			/* something may change that no watch can see */
};

struct refwatch {
	uv_loop_t *loop;
	char *path;			/* owned */
	void (*moved)(void *owner);	/* NULL after refwatch_destroy() */
	void *owner;
	struct watched_directory *directories;	/* owned; closed one by one */
	uv_timer_t timer;		/* until the next scan; stopped if none is due */
	bool scanning, again;
	bool blind;			/* not all is watched, so SLOW_LOOK is needed */
	bool warned;
	int open;			/* open handles, and the scan in the pool; freed at 0 */
};

static void release(struct refwatch *w)
{
	if (--w->open > 0)
		return;
	free(w->path);
	free(w);
}

static void on_watched_closed(uv_handle_t *handle)
{
	struct watched_directory *d = handle->data;
	struct refwatch *w = d->watch;

	free(d->path);
	free(d);
	release(w);
}

static void on_timer_closed(uv_handle_t *handle)
{
	release(handle->data);
}

static bool same_inode(const struct inode *a, const struct inode *b)
{
	return a->device == b->device && a->number == b->number;
}

/*
 * Adds a directory, and takes over path. Not added if it was found before, or is no
 * directory.
 */
static void add_found(struct scan *s, char *path, bool top)
{
	struct found found = { .path = path, .top = top };
	struct stat st;

	if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
		free(path);
		return;
	}
	found.inode = (struct inode){ st.st_dev, st.st_ino };
	for (size_t i = 0; i < s->count; i++) {
		if (!same_inode(&s->found[i].inode, &found.inode))
			continue;
		free(path);
		return;
	}
	if (s->count == REFWATCH_DIRECTORIES) {
		s->cut = true;
		free(path);
		return;
	}
	s->blind |= !watched_fs(path);
	s->found[s->count++] = found;
}

/* Notes a link that may lead out of the repository: changes of a file there are not seen. */
static void note_link(struct scan *s, const char *path)
{
	char target[256];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n <= 0)
		return;
	target[n] = '\0';
	s->blind |= *target == '/' || strstr(target, "../");
}

/* Whether the entry's d_type already tells that it is a file. */
static bool is_file(const struct dirent *entry)
{
#ifdef DT_REG
	return entry->d_type == DT_REG;
#else
	return false;
#endif
}

static void list_directory(struct scan *s, const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	s->blind |= !dir && errno != ENOENT;
	while (dir && (entry = readdir(dir))) {
		char *below;

		if (entry->d_name[0] == '.' || is_file(entry))
			continue;
		below = xasprintf("%s/%s", path, entry->d_name);
		note_link(s, below);
		add_found(s, below, false);
	}
	if (dir)
		closedir(dir);
}

/* Follows HEAD or packed-refs of a git directory, if it is a link to that of another one. */
static void follow_link(struct scan *s, const char *git_dir, const char *name)
{
	char *path = xasprintf("%s/%s", git_dir, name), *real, *slash;
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && (real = realpath(path, NULL))) {
		slash = strrchr(real, '/');
		if (strcmp(slash + 1, name))
			note_link(s, path);
		*slash = '\0';
		add_found(s, real, true);
	}
	free(path);
}

/* The common git directory of a linked work tree, malloc'd; NULL if git_dir is not of one. */
static char *common_directory(struct scan *s, const char *git_dir)
{
	char *path = xasprintf("%s/commondir", git_dir), line[COMMON_MAX] = "", *common = NULL;
	FILE *f = fopen(path, "re");

	s->blind |= !f && errno != ENOENT;
	if (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		common = *line == '/' ? xstrdup(line) : xasprintf("%s/%s", git_dir, line);
	}
	if (f)
		fclose(f);
	free(path);
	return common;
}

static void add_git_directory(struct scan *s, const char *git_dir)
{
	static const char *const roots[] = { "refs", "reftable" };
	static const char *const files[] = { "HEAD", "packed-refs" };

	add_found(s, xstrdup(git_dir), true);
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
		add_found(s, xasprintf("%s/%s", git_dir, roots[i]), false);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		follow_link(s, git_dir, files[i]);
}

/* Breadth first: if there are too many directories, the upper ones are watched. */
static void scan_in_pool(uv_work_t *work)
{
	struct scan *s = (struct scan *)work;
	char *common = common_directory(s, s->path);

	add_git_directory(s, s->path);
	if (common)
		add_git_directory(s, common);
	free(common);
	for (size_t i = 0; i < s->count; i++)
		if (!s->found[i].top)
			list_directory(s, s->found[i].path);
}

static void start_scan(struct refwatch *w);

static void on_timer(uv_timer_t *timer)
{
	start_scan(timer->data);
}

static void scan_soon(struct refwatch *w)
{
	if (w->scanning)
		w->again = true;
	else if (!uv_is_active((uv_handle_t *)&w->timer) ||
		 uv_timer_get_due_in(&w->timer) > RESCAN_DELAY)
		uv_timer_start(&w->timer, on_timer, RESCAN_DELAY, 0);
}

static bool ends_in_lock(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && !strcmp(name + n - 5, ".lock");
}

/* Whether an event can mean that a ref moved. */
static bool concerns_refs(const struct watched_directory *d, const char *name)
{
	if (!name)
		return true;
	if (d->top)
		return !strcmp(name, "HEAD") || !strcmp(name, "packed-refs") ||
		       !strcmp(name, "refs") || !strcmp(name, "reftable");
	return !ends_in_lock(name);
}

static void unwatch(struct watched_directory *d)
{
	if (!uv_is_closing((uv_handle_t *)&d->event))
		uv_close((uv_handle_t *)&d->event, on_watched_closed);
}

static void forget(struct watched_directory *d)
{
	struct watched_directory **p = &d->watch->directories;

	while (*p != d)
		p = &(*p)->next;
	*p = d->next;
	unwatch(d);
}

/*
 * When a watched directory is removed or renamed, its last event has its own name. The scan
 * finds the directory that takes its place.
 */
static bool is_last_event(const struct watched_directory *d, const char *name, int events,
			  int status)
{
	return status || (name && events & UV_RENAME && !strcmp(name, strrchr(d->path, '/') + 1));
}

static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
	struct watched_directory *d = event->data;
	struct refwatch *w = d->watch;
	bool last = is_last_event(d, name, events, status);

	if (!last && !concerns_refs(d, name))
		return;
	if (last)
		forget(d);
	if (last || events & UV_RENAME)
		scan_soon(w);
	w->moved(w->owner);
}

/* Starts to watch a directory; false if it cannot be watched. */
static bool watch(struct refwatch *w, const struct found *found)
{
	const char *path = found->path;
	struct watched_directory *d = xcalloc(1, sizeof(*d));
	int error;

	uv_fs_event_init(w->loop, &d->event);
	d->event.data = d;
	d->watch = w;
	d->path = xstrdup(path);
	d->inode = found->inode;
	d->top = found->top;
	d->seen = true;
	w->open++;
	error = uv_fs_event_start(&d->event, on_event, path, 0);
	if (error) {
		if (error != UV_ENOENT && !w->warned)
			log_warning("cannot watch '%s': %s", path, uv_strerror(error));
		w->warned |= error != UV_ENOENT;
		unwatch(d);
		return false;
	}
	d->next = w->directories;
	w->directories = d;
	return true;
}

/* Finds a watch by path and inode: a link may lead elsewhere by now. */
static struct watched_directory *find(struct refwatch *w, const struct found *found)
{
	struct watched_directory *d = w->directories;

	while (d && (strcmp(d->path, found->path) || !same_inode(&d->inode, &found->inode)))
		d = d->next;
	return d;
}

static void drop_unseen(struct refwatch *w)
{
	for (struct watched_directory **p = &w->directories; *p;) {
		struct watched_directory *d = *p;

		if (d->seen) {
			p = &d->next;
			continue;
		}
		*p = d->next;
		unwatch(d);
	}
}

/*
 * Adjusts the watches to what the scan found. Returns whether there are new ones. *complete:
 * the scan found something, and all of it is watched.
 */
static bool follow_scan(struct refwatch *w, const struct scan *s, bool *complete)
{
	bool fresh = false;

	for (struct watched_directory *d = w->directories; d; d = d->next)
		d->seen = false;
	*complete = s->count > 0;
	for (size_t i = 0; i < s->count; i++) {
		struct watched_directory *d = find(w, &s->found[i]);

		if (d)
			d->seen = true;
		else if (watch(w, &s->found[i]))
			fresh = true;
		else
			*complete = false;
	}
	drop_unseen(w);
	if (s->cut && !w->warned) {
		log_warning(
			"'%s' has more than %d directories of refs; it is looked at each minute",
			w->path, REFWATCH_DIRECTORIES);
		w->warned = true;
	}
	return fresh;
}

static void finish_scan(struct scan *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->found[i].path);
	free(s->path);
	free(s);
}

static void on_scanned(uv_work_t *work, int status)
{
	struct scan *s = (struct scan *)work;
	struct refwatch *w = s->watch;
	bool fresh, complete, looked, again = w->again;

	w->scanning = w->again = false;
	if (!w->moved) {
		finish_scan(s);
		release(w);
		return;
	}
	w->open--;
	fresh = follow_scan(w, s, &complete);
	/*
	 * moved is called below for new watches, whose refs may have moved before, and at
	 * each slow look.
	 */
	looked = w->blind;
	w->blind = s->blind || s->cut || !complete;
	finish_scan(s);
	if (fresh || again)
		scan_soon(w);
	else if (w->blind)
		uv_timer_start(&w->timer, on_timer, SLOW_LOOK, 0);
	if (fresh || looked)
		w->moved(w->owner);
}

static void start_scan(struct refwatch *w)
{
	struct scan *s;

	if (w->scanning) {
		w->again = true;
		return;
	}
	s = xcalloc(1, sizeof(*s));
	s->watch = w;
	s->path = xstrdup(w->path);
	w->scanning = true;
	w->open++;
	work_start(w->loop, &s->work, scan_in_pool, on_scanned);
}

struct refwatch *refwatch_create(uv_loop_t *loop, const char *path, void (*moved)(void *owner),
				 void *owner)
{
	struct refwatch *w = xcalloc(1, sizeof(*w));

	w->loop = loop;
	w->path = xstrdup(path);
	w->moved = moved;
	w->owner = owner;
	w->open = 1;
	uv_timer_init(loop, &w->timer);
	w->timer.data = w;
	start_scan(w);
	return w;
}

void refwatch_destroy(struct refwatch *w)
{
	if (!w)
		return;
	w->moved = NULL;
	for (struct watched_directory *d = w->directories; d; d = d->next)
		unwatch(d);
	w->directories = NULL;
	uv_close((uv_handle_t *)&w->timer, on_timer_closed);
}
