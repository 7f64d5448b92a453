/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "handshake-watchdog.h"

#include <assert.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	HANDSHAKE_MAX = 8 * 1000,	/* ms; less than LINK_PING_TIMEOUT, because the handshake
					   blocks all links */
	WATCH_INTERVAL = 250,		/* ms */
	WATCH_STACK = 64 * 1024,
};

static void watch(void *arg)
{
	struct watchdog *w = arg;

	uv_mutex_lock(&w->lock);
	while (!w->stop) {
		if (w->armed)
			uv_cond_timedwait(&w->wake, &w->lock, WATCH_INTERVAL * 1000000ULL);
		else
			uv_cond_wait(&w->wake, &w->lock);
		if (w->since && w->fd >= 0 && uv_hrtime() - w->since > HANDSHAKE_MAX * 1000000ULL)
			shutdown(w->fd, SHUT_RDWR);
	}
	uv_mutex_unlock(&w->lock);
}

int watchdog_init(struct watchdog *w)
{
	const uv_thread_options_t options = {
		.flags = UV_THREAD_HAS_STACK_SIZE,
		.stack_size = WATCH_STACK,
	};

	w->fd = -1;
	if (uv_mutex_init(&w->lock) < 0)
		return -1;
	if (uv_cond_init(&w->wake) == 0) {
		if (uv_thread_create_ex(&w->thread, &options, watch, w) == 0)
			return 0;
		uv_cond_destroy(&w->wake);
	}
	uv_mutex_destroy(&w->lock);
	return -1;
}

void watchdog_finish(struct watchdog *w)
{
	uv_mutex_lock(&w->lock);
	w->stop = true;
	uv_cond_signal(&w->wake);
	uv_mutex_unlock(&w->lock);
	uv_thread_join(&w->thread);
	uv_cond_destroy(&w->wake);
	uv_mutex_destroy(&w->lock);
	assert(w->fd < 0);
}

void watchdog_arm(struct watchdog *w, bool armed)
{
	uv_mutex_lock(&w->lock);
	w->armed = armed;
	uv_cond_signal(&w->wake);
	uv_mutex_unlock(&w->lock);
}

static void note_entry(struct watchdog *w, uint64_t since)
{
	uv_mutex_lock(&w->lock);
	w->since = since;
	uv_mutex_unlock(&w->lock);
}

void watchdog_entered(struct watchdog *w)
{
	note_entry(w, uv_hrtime());
}

void watchdog_left(struct watchdog *w)
{
	note_entry(w, 0);
}

void watchdog_socket(struct watchdog *w, int fd)
{
	uv_mutex_lock(&w->lock);
	if (w->fd >= 0)
		close(w->fd);
	w->fd = fd;
	uv_mutex_unlock(&w->lock);
}
