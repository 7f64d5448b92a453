/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_QUEUE_ENTRY_H
#define COMMON_QUEUE_ENTRY_H

/*
 * A queued push as it is kept in its file. Fields: account (ours; absent: the default one),
 * jid, share, path, remote, queued, expires, state (waiting, running, failed; waiting if
 * absent), tries, error, moved=1 (a ref at the buddy is not as expected, which no retry mends),
 * and once or more, one a ref:
 *   update=<object, or - to delete> <object it had, or - if none> <full ref name there>
 * The place where "git push" would have run:
 *   directory=<absolute path>
 *   variable=<name>=<value>, of queuefile_variables, as often as needed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "buf.h"
#include "fields.h"
#include "queuefile.h"

enum {
	QUEUE_UPDATES_MAX = 128,	/* refs in one entry */
	QUEUE_ERROR_MAX = 1024,		/* bytes kept of an error */
};

enum queue_state { QUEUE_WAITING, QUEUE_RUNNING, QUEUE_FAILED };

struct queue_update {			/* one ref */
	struct queue_update *next;
	char *src;			/* object name to push, or "" to delete the ref; owned */
	char *dst;			/* full ref name at the buddy; owned */
	char *expect;			/* object name it had there, "" if it did not exist;
					   owned */
};

struct queue_entry {
	struct queue_entry *next;
	char id[QUEUEFILE_ID_MAX];		/* like q7 */
	char account[JID_MAX];		/* ours that pushes, bare; "": the default one */
	char jid[JID_MAX];
	char share[SHARE_NAME_MAX];
	char *path;			/* git directory; owned */
	char *remote;			/* owned */
	char *directory;		/* where to run git; owned; NULL: not known (an entry of
					   an earlier version) */
	char **variables;		/* pairs of name and value, ended by NULL; owned */
	struct queue_update *updates;	/* owned, in order */
	uint64_t queued, expires;	/* unix seconds */
	enum queue_state state;
	unsigned tries;
	uint64_t end_at;		/* ms; when the entry expires; 0: not yet known. Not
					   kept in the file */
	uint64_t retry_at;		/* ms; when to try again; 0: as soon as the buddy is
					   online. Not kept in the file */
	uint64_t held_until;		/* ms; not tried before, whoever is online: its remote is
					   being changed. Not kept in the file */
	char *moved_from;		/* bare JID that it was for before, where its remote may
					   still lead; owned, NULL: none. Not kept in the file */
	unsigned pause;			/* ms; pause after the last try. Not kept in the file */
	bool moved;			/* a ref at the buddy has moved since */
	char *error;			/* of the last try; owned, NULL: none */
};

/*
 * Parses the value of one update field; its next is NULL. NULL if it is malformed. The
 * caller frees it.
 */
struct queue_update *queue_update_parse(const char *text);
void queue_update_free(struct queue_update *u);

/* NULL if the entry is malformed. The check is strict: its values go on git's command line. */
struct queue_entry *queue_entry_parse(const char *id, struct fields f);
/*
 * Whom the push goes to has another address: it goes there. A remote that is a URL is written
 * anew; one with a name is the repository's. False if the entry is for somebody else.
 */
bool queue_entry_move(struct queue_entry *e, const char *from, const char *to);
void queue_entry_write(const struct queue_entry *e, struct buf *fields);
void queue_entry_destroy(struct queue_entry *e);
const char *queue_state_name(enum queue_state state);

#endif
