/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_REMOTE_H
#define HELPER_REMOTE_H

/* A remote of the repository we are in, that leads to a buddy's share. */

#include <stdbool.h>

#include "address.h"
#include "buf.h"

struct remote {
	char *name;			/* owned */
	char *git_dir;			/* owned; absolute, the common directory */
	struct address address;
};

/*
 * Finds a remote by its name; with name NULL the only one with an xmpp URL, or
 * else origin. push: where it is pushed to. False when there is none, and the
 * reason was printed. To be finished in both cases.
 */
bool remote_find(struct remote *remote, const char *name, bool push);
void remote_finish(struct remote *remote);

/*
 * The absolute common directory of the repository we are in, malloc'd; NULL,
 * and git has said why.
 */
char *repository_git_dir(void);

/* The first line that git prints, malloc'd; NULL if it fails, silently. */
char *git_line(const char *const *args);

#endif
