/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git changes such a file so: it makes <file>.lock, which excludes all others, fills it,
 * and renames it over the file. git config would do that for each variable, and stop in the
 * middle when the disk is full. Here the lock is kept for all changes, and git config is
 * run on the lock file.
 */
#include "staged.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "io.h"
#include "run-git.h"

enum {
	LOCK_TRIES = 250,
	LOCK_PAUSE_MS = 20,
	FILE_MAX = 16 * 1024 * 1024,
	ARGS_MAX = 8,
};

void staged_begin(struct staged *s)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	sigset_t set;

	*s = (struct staged){ .count = 0 };
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(ending); i++)
		sigaddset(&set, ending[i]);
	s->holds_signals = sigprocmask(SIG_BLOCK, &set, &s->signals) == 0;
}

void staged_release(struct staged *s)
{
	if (s->holds_signals)
		sigprocmask(SIG_SETMASK, &s->signals, NULL);
	s->holds_signals = false;
}

/* Appends the content of a file. NULL, or the reason why not. */
static const char *read_file(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return strerror(errno);
	if (io_read_all(fd, out, FILE_MAX))
		error = errno;
	else if (buf_len(out) > FILE_MAX)
		error = EFBIG;
	close(fd);
	return error ? strerror(error) : NULL;
}

static const char *write_file(int fd, const struct buf *data)
{
	return io_write_all(fd, buf_data(data), buf_len(data)) || fsync(fd) ? strerror(errno)
									    : NULL;
}

/* Waits up to five seconds for another process that holds the lock. */
static const char *open_lock(struct staged_file *f, int *fd)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		*fd = open(f->lock, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			   f->existed ? 0600 : 0666);
		if (*fd >= 0) {
			f->locked = true;
			return NULL;
		}
		if (errno != EEXIST)
			return strerror(errno);
		poll(NULL, 0, LOCK_PAUSE_MS);
	}
	return "somebody else is changing it, or ended in the middle and left a lock";
}

/* Writes the new content into the lock file, and closes it. */
static const char *fill_lock(struct staged_file *f, int fd, const struct buf *data)
{
	const char *why =
		f->existed && fchmod(fd, f->mode) ? strerror(errno) : write_file(fd, data);

	close(fd);
	return why;
}

static void drop_lock(struct staged_file *f)
{
	if (f->locked)
		unlink(f->lock);
	f->locked = false;
}

static void free_file(struct staged_file *f)
{
	drop_lock(f);
	free(f->path);
	free(f->real);
	free(f->lock);
	buf_finish(&f->before);
	buf_finish(&f->after);
}

/* Finds out where and what the file is. If it is a symbolic link, its target is changed. */
static const char *look_at(struct staged_file *f)
{
	struct stat st;

	f->real = realpath(f->path, NULL);
	if (!f->real && (errno != ENOENT || lstat(f->path, &st) == 0))
		return strerror(errno);
	f->existed = f->real;
	if (!f->real)
		f->real = xstrdup(f->path);
	f->lock = xasprintf("%s.lock", f->real);
	if (!f->existed)
		return NULL;
	if (stat(f->real, &st))
		return strerror(errno);
	f->mode = st.st_mode & 07777;
	return S_ISREG(st.st_mode) ? NULL : "it is no regular file";
}

static const char *stage(struct staged_file *f)
{
	const char *why;
	int fd;

	why = open_lock(f, &fd);
	if (why)
		return why;
	/* The file is read only now, when nobody else can write it any more. */
	if (f->existed)
		why = read_file(f->real, &f->before);
	if (!why)
		return fill_lock(f, fd, &f->before);
	close(fd);
	return why;
}

/* The record of a file; locked and read if it is new. Two paths may lead to one file. */
static struct staged_file *find(struct staged *s, const char *path, const char **why)
{
	struct staged_file *f = &s->files[s->count];

	*why = "too many files have to be changed";
	if (s->count == STAGED_MAX)
		return NULL;
	*f = (struct staged_file){ .path = xstrdup(path) };
	*why = look_at(f);
	for (size_t i = 0; f->real && i < s->count; i++) {
		if (strcmp(s->files[i].real, f->real))
			continue;
		free_file(f);
		*why = NULL;
		return &s->files[i];
	}
	s->count++;
	if (!*why)
		*why = stage(f);
	return *why ? NULL : f;
}

int staged_config(struct staged *s, const char *path, const char *const *args, bool show_errors,
		  const char **why)
{
	const char *full[ARGS_MAX + 4] = { "config", "--file" };
	struct staged_file *f = find(s, path, why);

	if (!f)
		return -1;
	full[2] = f->lock;
	for (size_t i = 0; i < ARGS_MAX && args[i]; i++)
		full[3 + i] = args[i];
	return run_git(full, NULL, NULL, show_errors ? GIT_ERRORS_SHOWN : GIT_ERRORS_HIDDEN);
}

static bool same(const struct buf *a, const struct buf *b)
{
	return buf_len(a) == buf_len(b) &&
	       (!buf_len(a) || !memcmp(buf_data(a), buf_data(b), buf_len(a)));
}

/* Syncs the lock file, because git config does not. */
static const char *sync_lock(const struct staged_file *f)
{
	int fd = open(f->lock, O_RDONLY | O_CLOEXEC), failed;

	if (fd < 0)
		return strerror(errno);
	failed = fsync(fd) ? errno : 0;
	close(fd);
	return failed ? strerror(failed) : NULL;
}

static const char *put_in_place(struct staged_file *f)
{
	if (rename(f->lock, f->real))
		return strerror(errno);
	f->locked = false;
	return NULL;
}

bool staged_commit(struct staged *s, const char **path, const char **why)
{
	const char *ignored;

	*path = "";
	*why = NULL;
	for (size_t i = 0; !*why && i < s->count; i++) {
		*path = s->files[i].path;
		*why = read_file(s->files[i].lock, &s->files[i].after);
		if (!*why)
			*why = sync_lock(&s->files[i]);
	}
	for (size_t i = 0; !*why && i < s->count; i++) {
		struct staged_file *f = &s->files[i];

		if (same(&f->before, &f->after))
			continue;
		*path = f->path;
		*why = put_in_place(f);
		f->committed = !*why;
	}
	for (size_t i = 0; i < s->count; i++)
		drop_lock(&s->files[i]);
	if (*why)
		staged_undo(s, &ignored);
	return !*why;
}

/* Gives the file its old content, unless somebody has changed it since our commit. */
static bool put_back(struct staged_file *f)
{
	struct buf now = { 0 };
	bool good = false;
	int fd;

	if (open_lock(f, &fd))
		return false;
	if (read_file(f->real, &now) || !same(&now, &f->after))
		close(fd);
	else if (f->existed)
		good = !fill_lock(f, fd, &f->before) && !put_in_place(f);
	else
		good = close(fd) == 0 && unlink(f->real) == 0;
	buf_finish(&now);
	drop_lock(f);
	return good;
}

bool staged_undo(struct staged *s, const char **path)
{
	bool good = true;

	for (size_t i = 0; i < s->count; i++) {
		struct staged_file *f = &s->files[i];

		if (!f->committed)
			continue;
		f->committed = false;
		if (put_back(f))
			continue;
		*path = f->path;
		good = false;
	}
	return good;
}

void staged_finish(struct staged *s)
{
	for (size_t i = 0; i < s->count; i++)
		free_file(&s->files[i]);
	s->count = 0;
	staged_release(s);
}
