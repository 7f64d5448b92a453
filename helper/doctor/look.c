/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "monotonic.h"
#include "run-git.h"

static void (*const looks[])(struct look *) = {
	look_at_programs, look_at_git,	      look_at_configuration, look_at_passwords,
	look_at_socket,	  look_at_broker,     look_at_session,	     look_at_login,
	look_at_paths,	  look_at_files,      look_at_queue,	     look_at_people,
	look_at_follows,  look_at_repository, look_at_shares,
};

void look_at_all(struct look *look, struct findings *found)
{
	char seconds[16];

	*look = (struct look){ .found = found, .deadline = monotonic_ms() + LOOK_MS };
	run_until(look->deadline);
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
		if (monotonic_ms() < look->deadline)
			looks[i](look);
	run_until(0);
	if (monotonic_ms() < look->deadline)
		return;
	snprintf(seconds, sizeof(seconds), "%d", LOOK_MS / 1000);
	findings_add(found, FOUND_SLOW, "seconds", seconds, NULL);
}

void look_finish(struct look *look)
{
	gitconfig_finish(&look->config);
	query_finish(&look->status);
	query_finish(&look->buddies);
	free(look->account);
}

/* The output is "file:<path>", NUL, "<key>", newline, "<value>", NUL for each. */
void look_each_setting(const char *pattern, const char *where,
		       void (*each)(void *arg, const char *file, const char *key,
				    const char *value),
		       void *arg)
{
	const char *const args[] = { "config", "-z", "--show-origin", "--includes", "--get-regexp",
				     pattern,  NULL };
	const char *const there[] = { "config",	      where,   "-z", "--show-origin",
				      "--get-regexp", pattern, NULL };
	struct buf out = { 0 };
	char *at, *end;

	run_git(where ? there : args, NULL, &out, GIT_ERRORS_HIDDEN);
	buf_append(&out, "", 1);
	at = buf_data(&out);
	end = at + buf_len(&out) - 1;
	while (at < end) {
		char *file = at, *key = file + strlen(file) + 1, *value;

		if (key >= end)
			break;
		at = key + strlen(key) + 1;
		value = strchr(key, '\n');
		if (value)
			*value++ = '\0';
		if (!strncmp(file, "file:", 5))
			each(arg, file + 5, key, value);
	}
	buf_finish(&out);
}

bool look_is_nobody(const struct look *look, const char *jid)
{
	if (!look->roster || !strcmp(jid, look->jid))
		return false;
	for (size_t i = 0; i < look->buddies.count; i++) {
		struct fields row = query_row(&look->buddies, i);

		if (row_is(row, "buddy") && fields_get(row, "contact") &&
		    !strcmp(row_get(row, "jid"), jid))
			return false;
	}
	return true;
}

char *look_find_program(const char *name, bool of_git)
{
	static const char *const args[] = { "--exec-path", NULL };
	const char *path = getenv("PATH");
	char *all, *rest, *directory, *found = NULL;
	struct buf own = { 0 };

	if (of_git)
		run_git(args, NULL, &own, GIT_ERRORS_HIDDEN);
	all = xasprintf("%.*s:%s", (int)strcspn(buf_str(&own), "\n"), buf_str(&own),
			path ? path : "");
	rest = all;
	while (!found && (directory = strsep(&rest, ":"))) {
		found = xasprintf("%s/%s", directory, name);
		if (*directory != '/' || access(found, X_OK)) {
			free(found);
			found = NULL;
		}
	}
	free(all);
	buf_finish(&own);
	return found;
}
