/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_QUEUE_ENTRIES_H
#define HELPER_QUEUE_ENTRIES_H

/* The queue of pushes, as its files have it. */

#include <stdbool.h>
#include <stddef.h>

#include "fields.h"
#include "message.h"
#include "queuefile.h"

struct queued {
	char id[QUEUEFILE_ID_MAX];
	struct buf bytes;
	struct fields f;	/* a view of bytes */
};

struct queue_entries {
	struct queued *rows;	/* owned, oldest first */
	size_t count;
	size_t files;		/* with those that cannot be read */
};

/* What cannot be read is told and left out. -1 with *trouble when the queue itself cannot be. */
int queue_entries_read(struct queue_entries *entries, struct message *trouble);
void queue_entries_finish(struct queue_entries *entries);

/* No broker runs, so nothing is being pushed: what the files say is running waits. */
void queue_entries_nothing_runs(struct queue_entries *entries);
bool queue_entries_any_runs(const struct queue_entries *entries);

/*
 * The parts of update fields: calls each with the object ("" to delete), the
 * ref and what it had ("" if nothing).
 */
void queue_entry_updates(struct fields f,
			 void (*each)(void *arg, const char *src, const char *dst,
				      const char *expect),
			 void *arg);

/* "main 1a2b3c4..5d6e7f8, topic [new] 9f8e7d6". */
void queue_entry_updates_text(struct fields f, struct buf *out);

/* What can be typed for an entry that has failed, on a line of its own; nothing for another one. */
void queue_entry_print_way_out(const char *id, struct fields f);

/* For people: one line; for programs: one object. */
void queue_entry_print(const char *id, struct fields f);
void queue_entry_json(struct buf *out, const char *id, struct fields f);

#endif
