/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hidden-refs.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "repository.h"
#include "text.h"

bool ref_is_private(const char *name)
{
	return starts_with(name, "refs/remotes/") || !strcmp(name, "refs/stash") ||
	       (strcmp(name, "HEAD") && !starts_with(name, "refs/"));
}

static void add_pattern(struct hidden_refs *hidden, const char *pattern)
{
	size_t n = strlen(pattern);

	while (n > 0 && pattern[n - 1] == '/')
		n--;
	if (n == 0)
		return;
	hidden->patterns =
		xrealloc(hidden->patterns, (hidden->count + 1) * sizeof(*hidden->patterns));
	hidden->patterns[hidden->count++] = xstrndup(pattern, n);
}

static void on_setting(void *owner, const char *name, const char *value)
{
	if (value && (!strcmp(name, "transfer.hiderefs") || !strcmp(name, "uploadpack.hiderefs")))
		add_pattern(owner, value);
}

void hidden_refs_read(struct hidden_refs *hidden, git_repository *repo)
{
	repository_settings(repo, on_setting, hidden);
}

bool hidden_refs_have(const struct hidden_refs *hidden, const char *name)
{
	for (size_t i = hidden->count; i > 0; i--) {
		const char *pattern = hidden->patterns[i - 1];
		bool shown = *pattern == '!';
		size_t n;

		pattern += shown;
		pattern += *pattern == '^'; /* matches with the namespace; we have none */
		n = strlen(pattern);
		if (!strncmp(name, pattern, n) && (name[n] == '\0' || name[n] == '/'))
			return !shown;
	}
	return false;
}

void hidden_refs_finish(struct hidden_refs *hidden)
{
	for (size_t i = 0; i < hidden->count; i++)
		free(hidden->patterns[i]);
	free(hidden->patterns);
}
