/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_RIGHTS_H
#define HELPER_RIGHTS_H

/*
 * What "git xmpp share" was asked to change in who may do what: for each person it names
 * what they could do, and what they can do afterwards. Pure; share.c writes it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "jid.h"
#include "share-config.h"

enum { RIGHTS_MAX = 64 };	/* changes in one command */

enum right_change { RIGHT_FETCH, RIGHT_PUSH, RIGHT_REMOVE };

struct right {
	char who[JID_MAX];	/* a bare JID, or "buddies" */
	bool had_fetch, had_push;
	bool fetch, push;
	bool removed;		/* they were to lose something */
};

struct rights {
	struct right *rows;	/* owned */
	size_t count;
};

/* The next change, in the order of the command line. row: the share as it is, NULL if it is new. */
void rights_change(struct rights *rights, const struct share_config *row, enum right_change change,
		   const char *who);
void rights_finish(struct rights *rights);

/* The first who is to lose what all buddies keep; NULL if there is none. */
const struct right *rights_kept_as_buddy(const struct rights *rights,
					 const struct share_config *row);

#endif
