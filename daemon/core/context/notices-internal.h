/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_NOTICES_INTERNAL_H
#define CORE_NOTICES_INTERNAL_H

/* The table of the notices, shared by notices.c and notices-file.c. */

#include "notices.h"

struct notices {
	struct context *context; /* borrowed */
	const struct notices_events *events;
	void *owner;
	struct quota quota;
	struct hashtable found; /* by notice::key; owned */
	struct list order;	/* of notice::link; owned */
	unsigned round;		/* of the review */
};

struct notice *notice_of_link(struct list *r);
struct notice *notices_find(const struct notices *n, enum notice_kind kind, const char *jid,
			    const char *item);
/* Adds a notice of which there is none yet, without detail; NULL if there is no place for it. */
struct notice *notices_make(struct notices *n, enum notice_kind kind, const char *jid,
			    const char *item);
/* Whether the detail is another one now. */
bool notice_set_detail(struct notice *notice, const char *detail);
/* The notice does not stand any more. It may be freed. */
void notice_end(struct notices *n, struct notice *notice);

#endif
