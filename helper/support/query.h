/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_QUERY_H
#define HELPER_QUERY_H

/* A question to the broker, and all rows of its answer. */

#include "fields.h"
#include "gitconfig.h"
#include "message.h"

enum { QUERY_ROWS_MAX = 65536 };

struct query {
	struct buf bytes;	/* the rows, one behind the other */
	size_t *ends;		/* where each ends; owned */
	size_t count, room;
	char message[MESSAGE_TEXT_MAX];		/* what was done, escaped; may be empty */
	int status;		/* the exit status the broker suggests */
	bool lists_entries;	/* it has a row for each entry of the broker's queue */
	char configuration[GITCONFIG_DIGEST_MAX];	/* digest of what it read; empty: it did not
							   say */
};

/*
 * Asks. command holds the fields of a FRAME_COMMAND and is emptied. With
 * autostart a broker is started where none runs. 0, or -1 with the reason in
 * *trouble. To be finished in both cases.
 */
int query_get(struct query *answer, struct buf *command, bool autostart, struct message *trouble);

/* The same for a command that is a verb with at most one more field. */
int query_to(struct query *answer, const char *verb, const char *key, const char *value,
	     bool autostart, struct message *trouble);

/* A row; valid as long as the answer. */
struct fields query_row(const struct query *answer, size_t i);

/* Whether the row is of a kind. */
bool row_is(struct fields row, const char *kind);

/* The first row of a kind; false if there is none. */
bool query_find(const struct query *answer, const char *kind, struct fields *row);

/* The value, or "" if there is none. */
const char *row_get(struct fields row, const char *key);

void query_finish(struct query *answer);

/*
 * A file of the broker has changed: has a running one read it again, with the verb. One that
 * does not run will when it starts.
 */
void query_reload(const char *verb);

/* xmpp.autostart. */
bool autostart_allowed(void);

#endif
