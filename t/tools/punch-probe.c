/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage: punch-probe <namespace> <mapped> <namespace> <mapped> <delay> <skew>
 *
 * Two devices in two network namespaces (ip-netns(8)) connect to each other at once, by the
 * broker's puncher. What they tell each other goes over a pipe, <delay> ms later; the second
 * one is ready <skew> ms after the first. <mapped> is how the world sees a device by IPv4, or
 * "-". Prints "met <ms> <name>" with the time from when the second one was ready until both
 * had the path, or "failed <why>".
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "device-key.h"
#include "log.h"
#include "monotonic.h"
#include "puncher.h"

enum { QUEUE = 8, PATIENCE = 40 };

struct message {
	uint64_t at;			/* ms, when it is delivered */
	struct punch_record record;
};

/* How it ended, of one device. */
struct result {
	bool met;
	uint64_t at;
	char text[100];
};

static uv_loop_t loop;
static uv_poll_t wire;
static uv_timer_t due;
static int fd, report;
static struct device_key *keys[2];
static unsigned self, delay;
static uint64_t ready_at;
static struct puncher_world world;
static struct netaddr mapped;
static struct puncher *puncher;
static struct message queue[QUEUE];
static unsigned queued;

static void die(const char *what)
{
	fprintf(stderr, "punch-probe: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now(void)
{
	return (uint64_t)monotonic_ms();
}

/* The end of this process; the other side has its own. */
static void finish(bool met, const char *text)
{
	struct result r = { .met = met, .at = now() };

	snprintf(r.text, sizeof(r.text), "%s", text);
	if (write(report, &r, sizeof(r)) != sizeof(r))
		die("the report");
}

static void on_send(void *owner, const struct punch_record *record)
{
	struct message m = { .at = now() + delay, .record = *record };

	if (send(fd, &m, sizeof(m), 0) != sizeof(m))
		die("the wire");
}

static void nothing_closed(void *owner, const char *why)
{
}

static const struct path_events path_events = { .closed = nothing_closed };

static void on_reached(void *owner, struct path *path, const unsigned char *fp, bool client)
{
	puncher = NULL;
	path_set_owner(path, &path_events, NULL);
	finish(!memcmp(fp, device_key_fingerprint(keys[!self]), FINGERPRINT_BYTES),
	       path_name(path));
}

static void on_failed(void *owner, const char *why)
{
	puncher = NULL;
	finish(false, why);
}

static const struct puncher_events events = {
	.send = on_send,
	.reached = on_reached,
	.failed = on_failed,
};

static void begin(const struct punch_record *offer)
{
	puncher = puncher_start(&loop, keys[self], device_key_fingerprint(keys[!self]), &world,
				offer, &events, NULL);
	if (!puncher)
		finish(false, "it cannot begin");
}

static void deliver(const struct punch_record *record)
{
	if (record->step == PUNCH_OFFER)
		begin(record);
	else if (puncher)
		puncher_record(puncher, record);
}

static void on_due(uv_timer_t *timer)
{
	while (queued && queue[0].at <= now()) {
		struct message m = queue[0];

		memmove(queue, queue + 1, --queued * sizeof(*queue));
		deliver(&m.record);
	}
	if (queued)
		uv_timer_start(timer, on_due, queue[0].at > now() ? queue[0].at - now() : 0, 0);
}

static void on_readable(uv_poll_t *poll, int status, int what)
{
	struct message m;

	if (recv(fd, &m, sizeof(m), 0) != sizeof(m)) {
		/* The other one has ended, and with it this one. */
		exit(0);
	}
	if (m.at < ready_at)
		m.at = ready_at;
	if (queued < QUEUE)
		queue[queued++] = m;
	uv_timer_start(&due, on_due, 0, 0);
}

static void enter(const char *name)
{
	char path[256];
	int ns;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWNET))
		die(path);
	close(ns);
}

static void run(const char *name, const char *as)
{
	char text[64];

	enter(name);
	snprintf(text, sizeof(text), "%s:1", as);
	if (netaddr_parse(text, &mapped))
		world.mapped = &mapped;
	uv_loop_init(&loop);
	uv_timer_init(&loop, &due);
	uv_poll_init(&loop, &wire, fd);
	uv_poll_start(&wire, UV_READABLE, on_readable);
	if (self == 0)
		begin(NULL);
	alarm(PATIENCE);
	uv_run(&loop, UV_RUN_DEFAULT);
}

int main(int argc, char **argv)
{
	struct result results[2];
	int wires[2], reports[2][2];
	pid_t pids[2];
	uint64_t start, last;

	if (argc != 7)
		return 129;
	log_set_level(getenv("PROBE_TRACE") ? LOG_DEBUG : LOG_ERROR);
	delay = (unsigned)atoi(argv[5]);
	start = now() + 50;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, wires))
		die("socketpair");
	for (unsigned i = 0; i < 2; i++)
		keys[i] = device_key_generate();
	for (self = 0; self < 2; self++) {
		if (pipe(reports[self]))
			die("pipe");
		pids[self] = fork();
		if (pids[self])
			continue;
		fd = wires[self];
		close(wires[!self]);
		report = reports[self][1];
		ready_at = self ? start + (unsigned)atoi(argv[6]) : 0;
		run(argv[1 + 2 * self], argv[2 + 2 * self]);
		exit(0);
	}
	close(wires[0]);
	close(wires[1]);
	for (unsigned i = 0; i < 2; i++) {
		close(reports[i][1]);
		if (read(reports[i][0], &results[i], sizeof(results[i])) != sizeof(results[i]))
			die("no report");
	}
	last = results[0].at > results[1].at ? results[0].at : results[1].at;
	start += (unsigned)atoi(argv[6]);
	if (results[0].met && results[1].met)
		printf("met %d %s\n", (int)(last - start), results[0].text);
	else
		printf("failed %s\n", results[results[0].met].text);
	for (unsigned i = 0; i < 2; i++) {
		kill(pids[i], SIGTERM);
		waitpid(pids[i], NULL, 0);
	}
	return 0;
}
