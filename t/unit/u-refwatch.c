/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Directories of a repository, however they are laid out, in a temporary one.
 * The slow look is made fast.
 */
#include "refwatch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "log.h"
#include "tap.h"

enum { QUICKLY = 200, PATIENCE = 10000, REST = 300 };

static char here[] = "/tmp/u-refwatch.XXXXXX";
static uv_loop_t loop;
static unsigned moves, slow_looks;
static bool fast_looks;

int __real_uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t timeout, uint64_t repeat);
int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t timeout, uint64_t repeat);

int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t timeout, uint64_t repeat)
{
	if (timeout >= 60 * 1000) {
		slow_looks++;
		timeout = fast_looks ? QUICKLY : timeout;
	}
	return __real_uv_timer_start(timer, cb, timeout, repeat);
}

static void on_moved(void *owner)
{
	moves++;
}

static void on_time(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

/* Runs the loop until moved was called, or for so long. */
static bool moves_within(unsigned ms)
{
	bool over = false;
	uv_timer_t timer;

	uv_timer_init(&loop, &timer);
	timer.data = &over;
	__real_uv_timer_start(&timer, on_time, ms, 0);
	while (!moves && !over)
		uv_run(&loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
	return moves;
}

/* Until it is quiet. */
static void settle(void)
{
	do
		moves = 0;
	while (moves_within(REST));
}

static struct refwatch *watch(const char *path)
{
	char *whole = xasprintf("%s/%s", here, path);
	struct refwatch *w = refwatch_create(&loop, whole, on_moved, NULL);

	free(whole);
	return w;
}

static struct refwatch *begin(const char *path)
{
	struct refwatch *w = watch(path);

	slow_looks = 0;
	settle();
	return w;
}

static void end(struct refwatch *w)
{
	refwatch_destroy(w);
	uv_run(&loop, UV_RUN_DEFAULT);
}

static void put(const char *path, const char *text)
{
	char *temporary = xasprintf("%s.lock", path);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ok(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s is written", path);
	close(fd);
	rename(temporary, path);
	free(temporary);
}

static void is_noticed(const char *path, const char *what)
{
	settle();
	put(path, "one");
	ok(moves_within(PATIENCE), "%s", what);
	settle();
}

static void git_directory(const char *path)
{
	static const char *const below[] = { "", "/refs", "/refs/heads", "/refs/tags", "/objects" };

	for (size_t i = 0; i < ARRAY_SIZE(below); i++) {
		char *dir = xasprintf("%s%s", path, below[i]);

		mkdir(dir, 0700);
		free(dir);
	}
}

/* Also this: so often there is no descriptor for a directory. */
static atomic_uint unlisted;

DIR *__wrap_opendir(const char *path);
DIR *__real_opendir(const char *path);

DIR *__wrap_opendir(const char *path)
{
	if (atomic_load(&unlisted) == 0)
		return __real_opendir(path);
	atomic_fetch_sub(&unlisted, 1);
	errno = EMFILE;
	return NULL;
}

/* Of a directory that could not be listed what is below is out of sight. */
static void test_unlisted(void)
{
	struct refwatch *w;

	git_directory("unlisted");
	w = begin("unlisted");
	is_int(slow_looks, 0, "all could be listed");
	end(w);
	w = watch("unlisted");
	atomic_store(&unlisted, 1000);
	slow_looks = 0;
	for (int i = 0; i < PATIENCE / REST && !slow_looks; i++)
		settle();
	atomic_store(&unlisted, 0);
	ok(slow_looks > 0, "no descriptor to list a directory: it is looked at slowly");
	end(w);
}

static void test_plain(void)
{
	struct refwatch *w;

	git_directory("plain");
	w = begin("plain");
	is_noticed("plain/refs/heads/main", "a ref");
	is_noticed("plain/packed-refs", "packed refs");
	mkdir("plain/refs/heads/deep", 0700);
	settle();
	is_noticed("plain/refs/heads/deep/er", "a ref in a directory that is new");
	moves = 0;
	put("plain/objects/x", "one");
	ok(!moves_within(REST), "an object is no ref");
	is_int(slow_looks, 0, "nothing is out of sight, nothing wakes it");
	end(w);
}

/* As git-new-workdir has it. */
static void test_links(void)
{
	struct refwatch *w;

	git_directory("real");
	mkdir("linked", 0700);
	ok(!symlink("../real/refs", "linked/refs") &&
		   !symlink("../real/packed-refs", "linked/packed-refs"),
	   "links");
	put("real/packed-refs", "none");
	w = begin("linked");
	is_noticed("real/refs/heads/main", "a ref behind a link");
	is_noticed("real/packed-refs", "packed refs behind one");
	is_int(slow_looks, 0, "all is in sight");
	git_directory("other");
	unlink("linked/refs");
	ok(!symlink("../other/refs", "linked/refs"), "it leads elsewhere");
	settle();
	is_noticed("other/refs/heads/main", "also to another place");
	end(w);
}

static void test_circle(void)
{
	struct refwatch *w;

	git_directory("circle");
	ok(!symlink("..", "circle/refs/heads/up") && !symlink("../heads", "circle/refs/tags/heads"),
	   "links in a circle");
	w = begin("circle");
	is_noticed("circle/refs/heads/main", "do not hide a ref");
	end(w);
}

static void test_worktree(void)
{
	struct refwatch *w;

	git_directory("common");
	mkdir("common/worktrees", 0700);
	mkdir("common/worktrees/w", 0700);
	put("common/worktrees/w/commondir", "../..\n");
	w = begin("common/worktrees/w");
	is_noticed("common/refs/heads/main", "a ref that a linked work tree shares");
	is_noticed("common/packed-refs", "and packed ones");
	is_noticed("common/worktrees/w/HEAD", "and its own HEAD");
	end(w);
}

/* Whatever no watch sees. */
static void test_slow_look(const char *path, const char *what)
{
	struct refwatch *w = watch(path);

	fast_looks = true;
	slow_looks = 0;
	for (int i = 0; i < 3; i++) {
		moves = 0;
		ok(moves_within(PATIENCE), "%s is looked at", what);
	}
	ok(slow_looks >= 2, "slowly");
	fast_looks = false;
	end(w);
}

int main(void)
{
	char *rm;

	if (!mkdtemp(here) || chdir(here))
		return 1;
	log_set_level(LOG_ERROR);
	uv_loop_init(&loop);
	test_plain();
	test_unlisted();
	test_links();
	test_circle();
	test_worktree();
	git_directory("many");
	for (int i = 0; i < REFWATCH_DIRECTORIES; i++) {
		char *below = xasprintf("many/refs/heads/%d", i);

		mkdir(below, 0700);
		free(below);
	}
	test_slow_look("many", "more directories than watches");
	git_directory("odd");
	ok(!symlink("../../../real/refs/heads/main", "odd/refs/heads/main"),
	   "a ref that is a link");
	test_slow_look("odd", "a ref that is somewhere else");
	uv_loop_close(&loop);
	rm = xasprintf("rm -rf %s", here);
	ok(!chdir("/") && !system(rm), "tidied up");
	free(rm);
	return tap_done();
}
