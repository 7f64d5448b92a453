/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_ENTRIES_H
#define HELPER_ENTRIES_H

/* The queue of pushes, as its files have it. */

#include <stdbool.h>
#include <stddef.h>

#include "fields.h"
#include "message.h"
#include "queuefile.h"

struct entry {
	char id[QUEUEFILE_ID_MAX];
	struct buf bytes;
	struct fields f;	/* a view of bytes */
};

struct entries {
	struct entry *rows;	/* owned, oldest first */
	size_t count;
	size_t files;		/* with those that cannot be read */
};

/* What cannot be read is told and left out. -1 with *trouble when the queue itself cannot be. */
int entries_read(struct entries *entries, struct message *trouble);
void entries_finish(struct entries *entries);

/* No broker runs, so nothing is being pushed: what the files say is running waits. */
void entries_nothing_runs(struct entries *entries);
bool entries_any_runs(const struct entries *entries);

/* The parts of update fields: calls each with the object ("" to delete), the ref and what it had ("" if nothing). */
void entry_updates(struct fields f, void (*each)(void *arg, const char *src, const char *dst, const char *expect),
		   void *arg);

/* "main 1a2b3c4..5d6e7f8, topic [new] 9f8e7d6". */
void entry_updates_text(struct fields f, struct buf *out);

/* What can be typed for an entry that has failed, on a line of its own; nothing for another one. */
void entry_print_way_out(const char *id, struct fields f);

/* For people: one line; for programs: one object. */
void entry_print(const char *id, struct fields f);
void entry_json(struct buf *out, const char *id, struct fields f);

#endif
