/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_QUERY_H
#define HELPER_QUERY_H

/* A question to the broker, and all rows of its answer. */

#include "fields.h"
#include "gitconfig.h"
#include "message.h"

enum { QUERY_ROWS_MAX = 65536 };

struct query {
	struct buf bytes;	/* all rows in one piece */
	size_t *ends;		/* where each row ends in bytes; owned */
	size_t count, room;
	char message[MESSAGE_TEXT_MAX];		/* the broker's report of what it did, escaped;
						   may be empty */
	int status;		/* the exit status the broker suggests */
	bool lists_entries;	/* there is a row for each entry of the broker's queue */
	char configuration[GITCONFIG_DIGEST_MAX];	/* digest of the configuration that the
							   broker has read; empty: not told */
};

/*
 * Asks the broker. command holds the fields of a FRAME_COMMAND, and is emptied. With
 * autostart, a broker is started if none runs. 0, or -1 with the reason in *trouble. The
 * caller finishes *answer in both cases.
 */
int query_get(struct query *answer, struct buf *command, bool autostart, struct message *trouble);

/* What may be done about a failure, so that the same command is sent again. */
struct query_remedy {
	/* Whether to send it again. Queries that are made meanwhile may come here, too. */
	bool (*again)(const struct message *trouble);
	/* The command that was sent again has ended, well or not. */
	void (*over)(void);
};

/* Sets the remedy of all queries; borrowed. */
void query_set_remedy(const struct query_remedy *remedy);

/* As query_get(), for a command of a verb and at most one more field. */
int query_to(struct query *answer, const char *verb, const char *key, const char *value,
	     bool autostart, struct message *trouble);

/* A row; valid as long as the answer. */
struct fields query_row(const struct query *answer, size_t i);

/*
 * Sorts the rows by the values of these keys, the first one first; rows that are equal in all
 * keep their order.
 */
void query_sort(struct query *answer, const char *const *keys, size_t count);

/* Whether the row is of a kind. */
bool row_is(struct fields row, const char *kind);

/* The first row of a kind; false if there is none. */
bool query_find(const struct query *answer, const char *kind, struct fields *row);

/* The first value of the key, or "" if there is none. */
const char *row_get(struct fields row, const char *key);

void query_finish(struct query *answer);

/*
 * Makes a running broker read again, by this verb, a file that has changed. A broker that
 * is not running will read it when it starts.
 */
void query_reload(const char *verb);

/* Whether a command may start the broker: GIT_XMPP_AUTOSTART, else xmpp.autostart. */
bool autostart_allowed(void);

#endif
