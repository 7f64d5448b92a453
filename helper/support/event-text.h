/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_EVENT_TEXT_H
#define HELPER_EVENT_TEXT_H

/* Events of the journal, for people and for programs. */

#include "journal.h"
#include "json.h"
#include "table.h"

/* An event that is kept. */
struct event_text {
	struct journal_event event;
	char *bytes;			/* owned: what event points to */
};

void event_text_take(struct event_text *kept, const struct journal_event *event);
void event_text_finish(struct event_text *kept);

/*
 * Adds a row: when, who did what with which share, what came of it, and if there are several
 * accounts, which it was.
 */
void event_text_put(struct table *t, const struct journal_event *e, bool several);

/* Appends a line of fields that are separated by tabs; an empty one is "-". */
void event_text_porcelain(struct buf *out, const struct journal_event *e);

/* Appends an object. key as in json_open(). */
void event_text_json(struct buf *out, const char *key, const struct journal_event *e);

#endif
