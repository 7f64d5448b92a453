/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hidden-refs.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
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

/* Walks over all entries: libgit2 1.5 leaks memory when it is given a pattern. */
void hidden_refs_read(struct hidden_refs *hidden, git_repository *repo)
{
	git_config *config;
	git_config_iterator *it;
	git_config_entry *entry;

	if (git_repository_config_snapshot(&config, repo) < 0)
		return;
	if (git_config_iterator_new(&it, config) == 0) {
		while (git_config_next(&entry, it) == 0)
			if (entry->value && (!strcmp(entry->name, "transfer.hiderefs") ||
					     !strcmp(entry->name, "uploadpack.hiderefs")))
				add_pattern(hidden, entry->value);
		git_config_iterator_free(it);
	}
	git_config_free(config);
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
