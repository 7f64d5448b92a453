/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A system that gives out no more, one call after the other. */
#include "account.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "tap.h"

enum call { NONE, EPOLL, POLL };

static enum call fails;

int __real_epoll_create1(int flags);
int __real_uv_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd);
int __wrap_epoll_create1(int flags);
int __wrap_uv_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd);

int __wrap_epoll_create1(int flags)
{
	if (fails != EPOLL)
		return __real_epoll_create1(flags);
	errno = EMFILE;
	return -1;
}

int __wrap_uv_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd)
{
	return fails == POLL ? UV_EMFILE : __real_uv_poll_init(loop, poll, fd);
}

static int entries(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

static struct account *create(uv_loop_t *loop)
{
	static const struct account_events events;
	static const struct account_config config = {
		.jid = "alice@localhost",
		.password = "correct horse",
		.resource = "git.x",
		.device = "x",
	};

	return account_create(loop, &config, &events, NULL);
}

static void on_gone(void *arg)
{
	bool *gone = arg;

	*gone = true;
}

int main(void)
{
	static const char *const names[] = { "", "an epoll instance", "a watch" };
	uv_loop_t loop;
	struct account *x;
	bool gone = false;
	int descriptors, threads;

	uv_loop_init(&loop);
	descriptors = entries("/proc/self/fd");
	threads = entries("/proc/self/task");
	for (fails = EPOLL; fails <= POLL; fails++) {
		ok(!create(&loop), "without %s there is no connection", names[fails]);
		is_int(entries("/proc/self/fd"), descriptors, "no descriptor is left");
		is_int(entries("/proc/self/task"), threads, "nor a thread");
	}
	fails = NONE;
	x = create(&loop);
	ok(x != NULL, "with all of them there is");
	is_int(entries("/proc/self/task"), threads, "without a thread of its own");
	account_destroy(x, on_gone, &gone);
	uv_run(&loop, UV_RUN_DEFAULT);
	ok(gone, "and it ends");
	is_int(uv_loop_close(&loop), 0, "leaving nothing");
	return tap_done();
}
