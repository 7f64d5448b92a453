/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inotify watches a directory, not what is below it. So: watch the git
 * directory for HEAD and packed-refs, list the directories below refs/ in the
 * thread pool, watch each, and list again when something that is no lock file
 * came or went. A directory that is new may have got refs before it was
 * watched: after it was, moved is called and the list made once more, until
 * nothing new turns up.
 */
#include "refwatch.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "log.h"
#include "work.h"

enum {
	RESCAN_DELAY = 100,		/* ms: many refs move at once */
	RETRY_DELAY = 60 * 1000,	/* ms: the repository, or a place among the watches, is missing */
};

struct watched {
	uv_fs_event_t event;
	struct refwatch *watch;
	struct watched *next;		/* refwatch::directories */
	char *path;			/* owned */
	bool top;			/* the git directory itself */
	bool seen;			/* by the scan that is being looked at */
};

struct scan {
	uv_work_t work;
	struct refwatch *watch;
	char *path;			/* owned; the git directory */
	char *found[REFWATCH_DIRECTORIES];	/* owned */
	size_t count;
	bool cut;
};

struct refwatch {
	uv_loop_t *loop;
	char *path;			/* owned */
	void (*moved)(void *owner);	/* NULL after refwatch_destroy() */
	void *owner;
	struct watched *directories;	/* owned; closed one by one */
	uv_timer_t timer;		/* until the next scan; still at rest */
	bool scanning, again;
	bool warned;
	int open;			/* handles, and the scan in the pool */
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
	struct watched *d = handle->data;
	struct refwatch *w = d->watch;

	free(d->path);
	free(d);
	release(w);
}

static void on_timer_closed(uv_handle_t *handle)
{
	release(handle->data);
}

static bool is_directory(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void add_found(struct scan *s, char *path)
{
	if (s->count < REFWATCH_DIRECTORIES) {
		s->found[s->count++] = path;
	} else {
		s->cut = true;
		free(path);
	}
}

/* Whether an entry of a directory of refs can be one itself; its own links would lead in circles. */
static bool can_be_directory(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN);
}

static void list_directory(struct scan *s, const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char *below;

		if (!can_be_directory(entry))
			continue;
		below = xasprintf("%s/%s", path, entry->d_name);
		if (is_directory(below))
			add_found(s, below);
		else
			free(below);
	}
	if (dir)
		closedir(dir);
}

/* Breadth first: of a tree that is too deep, the upper part is watched. */
static void scan_in_pool(uv_work_t *work)
{
	static const char *const roots[] = { "refs", "reftable" };
	struct scan *s = (struct scan *)work;

	if (!is_directory(s->path))
		return;
	add_found(s, xstrdup(s->path));
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		char *root = xasprintf("%s/%s", s->path, roots[i]);

		if (is_directory(root))
			add_found(s, root);
		else
			free(root);
	}
	for (size_t i = 1; i < s->count; i++)
		list_directory(s, s->found[i]);
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

/* Of all that happens in a git directory, what can move a ref. */
static bool concerns_refs(const struct watched *d, const char *name)
{
	if (!name)
		return true;
	if (d->top)
		return !strcmp(name, "HEAD") || !strcmp(name, "packed-refs") || !strcmp(name, "refs") ||
		       !strcmp(name, "reftable");
	return !ends_in_lock(name);
}

static void unwatch(struct watched *d)
{
	if (!uv_is_closing((uv_handle_t *)&d->event))
		uv_close((uv_handle_t *)&d->event, on_watched_closed);
}

static void forget(struct watched *d)
{
	struct watched **p = &d->watch->directories;

	while (*p != d)
		p = &(*p)->next;
	*p = d->next;
	unwatch(d);
}

/* The last that a directory reports, removed or renamed, is its own name. The scan finds its successor. */
static bool is_last_event(const struct watched *d, const char *name, int events, int status)
{
	return status || (name && events & UV_RENAME && !strcmp(name, strrchr(d->path, '/') + 1));
}

static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
	struct watched *d = event->data;
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

/* A new one; false if it cannot be watched. */
static bool watch(struct refwatch *w, const char *path)
{
	struct watched *d = xcalloc(1, sizeof(*d));
	int error;

	uv_fs_event_init(w->loop, &d->event);
	d->event.data = d;
	d->watch = w;
	d->path = xstrdup(path);
	d->top = !strcmp(path, w->path);
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

static struct watched *find(struct refwatch *w, const char *path)
{
	struct watched *d = w->directories;

	while (d && strcmp(d->path, path))
		d = d->next;
	return d;
}

static void drop_unseen(struct refwatch *w)
{
	for (struct watched **p = &w->directories; *p;) {
		struct watched *d = *p;

		if (d->seen) {
			p = &d->next;
			continue;
		}
		*p = d->next;
		unwatch(d);
	}
}

/* Makes the watches what the scan found. Whether there were new ones; *complete: and all could be had. */
static bool follow_scan(struct refwatch *w, const struct scan *s, bool *complete)
{
	bool fresh = false;

	for (struct watched *d = w->directories; d; d = d->next)
		d->seen = false;
	*complete = s->count > 0;
	for (size_t i = 0; i < s->count; i++) {
		struct watched *d = find(w, s->found[i]);

		if (d)
			d->seen = true;
		else if (watch(w, s->found[i]))
			fresh = true;
		else
			*complete = false;
	}
	drop_unseen(w);
	if (s->cut && !w->warned) {
		log_warning("'%s' has more than %d directories of refs; not all are watched", w->path,
			    REFWATCH_DIRECTORIES);
		w->warned = true;
	}
	return fresh;
}

static void finish_scan(struct scan *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->found[i]);
	free(s->path);
	free(s);
}

static void on_scanned(uv_work_t *work, int status)
{
	struct scan *s = (struct scan *)work;
	struct refwatch *w = s->watch;
	bool fresh, complete, again = w->again;

	w->scanning = w->again = false;
	if (!w->moved) {
		finish_scan(s);
		release(w);
		return;
	}
	w->open--;
	fresh = follow_scan(w, s, &complete);
	finish_scan(s);
	if (fresh || again)
		scan_soon(w);
	else if (!complete)
		uv_timer_start(&w->timer, on_timer, RETRY_DELAY, 0);
	if (fresh)
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

struct refwatch *refwatch_create(uv_loop_t *loop, const char *path, void (*moved)(void *owner), void *owner)
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
	for (struct watched *d = w->directories; d; d = d->next)
		unwatch(d);
	w->directories = NULL;
	uv_close((uv_handle_t *)&w->timer, on_timer_closed);
}
