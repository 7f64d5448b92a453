/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_QUEUEFILE_H
#define COMMON_QUEUEFILE_H

/*
 * The files of the queue: $XDG_STATE_HOME/git-xmpp/queue/<id>. Each holds the fields of one
 * push that waits for a buddy (see queue-entry.h). The command creates them. While a broker
 * runs, only the broker changes and removes them.
 */

#include <stdbool.h>

#include "fields.h"
#include "message.h"

enum {
	QUEUEFILE_ID_MAX = 16,	/* like q7; NUL included */
	QUEUEFILES_MAX = 256,	/* entries that are read; others are ignored */
};

/*
 * The environment variables of the command that an entry keeps: those that say where git
 * and its repository are. None of them holds a secret. When the push runs, all other
 * variables are the broker's.
 */
enum { QUEUEFILE_VARIABLES = 7 };
extern const char *const queuefile_variables[QUEUEFILE_VARIABLES];

/* Whether this is a valid id: q and a number. Other files in the directory are no entries. */
bool queuefile_id_valid(const char *id);

/* An id that was never given before. -1 with *trouble. */
int queuefile_new_id(char id[QUEUEFILE_ID_MAX], struct message *trouble);

/* The path of an entry, malloc'd; its directory is made. NULL with *trouble. */
char *queuefile_path(const char *id, struct message *trouble);

/* Writes an entry atomically; it is on the disk on return. 0, or -1 with *trouble. */
int queuefile_write(const char *id, struct fields f, struct message *trouble);

/*
 * Appends the content of the file, which is valid fields. 0; 1 if there is no such file; -1
 * with *trouble.
 */
int queuefile_read(const char *id, struct buf *out, struct message *trouble);

/* 0, also if there was no such file; -1 with *trouble. */
int queuefile_remove(const char *id, struct message *trouble);

/*
 * Lists the ids of the entries, oldest first, in *ids, one malloc'd array. Returns how
 * many, at most QUEUEFILES_MAX; -1 with *trouble.
 */
int queuefile_list(char (**ids)[QUEUEFILE_ID_MAX], struct message *trouble);

/*
 * Appends one ref of an entry for people, like "main 1a2b3c4..5d6e7f8", escaped. src ""
 * deletes the ref; expect "" creates it.
 */
void queuefile_update_text(struct buf *out, const char *src, const char *dst, const char *expect);

#endif
