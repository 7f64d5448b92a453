/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage: wan NAMESPACE
 *
 * A long, lossy wire between this network namespace and another one, for
 * kernels without netem: a TUN device `wan` at each end, and every packet that
 * goes into one comes out of the other after the delay, or does not. Whole IP
 * packets are lost, so the kernel's own TCP meets what it meets on a real wire.
 * Like netem it holds at most 1,000 packets in each direction; the order is kept.
 *
 * Prints "ready" when both devices are there; whoever started it gives them
 * addresses, and says on standard input what the weather is, as often as it
 * changes: "MILLISECONDS PERCENT", delay and loss of one direction. The end of
 * standard input is the end of the wire.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
	QUEUE = 1000,			/* packets */
	PACKET = 2048,			/* bytes; the devices have an MTU of 1500 */
	AT_ONCE = 64,			/* packets taken from one device before the other has its
					   turn */
};

struct packet {
	int64_t due;			/* ns */
	size_t length;
	unsigned char bytes[PACKET];
};

/* One direction. */
struct wire {
	int from, to;
	struct packet queue[QUEUE];
	size_t first, count;
};

struct weather {
	int64_t delay;			/* ns */
	double loss;			/* 0 to 1 */
	uint64_t chance;
};

static void die(const char *what)
{
	fprintf(stderr, "wan: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static int open_device(void)
{
	struct ifreq request = { .ifr_name = "wan", .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		die("/dev/net/tun");
	return fd;
}

/* The descriptor stays with its namespace, wherever we go. */
static void enter(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		die(name);
	close(fd);
}

static bool is_lost(struct weather *w)
{
	w->chance ^= w->chance << 13;
	w->chance ^= w->chance >> 7;
	w->chance ^= w->chance << 17;
	return (w->chance >> 11) / (double)(UINT64_C(1) << 53) < w->loss;
}

static void take(struct wire *wire, struct weather *w)
{
	static unsigned char lost[PACKET];

	for (int i = 0; i < AT_ONCE; i++) {
		struct packet *p = &wire->queue[(wire->first + wire->count) % QUEUE];
		bool keep = wire->count < QUEUE && !is_lost(w);
		ssize_t n = read(wire->from, keep ? p->bytes : lost, PACKET);

		if (n <= 0)
			return;
		if (!keep)
			continue;
		p->length = n;
		p->due = now() + w->delay;
		wire->count++;
	}
}

/* How long until the next one is due, in ns; -1: none is on its way. */
static int64_t deliver(struct wire *wire)
{
	while (wire->count > 0) {
		struct packet *p = &wire->queue[wire->first];
		int64_t left = p->due - now();

		if (left > 0)
			return left;
		/* A device that is down or full loses it, as any would. */
		if (write(wire->to, p->bytes, p->length) < 0 && errno != EAGAIN && errno != EIO)
			die("write");
		wire->first = (wire->first + 1) % QUEUE;
		wire->count--;
	}
	return -1;
}

/* False at the end of standard input. */
static bool hear(struct weather *w)
{
	char line[64];
	ssize_t n = read(0, line, sizeof(line) - 1);
	double delay, loss;

	if (n <= 0)
		return false;
	line[n] = '\0';
	if (sscanf(line, "%lf %lf", &delay, &loss) == 2) {
		w->delay = delay * 1e6;
		w->loss = loss / 100;
	}
	return true;
}

static void carry(struct wire *there, struct wire *back)
{
	struct weather weather = { .chance = 88172645463325252 };
	struct pollfd fds[] = {
		{ .fd = there->from, .events = POLLIN },
		{ .fd = back->from, .events = POLLIN },
		{ .fd = 0, .events = POLLIN },
	};

	for (;;) {
		int64_t a = deliver(there), b = deliver(back);
		int64_t next = a < 0 || (b >= 0 && b < a) ? b : a;
		struct timespec wait = { .tv_sec = next / 1000000000,
					 .tv_nsec = next % 1000000000 };

		if (ppoll(fds, 3, next < 0 ? NULL : &wait, NULL) < 0)
			die("poll");
		if (fds[0].revents)
			take(there, &weather);
		if (fds[1].revents)
			take(back, &weather);
		if (fds[2].revents && !hear(&weather))
			return;
	}
}

int main(int argc, char **argv)
{
	static struct wire there, back;

	if (argc != 2) {
		fprintf(stderr, "usage: wan NAMESPACE\n");
		return 129;
	}
	there.from = back.to = open_device();
	enter(argv[1]);
	there.to = back.from = open_device();
	puts("ready");
	fflush(stdout);
	carry(&there, &back);
	return 0;
}
