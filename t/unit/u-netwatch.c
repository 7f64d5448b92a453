/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netwatch.h"

/*
 * In a network of its own, with one interface, where nobody else changes
 * anything. Waking up cannot be tried without putting the machine to sleep.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "tap.h"
#include "until.h"

#include "log.h"

enum { PATIENCE = 5000, QUIET = 1000, PAUSED = 60 * 1000 };	/* ms */

static uv_loop_t loop;
static int news, woke, sock;

/* A time_t of 32 bits, or a day that has come. meson.build has this called instead. */
static bool day_has_come;
static unsigned settings;

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *to,
			   struct itimerspec *before);
int __real_timerfd_settime(int fd, int flags, const struct itimerspec *to,
			   struct itimerspec *before);

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *to,
			   struct itimerspec *before)
{
	const struct itimerspec past = { .it_value.tv_sec = 410065408 };

	settings++;
	return __real_timerfd_settime(fd, flags, day_has_come ? &past : to, before);
}

/* Also these: no descriptor is to be had for them so often. */
static unsigned refusals;

int __wrap_socket(int domain, int type, int protocol);
int __real_socket(int domain, int type, int protocol);
int __wrap_timerfd_create(int clock, int flags);
int __real_timerfd_create(int clock, int flags);

static bool is_refused(void)
{
	if (refusals == 0)
		return false;
	refusals--;
	errno = EMFILE;
	return true;
}

int __wrap_socket(int domain, int type, int protocol)
{
	return is_refused() ? -1 : __real_socket(domain, type, protocol);
}

int __wrap_timerfd_create(int clock, int flags)
{
	return is_refused() ? -1 : __real_timerfd_create(clock, flags);
}

static void on_news(void *owner, enum netwatch_news what)
{
	if (what == NETWATCH_NETWORK)
		news++;
	else
		woke++;
}

/* Taking "lo:1" down takes its address away. */
static void set_up(const char *name, bool up)
{
	struct ifreq r = { .ifr_flags = up ? IFF_UP : 0 };

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	ioctl(sock, SIOCSIFFLAGS, &r);
}

static void set_address(const char *name, const char *ip)
{
	struct ifreq r = { 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&r.ifr_addr;

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	in->sin_family = AF_INET;
	inet_pton(AF_INET, ip, &in->sin_addr);
	ioctl(sock, SIOCSIFADDR, &r);
}

static bool has_news(void *until_news)
{
	return *(bool *)until_news && news;
}

/* Runs the loop until there was news, or for ms. */
static void run(bool until_news, uint64_t ms)
{
	run_until(&loop, has_news, &until_news, ms);
}

/* The clock does not wake us up over and over. */
static void test_day(void)
{
	struct netwatch *n;

	day_has_come = true;
	settings = 0;
	n = netwatch_create(&loop, on_news, NULL);
	run(false, 100);
	is_int(settings, 1, "a day that has come already is not waited for again");
	netwatch_destroy(n);
	uv_run(&loop, UV_RUN_DEFAULT);
	day_has_come = false;
}

/* What happened meanwhile is found, and what happens then is told. */
static void test_refused(void)
{
	struct netwatch *n;

	set_up("lo", true);
	refusals = 2;
	settings = 0;
	n = netwatch_create(&loop, on_news, NULL);
	is_int(settings, 0, "no descriptor for the clock, nor for the network");
	set_address("lo:5", "10.9.8.5");
	run(true, PAUSED);
	is_int(news, 1,
	       "an address came meanwhile: it is told as soon as there are descriptors again");
	is_int(settings, 1, "... and the clock is watched, too");
	news = 0;
	set_address("lo:6", "10.9.8.6");
	run(true, PAUSED);
	is_int(news, 1, "another one comes: it is told");
	netwatch_destroy(n);
	uv_run(&loop, UV_RUN_DEFAULT);
	set_up("lo:5", false);
	set_up("lo:6", false);
	set_up("lo", false);
	refusals = 1;
	n = netwatch_create(&loop, on_news, NULL);
	netwatch_destroy(n);
	uv_run(&loop, UV_RUN_DEFAULT);
	news = woke = refusals = 0;
}

int main(void)
{
	struct netwatch *n;

	log_init();
	log_set_level(LOG_WARNING);
	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
		printf("1..0 # SKIP no network namespace may be made\n");
		return 0;
	}
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	uv_loop_init(&loop);
	test_day();
	test_refused();
	n = netwatch_create(&loop, on_news, NULL);

	set_up("lo", true);
	run(false, QUIET);
	is_int(news, 0, "the loopback interface comes up: that leads nowhere");

	set_address("lo:1", "10.9.8.7");
	set_address("lo:2", "172.16.9.8");
	run(true, PATIENCE);
	is_int(news, 1, "addresses come: it is told");
	run(false, QUIET);
	is_int(news, 1, "... once for all of them");

	set_address("lo:3", "127.9.8.7");
	set_address("lo:2", "172.16.9.8");
	run(false, QUIET);
	is_int(news, 1, "nothing that matters comes: nothing is told");

	set_up("lo:1", false);
	news = 0;
	run(true, PATIENCE);
	is_int(news, 1, "an address goes: it is told");

	set_up("lo", false);
	news = 0;
	run(true, PATIENCE);
	is_int(news, 1, "an interface goes down with its address: it is told");

	set_up("lo", true);
	news = 0;
	run(true, PATIENCE);
	is_int(news, 1, "and comes back");
	is_int(woke, 0, "nobody slept");

	set_address("lo:4", "10.9.8.9");
	run(false, 50);
	netwatch_destroy(n);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(uv_loop_close(&loop), 0, "it ends in the midst of a burst, and leaves no handle");
	close(sock);
	return tap_done();
}
