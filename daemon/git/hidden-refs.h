/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_HIDDEN_REFS_H
#define DAEMON_HIDDEN_REFS_H

/*
 * Which refs of a repository a fetch does not show, by the rules of git's upload-pack. Whoever
 * tells something of a repository tells nothing that a fetch would not show.
 */

#include <git2.h>
#include <stdbool.h>
#include <stddef.h>

struct hidden_refs {
	char **patterns; /* owned; the last one that matches counts */
	size_t count;
};

/*
 * Reads transfer.hideRefs and uploadpack.hideRefs of a repository_open(); zero *hidden before.
 */
void hidden_refs_read(struct hidden_refs *hidden, git_repository *repo);
bool hidden_refs_have(const struct hidden_refs *hidden, const char *name);
void hidden_refs_finish(struct hidden_refs *hidden);

/* Refs that are the repository's own business, and names that are no refs. */
bool ref_is_private(const char *name);

#endif
