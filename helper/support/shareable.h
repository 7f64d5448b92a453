/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SHAREABLE_H
#define HELPER_SHAREABLE_H

/* A repository on this disk that is to be shared. */

#include <stdbool.h>

struct shareable {
	char *path;		/* owned; absolute, the common directory */
	bool bare;
};

/* The one at a path, or around here with NULL. False if git found none, having said so. */
bool shareable_find(struct shareable *repo, const char *path);
void shareable_finish(struct shareable *repo);

/* Whether git serves it to others, as the broker has it do that. If not, git has said why. */
bool shareable_is_served(const struct shareable *repo);

/* A name for it, like "project" of /src/project/.git and /srv/project.git; malloc'd. */
char *shareable_name(const struct shareable *repo);

/* Cuts each ".git" from the end of a name: an address drops one, and so would not lead to it. */
void share_name_trim(char *name);

/* Says so if git will refuse pushes to the branch that is checked out. */
void shareable_warn(const struct shareable *repo);

#endif
