/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_GRANTEE_H
#define COMMON_GRANTEE_H

/*
 * Who has a right in a share, as xmppShare.<name>.fetch and .push say it:
 *
 *     bob@example.org                       a buddy
 *     buddies                               all of whom a device is trusted
 *     group:team                            a group of the roster
 *     bob@example.org:refs/heads/bob/STAR   as above, into these refs only
 *
 * where STAR is "*". Pure.
 */

#include <stdbool.h>

#include "buf.h"
#include "jid.h"
#include "ref-rules.h"

enum { GROUP_NAME_MAX = 65 };	/* bytes of a group's name, NUL included */

enum grantee_kind { GRANTEE_JID, GRANTEE_BUDDIES, GRANTEE_GROUP };

struct grantee {
	enum grantee_kind kind;
	char name[JID_MAX];		/* the bare JID, the name of the group, or "buddies" */
	char pattern[REF_NAME_MAX];	/* "" if there is none: into all refs */
};

/* False if it is none of these, or the pattern is not valid. */
bool grantee_parse(struct grantee *g, const char *text);

/* Whether this is a word for many, like "buddies" or "group", so that nobody is called so here. */
bool grantee_is_word(const char *name);

/* Appends the text in the one form that grantee_parse() has for it; whole: with the pattern. */
void grantee_put(const struct grantee *g, bool whole, struct buf *text);

/* Whether both are the same person or group, whatever the patterns. */
bool grantee_same(const struct grantee *a, const struct grantee *b);

/*
 * Whether a group of the roster may be named in a share: UTF-8 without control characters,
 * newlines and ":", and not more than GROUP_NAME_MAX.
 */
bool group_name_valid(const char *name);

#endif
