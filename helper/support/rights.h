/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_RIGHTS_H
#define HELPER_RIGHTS_H

/*
 * The changes of rights that "git xmpp share" was asked for: for each person that it names,
 * what they could do before and what they can do afterwards. Pure; share.c writes the
 * configuration.
 */

#include <stdbool.h>
#include <stddef.h>

#include "jid.h"
#include "share-config.h"

enum {
	RIGHTS_MAX = 64,	/* changes in one command */
	RIGHT_WHO_MAX = JID_MAX + REF_NAME_MAX + 8,	/* bytes, NUL included */
};

enum right_change { RIGHT_FETCH, RIGHT_PUSH, RIGHT_REMOVE };

struct right {
	char who[RIGHT_WHO_MAX];	/* as grantee_put() writes them, with the pattern */
	bool had_fetch, had_push;
	bool fetch, push;
	bool removed;		/* the command takes rights from them */
};

struct rights {
	struct right *rows;	/* owned */
	size_t count;
};

/*
 * Adds the next change, in the order of the command line. row is the share as it is; NULL
 * if it is new. To remove somebody without a pattern takes their rights with patterns, too.
 */
void rights_change(struct rights *rights, const struct share_config *row, enum right_change change,
		   const char *who);
void rights_finish(struct rights *rights);

/*
 * The first person who would lose a right that they keep because all buddies have it, or a
 * group that they are in; NULL if there is none. *as is then who has it, like "buddies" or
 * "group:team", and lives as long as rights and row.
 */
const struct right *rights_kept(const struct rights *rights, const struct share_config *row,
				const struct share_configs *shares, const char **as);

/*
 * The first who is given a right to push into some refs, and would push into all refs anyway;
 * NULL if there is none.
 */
const struct right *rights_idle(const struct rights *rights, const struct share_config *row);

#endif
