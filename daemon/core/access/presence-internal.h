/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PRESENCE_INTERNAL_H
#define CORE_PRESENCE_INTERNAL_H

/*
 * The presence table, shared by its files: presence-roster.c (buddies) and presence.c (their
 * resources), which calls the former.
 */

#include "presence.h"

struct presence {
	struct hashtable by_jid, by_domain;
	struct buddy *first, **tail; /* owned, each in its entry */
	unsigned strangers;	     /* buddies that are not in the roster: they ask to be one */
};

/* The buddy or stranger of a bare JID that is normalised already; NULL: none. */
struct buddy *presence_find(const struct presence *p, const char *jid);
/* Takes the resource at *at out of its list, and frees it. */
void presence_remove_resource(struct resource **at);
/* Frees a list of resources, and leaves an empty one. */
void presence_free_resources(struct resource **first);

#endif
