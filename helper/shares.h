/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SHARES_H
#define HELPER_SHARES_H

/* The table of shares, as the global configuration has it. */

#include <stdbool.h>
#include <stddef.h>

enum share_right { SHARE_FETCH, SHARE_PUSH };

struct share {
	char *name;		/* owned */
	char *path;		/* owned; NULL: none is set */
	struct {
		enum share_right right;
		char *who;	/* owned */
	} *rights;		/* owned */
	size_t count;
};

struct shares {
	struct share *rows;	/* owned */
	size_t count;
};

/* A configuration that cannot be read has no shares. */
void shares_read(struct shares *shares);
void shares_finish(struct shares *shares);

/* NULL if there is none. */
const struct share *shares_find(const struct shares *shares, const char *name);
const struct share *shares_find_path(const struct shares *shares, const char *path);

/* Whether this right is given to exactly this name: "buddies" is a name like others here. */
bool share_allows(const struct share *share, enum share_right right, const char *who);

/* Removes a row from the configuration; false if git refused, having said why. */
bool shares_remove(const char *name);

#endif
