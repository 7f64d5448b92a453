/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SHARES_H
#define HELPER_SHARES_H

/* The table of shares, as the configuration has it, judged as the broker judges it. */

#include <stdbool.h>
#include <stddef.h>

#include "gitconfig.h"

enum share_right { SHARE_FETCH, SHARE_PUSH };

struct share_entry {
	enum share_right right;
	char *text;	/* owned; as it is written */
	char *who;	/* owned; the bare JID it means, or "buddies"; NULL: it gives nobody anything */
};

struct share {
	char *name;		/* owned */
	char *path;		/* owned; NULL: none is set */
	struct share_entry *entries;	/* owned */
	size_t count;
};

struct shares {
	struct share *rows;	/* owned */
	size_t count;
};

void shares_take(struct shares *shares, const struct gitconfig *configuration);
void shares_finish(struct shares *shares);

/* NULL if there is none. */
const struct share *shares_find(const struct shares *shares, const char *name);
const struct share *shares_find_path(const struct shares *shares, const char *path);

/* Whether this right is given to exactly them: "buddies" is a name like others here. */
bool share_allows(const struct share *share, enum share_right right, const char *who);

/* Why the broker does not serve one like this, as "its path is not absolute"; NULL if it does. path may be NULL. */
const char *share_fault(const char *name, const char *path);

#endif
