/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netwatch.h"

/*
 * Two descriptors, which are silent while nothing happens.
 *
 * Netlink reports every change of an interface or address, and much that is no change for us:
 * a router renews the lease of an address, a container gets an interface that no packet of
 * ours takes. So a message is only a reason to look, after a pause. What counts is whether
 * the addresses by which we can be reached, or reach others, have changed.
 *
 * The timer is set for a day that never comes. The kernel cancels it when the wall clock is
 * set, which happens after each suspend. CLOCK_BOOTTIME counts the time asleep and
 * CLOCK_MONOTONIC does not, so their difference tells a suspend from somebody who set the
 * clock.
 *
 * If the system has no such descriptor, that watch is left out. If no descriptor is free, it
 * is tried again, and changes until then are found by looking. If netlink overflows, that is
 * a reason to look.
 */

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "backoff-timer.h"
#include "descriptors.h"
#include "log.h"
#include "reachable.h"

enum {
	REST = 500,		/* ms, from the first message of a burst until we look */
	ASLEEP_MIN = 500,	/* ms; connections may not have survived a longer sleep */
	READS_MAX = 64,		/* messages read in one turn of the loop */
};

/* Year 2255: later times overflow somewhere. A time_t of 32 bits gets the last days it knows. */
#define NEVER ((time_t)(sizeof(time_t) > 4 ? 9000000000LL : 0x7ffffff0LL))

struct netwatch {
	void (*changed)(void *owner, enum netwatch_news news);
	void *owner;
	uv_loop_t *loop;
	int netlink, clock;		/* or -1; owned */
	uv_poll_t netlink_poll, clock_poll;
	uv_timer_t rest;
	struct backoff_timer refused;	/* until a watch without a descriptor is tried again */
	uint64_t addresses;		/* reachable_digest() as last told */
	uint64_t asleep;		/* ms in suspend since boot */
	int open_handles;
};

static void look_at_addresses(struct netwatch *n)
{
	uint64_t now = reachable_digest();

	if (now == n->addresses)
		return;
	n->addresses = now;
	log_about("the network", LOG_INFO, "netwatch: the network changed");
	n->changed(n->owner, NETWATCH_NETWORK);
}

static void on_rest(uv_timer_t *timer)
{
	look_at_addresses(timer->data);
}

/*
 * Any message from the kernel, and any overflow, makes us look after REST. What it says is
 * not read.
 */
static void on_netlink(uv_poll_t *poll, int status, int events)
{
	struct netwatch *n = poll->data;
	struct sockaddr_nl from;
	socklen_t len;
	char message[8192];
	bool news = false;

	for (int i = 0; i < READS_MAX; i++) {
		ssize_t got;

		len = sizeof(from);
		got = recvfrom(n->netlink, message, sizeof(message), 0, (struct sockaddr *)&from,
			       &len);
		if (got < 0 && errno != ENOBUFS)
			break;
		news = news || got < 0 || from.nl_pid == 0;
	}
	if (news && !uv_is_active((uv_handle_t *)&n->rest))
		uv_timer_start(&n->rest, on_rest, REST, 0);
}

/* Closes fd; returns -1 with errno unchanged. */
static int give_up(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
	return -1;
}

static int open_netlink(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		fd = give_up(fd);
	return fd;
}

static uint64_t ms_of(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static uint64_t time_asleep(void)
{
	/* Read in this order, so that a pause between the two reads never counts as sleep. */
	uint64_t boot = ms_of(CLOCK_BOOTTIME), awake = ms_of(CLOCK_MONOTONIC);

	return boot > awake ? boot - awake : 0;
}

static int set_clock(int fd)
{
	const struct itimerspec never = { .it_value.tv_sec = NEVER };

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

static void look_at_sleep(struct netwatch *n)
{
	uint64_t before = n->asleep;

	n->asleep = time_asleep();
	if (n->asleep < before + ASLEEP_MIN)
		return;
	log_info("netwatch: woke up after %u s", (unsigned)((n->asleep - before) / 1000));
	n->changed(n->owner, NETWATCH_WOKE);
}

static void on_clock(uv_poll_t *poll, int status, int events)
{
	struct netwatch *n = poll->data;
	uint64_t expirations;
	ssize_t got = read(n->clock, &expirations, sizeof(expirations));

	if (got < 0 && errno != ECANCELED)
		return;
	/*
	 * If the day has come, the timer would fire at once again, for ever: stop watching
	 * it.
	 */
	if (got > 0 || set_clock(n->clock) < 0) {
		log_warning("netwatch: resuming from suspend will not be noticed: %s",
			    got > 0 ? "the clock is beyond what it can be set for"
				    : strerror(errno));
		uv_poll_stop(&n->clock_poll);
	}
	look_at_sleep(n);
}

static int open_clock(void)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd >= 0 && set_clock(fd) < 0)
		fd = give_up(fd);
	return fd;
}

/*
 * Starts to watch fd, or logs why not. fd may be -1 with errno. Returns fd, or -1. `what` is
 * for the log.
 */
static int watch(struct netwatch *n, int fd, uv_poll_t *poll, uv_poll_cb on_ready, const char *what)
{
	int error = fd < 0 ? errno : -uv_poll_init(n->loop, poll, fd);

	if (!error) {
		poll->data = n;
		n->open_handles++;
		uv_poll_start(poll, UV_READABLE, on_ready);
		return fd;
	}
	if (fd >= 0)
		close(fd);
	if (!descriptors_lacking(error))
		log_warning("netwatch: %s will not be noticed: %s", what, strerror(error));
	else if (backoff_timer_begin(&n->refused))
		log_warning("netwatch: %s will not be noticed for a while: %s", what,
			    strerror(error));
	return -1;
}

static void watch_both(struct netwatch *n)
{
	if (n->netlink < 0)
		n->netlink = watch(n, open_netlink(), &n->netlink_poll, on_netlink,
				   "changes of the network");
	if (n->clock < 0)
		n->clock =
			watch(n, open_clock(), &n->clock_poll, on_clock, "resuming from suspend");
}

static void on_watch_again(void *owner)
{
	struct netwatch *n = owner;

	watch_both(n);
	if (!backoff_timer_left(&n->refused) && backoff_timer_end(&n->refused))
		log_info("netwatch: what happens to the network is noticed again");
	/* Last, so that no change before the watch is missed. */
	look_at_sleep(n);
	look_at_addresses(n);
}

struct netwatch *netwatch_create(uv_loop_t *loop,
				 void (*changed)(void *owner, enum netwatch_news news), void *owner)
{
	struct netwatch *n = xcalloc(1, sizeof(*n));

	n->changed = changed;
	n->owner = owner;
	n->loop = loop;
	uv_timer_init(loop, &n->rest);
	n->rest.data = n;
	backoff_timer_init(&n->refused, loop, on_watch_again, n);
	n->open_handles = 2;
	n->netlink = n->clock = -1;
	watch_both(n);
	/* Last, so that no change before the watch is missed. */
	n->addresses = reachable_digest();
	n->asleep = time_asleep();
	return n;
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct netwatch *n = handle->data;

	if (--n->open_handles > 0)
		return;
	if (n->netlink >= 0)
		close(n->netlink);
	if (n->clock >= 0)
		close(n->clock);
	free(n);
}

void netwatch_destroy(struct netwatch *n)
{
	if (!n)
		return;
	if (n->netlink >= 0)
		uv_close((uv_handle_t *)&n->netlink_poll, on_handle_closed);
	if (n->clock >= 0)
		uv_close((uv_handle_t *)&n->clock_poll, on_handle_closed);
	uv_close((uv_handle_t *)&n->rest, on_handle_closed);
	backoff_timer_close(&n->refused, on_handle_closed, n);
}
