/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_AMEND_H
#define HELPER_AMEND_H

/*
 * Makes wishes about the configuration true by changing the user's files. A wish is about
 * what the broker reads (common/gitconfig.h). Afterwards all wishes are true and a running
 * broker obeys them; or the files are as they were, and the user was told why, and by which
 * command they can make the change themselves.
 */

#include <stdbool.h>
#include <stddef.h>

#include "gitconfig.h"
#include "query.h"
#include "staged.h"

enum wish_kind {
	WISH_VALUE,	/* this value is the one that counts */
	WISH_HAS,	/* this value is among the values of the key */
	WISH_HAS_NOT,	/* this value is not among them */
	WISH_GONE,	/* no variable is left in the section that the key names */
};

struct wish {
	enum wish_kind kind;
	char *key, *name;	/* owned; as the caller spells it, and as in struct
				   gitconfig_entry */
	char *value;		/* owned; NULL for WISH_GONE */
};

struct amendment {
	struct wish *wishes;	/* owned */
	size_t count;
	struct staged staged;
};

/* Adds a wish. Zero-initialise the amendment before. Takes the key, which is malloc'd. */
void amendment_wish(struct amendment *a, enum wish_kind kind, char *key, const char *value);

/* Writes the files. False, with the reason printed, if nothing was changed. */
bool amendment_write(struct amendment *a);

/*
 * Makes a running broker read the files; with autostart, one is started if none runs.
 * *answer, which the caller zero-initialises and finishes, is the broker's answer, if there
 * was one. False if the broker does not obey the files: their old content is then back, and
 * the reason was printed.
 */
bool amendment_settle(struct amendment *a, bool autostart, struct query *answer);

/* Prints which files were changed, except the one that git config --global writes. */
void amendment_report(const struct amendment *a);
void amendment_finish(struct amendment *a);

#endif
