/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "git-limits.h"

/*
 * A pack of 3 kB can hold an object of gigabytes, because deltas can copy deltas. git holds
 * it in memory as a whole, and no setting of git bounds that. So a limit of the system does.
 * When an allocation fails git ends with "fatal: Out of memory", which the pusher sees, and
 * cleans up. Within the limit, these settings let large files through that would not fit
 * otherwise:
 *
 *   receive.unpackLimit=1      index-pack works on every push, which streams large
 *   core.bigFileThreshold      files, where unpack-objects may hold them whole
 *   pack.threads               each thread of index-pack caches 96 MiB, each of
 *                              pack-objects compares within a window of its own
 *   pack.windowMemory          the size of that window
 *   receive.maxInputSize       what a push may put on the disk
 *
 * The limits are set from outside, just after the start. git has not yet read a byte from
 * anybody then, nor started a process that would not inherit them.
 */

#include <errno.h>
#include <inttypes.h>
#include <git2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "alloc.h"
#include "bounds.h"
#include "log.h"
#include "process.h"
#include "repository.h"

enum { THREADS_MAX = 4 };

static const char max_input[] = "receive.maxInputSize";

/* A setting is left out if the user has set any of its names. */
static const struct setting {
	const char *names[2];
	const char *value;
	unsigned services;
	bool threads;		/* only if there are more than THREADS_MAX processors */
} settings[] = {
	{ { "receive.unpackLimit", "transfer.unpackLimit" }, "receive.unpackLimit=1",
	  1 << SERVICE_RECEIVE_PACK, false },
	{ { "receive.maxInputSize" }, "receive.maxInputSize=4g", 1 << SERVICE_RECEIVE_PACK, false },
	{ { "core.bigFileThreshold" }, "core.bigFileThreshold=16m", 1 << SERVICE_RECEIVE_PACK,
	  false },
	{ { "core.bigFileThreshold" }, "core.bigFileThreshold=64m", 1 << SERVICE_UPLOAD_PACK,
	  false },
	{ { "pack.windowMemory" }, "pack.windowMemory=128m", 1 << SERVICE_UPLOAD_PACK, false },
	{ { "pack.threads" }, "pack.threads=4",
	  1 << SERVICE_RECEIVE_PACK | 1 << SERVICE_UPLOAD_PACK, true },
};

/* What the user has set of all that. */
struct chosen {
	bool names[ARRAY_SIZE(settings)];
	char max_input[32];	/* "": not set; the last one counts, which is the repository's */
};

static void on_setting(void *owner, const char *name, const char *value)
{
	struct chosen *chosen = owner;

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		for (size_t j = 0; j < ARRAY_SIZE(settings[i].names); j++)
			if (settings[i].names[j] && !strcasecmp(settings[i].names[j], name))
				chosen->names[i] = true;
	if (!strcasecmp(name, max_input))
		snprintf(chosen->max_input, sizeof(chosen->max_input), "%s", value ? value : "");
}

/*
 * The configuration that git reads for a repository, or only its own file and the user's if
 * libgit2 cannot open the repository.
 */
static void read_chosen(struct chosen *chosen, const char *path)
{
	git_repository *repo;
	git_config *own;
	char *file;

	if (repository_open(&repo, path) == 0) {
		repository_settings(repo, on_setting, chosen);
		git_repository_free(repo);
		return;
	}
	user_settings_each(NULL, on_setting, chosen);
	file = xasprintf("%s/config", path);
	if (git_config_open_ondisk(&own, file) == 0) {
		config_each(own, on_setting, chosen);
		git_config_free(own);
	}
	free(file);
}

/* Whether the user demands less than that many bytes; 0 is no limit. */
static bool demands_less(const struct chosen *chosen, uint64_t max_pack)
{
	int64_t size;

	return git_config_parse_int64(&size, chosen->max_input) == 0 && size > 0 &&
	       (uint64_t)size < max_pack;
}

static void add(struct git_limits *l, const char *setting)
{
	l->args[l->n++] = "-c";
	l->args[l->n++] = setting;
}

void git_limits_settings(struct git_limits *l, enum service service, const char *path,
			 uint64_t max_pack)
{
	struct chosen chosen = { .max_input = "" };
	bool many = sysconf(_SC_NPROCESSORS_ONLN) > THREADS_MAX;

	l->n = 0;
	read_chosen(&chosen, path);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const struct setting *s = &settings[i];

		if (!(s->services & 1 << service) || (s->threads && !many) || chosen.names[i])
			continue;
		add(l, s->value);
	}
	if (service == SERVICE_RECEIVE_PACK && max_pack && !demands_less(&chosen, max_pack)) {
		snprintf(l->max_input, sizeof(l->max_input), "%s=%" PRIu64, max_input, max_pack);
		add(l, l->max_input);
	}
}

static void bound(int pid, int resource, const char *name, rlim_t most)
{
	/* ESRCH: the process has ended already. */
	if (process_bound(pid, resource, most) && errno != ESRCH)
		log_warning("the %s of git cannot be bounded: %s", name, strerror(errno));
}

void git_limits_bound(int pid, uint64_t memory)
{
	if (memory)
		bound(pid, RLIMIT_DATA, "memory", memory);
	bound(pid, RLIMIT_CPU, "time", GIT_CPU_MAX);
}
