/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "userfile.h"

/* Every step of a write fails once, and the old file is still there and nothing else. */

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "tap.h"

/* The call that fails, counted from 1; 0: none. meson.build has these called instead. */
static int fsync_fails, close_fails, rename_fails, write_fails;

int __wrap_fsync(int fd);
int __real_fsync(int fd);
int __wrap_close(int fd);
int __real_close(int fd);
int __wrap_rename(const char *from, const char *to);
int __real_rename(const char *from, const char *to);
ssize_t __wrap_write(int fd, const void *data, size_t n);
ssize_t __real_write(int fd, const void *data, size_t n);

static bool fails(int *which)
{
	errno = EIO;
	return *which > 0 && --*which == 0;
}

int __wrap_fsync(int fd)
{
	return fails(&fsync_fails) ? -1 : __real_fsync(fd);
}

int __wrap_close(int fd)
{
	int result = __real_close(fd);

	/* It is closed all the same. */
	return fails(&close_fails) ? -1 : result;
}

int __wrap_rename(const char *from, const char *to)
{
	return fails(&rename_fails) ? -1 : __real_rename(from, to);
}

ssize_t __wrap_write(int fd, const void *data, size_t n)
{
	return fails(&write_fails) ? -1 : __real_write(fd, data, n);
}

static char *path;

static bool holds(const char *text)
{
	struct buf b = { 0 };
	struct message trouble;
	bool same = userfile_read(path, &b, &trouble) == 0 && !strcmp(buf_str(&b), text);

	buf_finish(&b);
	return same;
}

static int files_beside(void)
{
	char *directory = xstrndup(path, strrchr(path, '/') - path);
	DIR *dir = opendir(directory);
	int count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	free(directory);
	return count - 2;
}

static int write_text(const char *text, struct message *trouble)
{
	return userfile_write(path, text, strlen(text), trouble);
}

static void each_step(void)
{
	static const struct { int *step; int which; bool stays; const char *what; } rows[] = {
		{ &write_fails, 1, true, "a write" },
		{ &fsync_fails, 1, true, "the sync of the file" },
		{ &close_fails, 1, true, "its close" },
		{ &rename_fails, 1, true, "the rename" },
		{ &fsync_fails, 2, false, "the sync of the directory" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct message trouble = { .id = MSG_NONE };

		is_int(write_text("old", &trouble), 0, "a file is written");
		*rows[i].step = rows[i].which;
		is_int(write_text("new", &trouble), -1, rows[i].what);
		is_int(trouble.id, MSG_STATE_FILE, "that fails is said");
		ok(strstr(trouble.text, "Input/output error"), "with its own reason: %s",
		   trouble.text);
		ok(holds(rows[i].stays ? "old" : "new"), "and the %s one is there",
		   rows[i].stays ? "old" : "new");
		is_int(files_beside(), 1, "and nothing else");
	}
}

/* As on a full disk: the write is cut before it fails. */
static void too_large(void)
{
	struct rlimit before, small = { 1000, 1000 };
	static char large[5000];
	struct message trouble;

	memset(large, 'x', sizeof(large) - 1);
	write_text("old", &trouble);
	getrlimit(RLIMIT_FSIZE, &before);
	small.rlim_max = before.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	is_int(write_text(large, &trouble), -1, "a file that finds no room is not written");
	setrlimit(RLIMIT_FSIZE, &before);
	ok(strstr(trouble.text, "File too large"), "for that reason");
	ok(holds("old") && files_beside() == 1, "and the old one is there, and nothing else");
}

/* What would be too large to be read is not written over what can be. */
static void unreadable(void)
{
	char *huge = xcalloc(1, USERFILE_MAX + 2);
	struct message trouble;
	struct buf text = { 0 };

	write_text("old", &trouble);
	memset(huge, 'x', USERFILE_MAX + 1);
	is_int(write_text(huge, &trouble), -1,
	       "a file that could not be read again is not written");
	ok(holds("old") && files_beside() == 1, "and the old one is there");
	huge[USERFILE_MAX] = '\0';
	is_int(write_text(huge, &trouble), 0, "one byte less");
	is_int(userfile_read(path, &text, &trouble), 0, "is read");
	free(huge);
	buf_finish(&text);
}

static void in_the_way(void)
{
	struct message trouble;
	char *below = xasprintf("%s/below", path);

	is_int(userfile_write(below, "x", 1, &trouble), -1,
	       "where a directory should be is a file");
	ok(strstr(trouble.text, "Not a directory"), "which is said");
	free(below);
	is_int(userfile_remove(path, &trouble), 0, "a file is removed");
	is_int(userfile_remove(path, &trouble), 0, "which may be said again");
	mkdir(path, 0700);
	is_int(write_text("x", &trouble), -1, "where a file should be is a directory");
	is_int(userfile_remove(path, &trouble), -1, "that is not removed");
	is_int(files_beside(), 1, "and stays");
	rmdir(path);
}

static void removed(void)
{
	struct message trouble;

	write_text("old", &trouble);
	fsync_fails = 1;
	is_int(userfile_remove(path, &trouble), -1, "what could come back is not called removed");
	ok(strstr(trouble.text, "Input/output error"), "and why");
}

int main(void)
{
	char directory[] = "/tmp/u-userfile.XXXXXX", *command;
	struct message trouble;

	if (!mkdtemp(directory))
		return 1;
	setenv("XDG_STATE_HOME", directory, 1);
	fsync_fails = 1;
	ok(!userfile_path(USERFILE_STATE, "file", &trouble),
	   "a directory that is not on the disk is none");
	path = userfile_path(USERFILE_STATE, "file", &trouble);
	ok(path, "the next time it is there");
	each_step();
	too_large();
	unreadable();
	in_the_way();
	removed();
	free(path);
	command = xasprintf("rm -r '%s'", directory);
	ok(system(command) == 0, "the sandbox is removed");
	free(command);
	return tap_done();
}
