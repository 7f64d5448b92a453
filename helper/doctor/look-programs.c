/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The programs of this project, git itself, and what the environment makes of it. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "alloc.h"
#include "look.h"
#include "remote.h"
#include "run-git.h"
#include "self-path.h"
#include "text.h"

enum {
	GIT_MAJOR = 2,
	GIT_MINOR = 39,	       /* releases.md */
	DESCRIPTORS_MIN = 256, /* for a broker with some links and transfers */
	DESCRIPTORS_GOOD = 4096,
};

/* What a program says to --version, like "git-remote-xmpp 0.1.0"; malloc'd. */
static char *version_of(const char *path)
{
	struct buf command = { 0 }, out = { 0 };
	char *line;

	text_shell(&command, path);
	buf_puts(&command, " --version");
	run_command(buf_str(&command), NULL, &out, GIT_ERRORS_HIDDEN);
	line = xstrndup(buf_str(&out), strcspn(buf_str(&out), "\n"));
	buf_finish(&command);
	buf_finish(&out);
	return line;
}

/* The helper that git runs is the one that lies here, or one of the same version. */
static void look_at_helper(struct look *look, const char *directory)
{
	static const char ours[] = "git-remote-xmpp " PROGRAM_VERSION;
	char *found = look_find_program("git-remote-xmpp", true), *theirs;

	if (!found) {
		findings_add(look->found, FOUND_HELPER_MISSING, "directory", directory, NULL);
		return;
	}
	theirs = version_of(found);
	if (strcmp(theirs, ours) != 0)
		findings_add(look->found, FOUND_HELPER_OTHER, "path", found, "theirs",
			     *theirs ? theirs : "of an unknown version", "ours", PROGRAM_VERSION,
			     "directory", directory, NULL);
	free(theirs);
	free(found);
}

static void look_at_descriptors(struct look *look)
{
	char limit[24], more[24];
	struct rlimit files;
	rlim_t good;

	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur >= DESCRIPTORS_MIN ||
	    files.rlim_cur == RLIM_INFINITY)
		return;
	good = files.rlim_max < DESCRIPTORS_GOOD ? files.rlim_max : DESCRIPTORS_GOOD;
	snprintf(limit, sizeof(limit), "%llu", (unsigned long long)files.rlim_cur);
	snprintf(more, sizeof(more), "%llu", (unsigned long long)good);
	findings_add(look->found, FOUND_DESCRIPTORS, "limit", limit, "more", more, NULL);
}

void look_at_programs(struct look *look)
{
	static const char *const others[] = { "git-xmpp-daemon", "git-xmpp-hook" };
	char directory[PATH_MAX];

	findings_fact(look->found, AREA_PROGRAMS, "git-xmpp %s", PROGRAM_VERSION);
	look_at_descriptors(look);
	if (!self_directory(directory))
		return;
	look_at_helper(look, directory);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		char *path = xasprintf("%s/%s", directory, others[i]);

		if (access(path, X_OK))
			findings_add(look->found, FOUND_PROGRAM_MISSING, "program", others[i],
				     "directory", directory, NULL);
		free(path);
	}
}

static void look_at_version(struct look *look)
{
	static const char *const args[] = { "--version", NULL };
	char *line = git_line(args);
	const char *version = line ? strpbrk(line, "0123456789") : NULL;
	char needed[16];
	char *end;
	long major, minor;

	if (!version) {
		free(line);
		return;
	}
	major = strtol(version, &end, 10);
	minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
	snprintf(needed, sizeof(needed), "%d.%d", GIT_MAJOR, GIT_MINOR);
	if (major < GIT_MAJOR || (major == GIT_MAJOR && minor < GIT_MINOR))
		findings_add(look->found, FOUND_GIT_OLD, "version", version, "needed", needed,
			     NULL);
	findings_fact(look->found, AREA_GIT, "git %s", version);
	free(line);
}

/* Whether the list, with ':' between, has the protocol. */
static bool names_xmpp(const char *list)
{
	const char *at = list;

	while ((at = strstr(at, "xmpp"))) {
		if ((at == list || at[-1] == ':') && (!at[4] || at[4] == ':'))
			return true;
		at += 4;
	}
	return false;
}

/* Of the two variables the more special one counts, and of two values the last. */
struct allow {
	char *file, *key, *value; /* owned */
};

static void see_allow(void *arg, const char *file, const char *key, const char *value)
{
	struct allow *a = arg;

	if (a->key && !strcmp(a->key, "protocol.xmpp.allow") && strcmp(a->key, key) != 0)
		return;
	free(a->file);
	free(a->key);
	free(a->value);
	*a = (struct allow){ xstrdup(file), xstrdup(key), xstrdup(value ? value : "") };
}

void look_at_git(struct look *look)
{
	static const char *const variables[] = { "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR" };
	const char *allowed = getenv("GIT_ALLOW_PROTOCOL");
	struct allow allow = { .key = NULL };

	look_at_version(look);
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		if (getenv(variables[i]))
			findings_add(look->found, FOUND_GIT_DIR, "variable", variables[i], NULL);
	if (allowed && !names_xmpp(allowed))
		findings_add(look->found, FOUND_PROTOCOL_LIMITED, "value", allowed, NULL);
	look_each_setting("^protocol\\.(xmpp\\.)?allow$", NULL, see_allow, &allow);
	if (allow.value && !strcmp(allow.value, "never"))
		findings_add(look->found, FOUND_PROTOCOL_FORBIDDEN, "file", allow.file, "key",
			     allow.key, NULL);
	free(allow.file);
	free(allow.key);
	free(allow.value);
}
