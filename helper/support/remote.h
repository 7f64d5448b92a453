/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_REMOTE_H
#define HELPER_REMOTE_H

/* A remote of the current repository that leads to a buddy's share. */

#include <stdbool.h>

#include "address.h"
#include "buf.h"

struct remote {
	char *name;			/* owned */
	char *git_dir;			/* owned; absolute, the common directory */
	struct address address;
};

/*
 * Finds a remote by its name, or by what the user calls the buddy to whom it leads
 * (buddy-name.h), if only one does. With name NULL: the only remote with an xmpp URL, else
 * origin. With push, its push URL is used. False, with the reason printed, if there is
 * none. The caller finishes *remote in both cases.
 */
bool remote_find(struct remote *remote, const char *name, bool push);
void remote_finish(struct remote *remote);

/*
 * The absolute common directory of the current repository, malloc'd. NULL, with git's
 * reason printed, if there is none.
 */
char *repository_git_dir(void);

/* The first line that git prints, malloc'd; NULL, with nothing printed, if git fails. */
char *git_line(const char *const *args);

#endif
