/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SHAREABLE_H
#define HELPER_SHAREABLE_H

/* A repository on this disk that is about to be shared. */

#include <stdbool.h>

struct shareable {
	char *path;		/* owned; absolute, the common directory */
	bool bare;
};

/*
 * Finds the repository at path, or with NULL the current one. False if there is none; git
 * has then printed why.
 */
bool shareable_find(struct shareable *repo, const char *path);
void shareable_finish(struct shareable *repo);

/*
 * Whether git would serve the repository to others, run as the broker runs it. If not, git
 * has printed why.
 */
bool shareable_is_served(const struct shareable *repo);

/* A name for the share, like "project" of /src/project/.git and /srv/project.git; malloc'd. */
char *shareable_name(const struct shareable *repo);

/*
 * Cuts each ".git" from the end of a name. address_parse() drops one, so a name with ".git"
 * could not be reached by a plain address.
 */
void share_name_trim(char *name);

/*
 * For a repository that others may push to, of which git refuses pushes to the branch that is
 * checked out: asks on a terminal whether git shall take them and update the work tree, and sets
 * that. Otherwise prints the command that does.
 */
void shareable_offer_update(const struct shareable *repo);

#endif
