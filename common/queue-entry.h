/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_QUEUE_ENTRY_H
#define COMMON_QUEUE_ENTRY_H

/*
 * A queued push as it is kept in its file. Fields: jid, share, path, remote,
 * queued, expires, state (waiting, running, failed; waiting if absent), tries, error, moved=1
 * (a ref is not there as it was expected, which no retry mends), and
 *   update=<object or - to delete> <object it had or - if none> <full ref name there>
 * once or more, one a ref; and where "git push" would have run:
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
	char *src;			/* object name, or "" to delete; owned */
	char *dst;			/* full ref name there; owned */
	char *expect;			/* object name it had, "" if it did not exist; owned */
};

struct queue_entry {
	struct queue_entry *next;
	char id[QUEUEFILE_ID_MAX];		/* like q7 */
	char jid[JID_MAX];
	char share[SHARE_NAME_MAX];
	char *path;			/* git directory; owned */
	char *remote;			/* owned */
	char *directory;		/* where to run git; owned, NULL: that was not written
					   down */
	char **variables;		/* pairs of name and value, ended by NULL; owned */
	struct queue_update *updates;	/* owned, in order */
	uint64_t queued, expires;	/* unix seconds */
	enum queue_state state;
	unsigned tries;
	uint64_t end_at;		/* ms; when it expires; 0: not yet known. Not kept in the
					   file */
	uint64_t retry_at;		/* ms; 0: as soon as the buddy is online. Not kept in the
					   file */
	unsigned pause;			/* ms, after the last try. Not kept in the file */
	bool moved;			/* a ref has moved there since */
	char *error;			/* of the last try; owned, NULL: none */
};

/* An update as it stands in a field, without its next one; NULL if it is malformed. To be freed. */
struct queue_update *queue_update_parse(const char *text);
void queue_update_free(struct queue_update *u);

/* NULL if it is malformed: what it says is put on git's command line. */
struct queue_entry *queue_entry_parse(const char *id, struct fields f);
void queue_entry_write(const struct queue_entry *e, struct buf *fields);
void queue_entry_destroy(struct queue_entry *e);
const char *queue_state_name(enum queue_state state);

#endif
