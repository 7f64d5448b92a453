/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_AMEND_H
#define HELPER_AMEND_H

/*
 * What is to be true of the configuration, as it is read by the broker (common/gitconfig.h),
 * made true by changing the user's files. Afterwards it is, and a broker that runs
 * obeys it; or the files are as they were, and the user was told why and by
 * which command it could be done.
 */

#include <stdbool.h>
#include <stddef.h>

#include "gitconfig.h"
#include "query.h"
#include "staged.h"

enum wish_kind {
	WISH_VALUE,	/* this is the value that counts */
	WISH_HAS,	/* this is among the values */
	WISH_HAS_NOT,	/* this is not */
	WISH_GONE,	/* nothing is left of the section and name that the key is */
};

struct wish {
	enum wish_kind kind;
	char *key, *name;	/* owned; as it is written, and as in struct gitconfig_entry */
	char *value;		/* owned; NULL for WISH_GONE */
};

struct amendment {
	struct wish *wishes;	/* owned */
	size_t count;
	struct staged staged;
};

/* Zero-initialise it, and add wishes. It takes the key, which is malloc'd. */
void amendment_wish(struct amendment *a, enum wish_kind kind, char *key, const char *value);

/* Writes the files. False when nothing was changed, and why was printed. */
bool amendment_write(struct amendment *a);

/*
 * Has a broker that runs read them; with autostart one is started where none runs. *answer,
 * which is zero-initialised, is the broker's if there was one, and to be finished. False when it
 * does not obey them; then they are again what they were, and why was printed.
 */
bool amendment_settle(struct amendment *a, bool autostart, struct query *answer);

/* Says where it was written, unless that is where git config --global writes. */
void amendment_report(const struct amendment *a);
void amendment_finish(struct amendment *a);

#endif
