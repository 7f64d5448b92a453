/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SHARE_LIST_H
#define CORE_SHARE_LIST_H

/*
 * A list of what devices of buddies share with this device, for one client: "git xmpp list".
 * Each device is asked in its link, SHARE_LIST_AT_ONCE at a time, and has SHARES_PATIENCE to
 * answer. One that does not know the question never answers. Pure.
 */

#include "context.h"
#include "share-rows.h"

struct peer;
struct peers;
struct record;
struct share_list;

struct share_list_events {
	/* A device shares this. */
	void (*row)(void *owner, const char *jid, const char *device, const struct share_row *row);
	/*
	 * A device has given its last row: outcome is "done". Or it gives none: "busy",
	 * "silent", or "unreachable".
	 */
	void (*device)(void *owner, const char *jid, const char *device, const char *outcome);
	/* The last event: all devices were asked. The list is gone after this. */
	void (*done)(void *owner);
};

/* All lists of a broker. All pointers are borrowed. */
struct share_lists {
	struct context *context;
	struct peers *peers;
	const struct share_list_events *events;
	struct share_list *first; /* each is owned by its client */
};

void share_lists_init(struct share_lists *all, struct context *context, struct peers *peers,
		      const struct share_list_events *events);

struct share_list *share_list_create(struct share_lists *all, void *owner);
/* To be called before share_list_start(), for a device that we trust. */
void share_list_add(struct share_list *l, const char *jid, const char *device);
/* Begins. No event comes within the call. */
void share_list_start(struct share_list *l);
/* Ends it before done(). l may be NULL. */
void share_list_destroy(struct share_list *l);

/* A SHARES record has come. Returns the rule that it breaks, or NULL. */
const char *share_lists_record(struct share_lists *all, struct peer *p,
			       const struct record *record);
/* The peer has ended. */
void share_lists_ended(struct share_lists *all, const struct peer *p);

#endif
