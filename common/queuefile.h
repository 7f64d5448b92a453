/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_QUEUEFILE_H
#define COMMON_QUEUEFILE_H

/*
 * The files of the queue: $XDG_STATE_HOME/git-xmpp/queue/<id>, each the fields of
 * one push that waits for a buddy (see queue-entry.h). The command makes
 * them; while a broker runs only it changes and removes them.
 */

#include <stdbool.h>

#include "fields.h"
#include "message.h"

enum {
	QUEUEFILE_ID_MAX = 16,	/* like q7; NUL included */
	QUEUEFILES_MAX = 256,	/* entries that are looked at */
};

/*
 * The variables of the command that an entry keeps: those that say where git and its repository
 * are. None of them holds a secret; everything else of the environment is the broker's when it
 * is pushed.
 */
enum { QUEUEFILE_VARIABLES = 7 };
extern const char *const queuefile_variables[QUEUEFILE_VARIABLES];

/* Whether this could be an id: q and a number. Anything else in the directory is no entry. */
bool queuefile_id_valid(const char *id);

/* An id that was never given before. -1 with *trouble. */
int queuefile_new_id(char id[QUEUEFILE_ID_MAX], struct message *trouble);

/* Its path, malloc'd; the directory is made. NULL with *trouble. */
char *queuefile_path(const char *id, struct message *trouble);

/* Atomically, and on the disk when it returns. */
int queuefile_write(const char *id, struct fields f, struct message *trouble);

/*
 * 0 with what is in it appended; 1 if there is none; -1 with *trouble. What it
 * holds is valid fields.
 */
int queuefile_read(const char *id, struct buf *out, struct message *trouble);

/* 0, also when there was none; -1 with *trouble. */
int queuefile_remove(const char *id, struct message *trouble);

/*
 * The ids there are, oldest first, in *ids, malloc'd in one piece. How many, at
 * most QUEUEFILES_MAX; -1 with *trouble.
 */
int queuefile_list(char (**ids)[QUEUEFILE_ID_MAX], struct message *trouble);

/*
 * One ref of an entry for people, like "main 1a2b3c4..5d6e7f8"; src "" deletes,
 * expect "" makes it. Escaped.
 */
void queuefile_update_text(struct buf *out, const char *src, const char *dst, const char *expect);

#endif
