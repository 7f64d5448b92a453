/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SHARE_CONFIG_H
#define HELPER_SHARE_CONFIG_H

/* The shares of the configuration, with the broker's rules of what is valid. */

#include <stdbool.h>
#include <stddef.h>

#include "gitconfig.h"

enum share_right { SHARE_FETCH, SHARE_PUSH };

struct share_entry {
	enum share_right right;
	char *text;	/* owned; as it stands in the file */
	char *who;	/* owned; the bare JID that it means, or "buddies"; NULL: invalid, it
			   gives no right to anybody */
};

struct share_config {
	char *name;		/* owned */
	char *path;		/* owned; NULL: none is set */
	struct share_entry *entries;	/* owned */
	size_t count;
};

struct share_configs {
	struct share_config *rows;	/* owned */
	size_t count;
};

void share_configs_take(struct share_configs *shares, const struct gitconfig *configuration);
void share_configs_finish(struct share_configs *shares);

/* A share by its name, or by its path; NULL if there is none. */
const struct share_config *share_configs_find(const struct share_configs *shares, const char *name);
const struct share_config *share_configs_find_path(const struct share_configs *shares,
						   const char *path);

/*
 * Whether an entry gives this right to exactly this name. "buddies" is a name like others
 * here.
 */
bool share_allows(const struct share_config *share, enum share_right right, const char *who);

/*
 * Why the broker does not serve a share like this, as "its path is not absolute"; NULL if
 * it does. path may be NULL.
 */
const char *share_fault(const char *name, const char *path);

#endif
