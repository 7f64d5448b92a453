/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim --first=SEED --count=N [--jobs=J] [--trace] [--counts]
 *
 * Runs N seeds in J processes. The first one that fails, by a broken invariant, an assertion
 * or a sanitizer, is run again with its trace. The last line sums up. --counts says how many
 * events of each kind there were, and how often the checks met what they are for.
 */
#include "sim.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "sim-memory.h"

enum { JOBS_MAX = 64 };

/* What one job has done. */
struct slot {
	struct stats stats;
	uint64_t seed;			/* the one that runs */
	pid_t pid;
};

/* What the processes share. */
struct shared {
	_Atomic uint64_t begun;		/* so many seeds were taken */
	struct slot slots[JOBS_MAX];
};

struct options {
	uint64_t first, count;
	unsigned jobs;
	bool trace, counts;
};

void say(struct world *w, const char *fmt, ...)
{
	va_list ap;

	printf("%8" PRIu64 "  ", w->now);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void violation(struct world *w, const char *fmt, ...)
{
	va_list ap;

	printf("seed %" PRIu64 ", at %" PRIu64 " ms: ", w->seed, w->now);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	_exit(1);
}

static void fill_pattern(uint8_t *pattern)
{
	uint32_t x = 1;

	for (unsigned i = 0; i < PATTERN; i++) {
		x = x * 1664525 + 1013904223;
		pattern[i] = x >> 24;
	}
	memcpy(pattern + PATTERN, pattern, PATTERN_ROOM - PATTERN);
}

static void run_seed(struct world *w, uint64_t seed)
{
	memory_mark();
	world_run(w, seed);
	if (memory_in_use())
		violation(w, "%zu blocks of memory are left over", memory_in_use());
	memory_rewind();
}

/* Runs seeds that no other job has taken: they differ in what they take. */
static void work(const struct options *o, _Atomic uint64_t *begun, struct slot *slot)
{
	struct world *w = calloc(1, sizeof(*w));
	uint8_t *pattern = malloc(PATTERN_ROOM);

	if (!w || !pattern)
		abort();
	fill_pattern(pattern);
	w->pattern = pattern;
	w->stats = &slot->stats;
	w->trace = o->trace;
	for (uint64_t i; (i = atomic_fetch_add(begun, 1)) < o->count;) {
		slot->seed = o->first + i;
		if (o->trace)
			printf("seed %" PRIu64 "\n", slot->seed);
		run_seed(w, slot->seed);
	}
	free(pattern);
	free(w);
}

static void start(const struct options *o, _Atomic uint64_t *begun, struct slot *slot)
{
	pid_t pid;

	fflush(stdout);
	/* Both processes write to the slot, so only the parent sets the pid. */
	pid = fork();
	if (pid < 0) {
		perror("fork");
		exit(2);
	}
	if (pid) {
		slot->pid = pid;
		return;
	}
	work(o, begun, slot);
	fflush(stdout);
	/* Not _exit(): the sanitizers look for leaks in exit(). */
	exit(0);
}

/* Waits for a job. True if it succeeded. */
static bool wait_for(struct slot *slot)
{
	int status;

	if (waitpid(slot->pid, &status, 0) < 0)
		return false;
	slot->pid = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void sum_up(const struct slot *slots, unsigned jobs, double seconds, bool counts)
{
	static const char *const kinds[EVENT_KINDS] = {
		"arrives",  "established", "cut",    "child",	"helper", "presence",
		"question", "login",	   "grace",  "start",	"move",	  "fate",
		"cut-off",  "refs",	   "follow", "look",	"stream", "punch",
		"network",  "part",	   "parted", "request", "timer",
	};
	static const char *const met[MET_COUNT] = {
		"pair", "waits", "left", "silent", "half", "strangers", "served", "rested",
		"hairpin",
	};
	struct stats all = { 0 };
	uint64_t *to = (uint64_t *)&all;

	for (unsigned i = 0; i < jobs; i++) {
		const uint64_t *from = (const uint64_t *)&slots[i].stats;

		for (size_t k = 0; k < sizeof(all) / sizeof(*to); k++)
			to[k] += from[k];
	}
	printf("%" PRIu64 " runs, %" PRIu64 " events, %" PRIu64 " pushes, %" PRIu64
	       " fetches, %" PRIu64 " announcements, %" PRIu64 " refusals, %" PRIu64
	       " deferrals, %" PRIu64 " helpers killed, %" PRIu64 " restarts, %" PRIu64
	       " paths lost, %" PRIu64 " links resumed, %" PRIu64
	       " times up on a direct path, %" PRIu64 " through a proxy, %" PRIu64
	       " moves, %" PRIu64 " pushes lost at their end, of %" PRIu64
	       " the outcome known, %" PRIu64 " hostile acts, %" PRIu64
	       " decisions about devices, %.0f hours of virtual time, %.1f s\n",
	       all.runs, all.events, all.pushes, all.fetches, all.announcements, all.refused,
	       all.deferred, all.killed, all.restarts, all.lost_paths, all.resumed, all.direct,
	       all.proxied, all.moves, all.lost_pushes, all.outcomes, all.hostile, all.decisions,
	       all.virtual_ms / 3600e3, seconds);
	if (!counts)
		return;
	printf("compared: %" PRIu64 "\nsaid no: %" PRIu64 "\n", all.compared, all.said_no);
	printf("rows of lists: %" PRIu64 "\nblocked: %" PRIu64 "\n", all.rows, all.blocks);
	printf("invited: %" PRIu64 "\njoined: %" PRIu64 "\nrefused to join: %" PRIu64
	       "\nwaited to join: %" PRIu64 "\n",
	       all.invited, all.joined, all.joins_refused, all.waited);
	for (unsigned i = 0; i < EVENT_KINDS; i++)
		printf("event %s: %" PRIu64 "\n", kinds[i], all.kinds[i]);
	for (unsigned i = 0; i < MET_COUNT; i++)
		printf("met %s: %" PRIu64 "\n", met[i], all.met[i]);
}

static bool parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "first", required_argument, NULL, 'f' },
		{ "count", required_argument, NULL, 'c' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "trace", no_argument, NULL, 't' },
		{ "counts", no_argument, NULL, 'n' },
		{ 0 },
	};
	int c;

	*o = (struct options){ .first = 1, .count = 1000, .jobs = 1 };
	while ((c = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		switch (c) {
		case 'f':
			o->first = strtoull(optarg, NULL, 10);
			break;
		case 'c':
			o->count = strtoull(optarg, NULL, 10);
			break;
		case 'j':
			o->jobs = strtoul(optarg, NULL, 10);
			break;
		case 't':
			o->trace = true;
			break;
		case 'n':
			o->counts = true;
			break;
		default:
			return false;
		}
	}
	return optind == argc && o->jobs >= 1 && o->jobs <= JOBS_MAX;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct options o;
	struct shared *shared;
	struct slot *slots;
	double began = seconds();
	int failed = 0;

	if (!parse(argc, argv, &o)) {
		fprintf(stderr, "usage: sim [--first=SEED] [--count=N] [--jobs=J] [--trace] "
				"[--counts]\n");
		return 2;
	}
	world_silence();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED) {
		perror("mmap");
		return 2;
	}
	slots = shared->slots;
	for (unsigned i = 0; i < o.jobs; i++)
		start(&o, &shared->begun, &slots[i]);
	for (unsigned i = 0; i < o.jobs; i++) {
		struct options again = {
			.first = slots[i].seed, .count = 1, .jobs = 1, .trace = true
		};
		_Atomic uint64_t alone = 0;

		if (wait_for(&slots[i]))
			continue;
		failed++;
		again.first = slots[i].seed;
		printf("seed %" PRIu64 " failed%s\n", again.first,
		       o.trace || failed > 1 ? "" : "; its trace:");
		if (o.trace || failed > 1)
			continue;
		start(&again, &alone, &slots[i]);
		wait_for(&slots[i]);
	}
	sum_up(slots, o.jobs, seconds() - began, o.counts);
	return failed != 0;
}
