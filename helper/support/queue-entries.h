/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_QUEUE_ENTRIES_H
#define HELPER_QUEUE_ENTRIES_H

/* The queue of pushes, read from its files. */

#include <stdbool.h>
#include <stddef.h>

#include "fields.h"
#include "message.h"
#include "queuefile.h"
#include "table.h"

struct queued {
	char id[QUEUEFILE_ID_MAX];
	struct buf bytes;
	struct fields f;	/* a view of bytes */
};

struct queue_entries {
	struct queued *rows;	/* owned, oldest first */
	size_t count;
	size_t files;		/* all files, with those that could not be read */
};

/*
 * Reads all entries. A warning is printed for an entry that cannot be read, and it is left
 * out. -1 with *trouble if the queue itself cannot be read.
 */
int queue_entries_read(struct queue_entries *entries, struct message *trouble);
void queue_entries_finish(struct queue_entries *entries);

/*
 * To be called when no broker runs: nothing is being pushed then, so each running entry
 * waits.
 */
void queue_entries_nothing_runs(struct queue_entries *entries);
bool queue_entries_any_runs(const struct queue_entries *entries);

/*
 * Calls each() for the update fields of an entry: src is the object to push ("" deletes the
 * ref), dst the ref, expect the object that the ref had ("" if it did not exist).
 */
void queue_entry_updates(struct fields f,
			 void (*each)(void *arg, const char *src, const char *dst,
				      const char *expect),
			 void *arg);

/* Appends all updates, like "main 1a2b3c4..5d6e7f8, topic [new] 9f8e7d6". */
void queue_entry_updates_text(struct fields f, struct buf *out);

/*
 * For people: adds a row for an entry, and below one that has failed a line of commands that
 * help. several: there are several accounts, so the row says which pushes. For programs: appends
 * an object.
 */
void queue_entry_put(struct table *t, const char *id, struct fields f, bool several);
void queue_entry_json(struct buf *out, const char *id, struct fields f);

#endif
