/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

/*
 * Queued pushes: what "git xmpp queue push" wrote down for a buddy who was
 * away. One file an entry (fields), written before the command returned; the
 * broker runs an entry when a device of the buddy is online, one at a time for a
 * repository, with a lease on the values the remote had when it was queued. Pure:
 * files and processes are the caller's.
 *
 *   WAITING   the buddy is online                   RUNNING
 *   RUNNING   done                                  gone, logged
 *   RUNNING   cannot reach, lost                    WAITING   (back-off while the buddy stays online)
 *   RUNNING   refused, stale                        FAILED    (kept; retry or drop by hand)
 *   WAITING   older than its expiry                 FAILED    "expired"
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "bounds.h"
#include "buf.h"
#include "fields.h"

enum queue_state { QUEUE_WAITING, QUEUE_RUNNING, QUEUE_FAILED };

struct queue_update {			/* one ref */
	struct queue_update *next;
	char *src;			/* object name, or "" to delete; owned */
	char *dst;			/* full ref name there; owned */
	char *expect;			/* object name it had, "" if it did not exist; owned */
};

struct queue_entry {
	struct queue_entry *next;
	char id[16];			/* like q7 */
	char jid[JID_MAX];
	char share[SHARE_NAME_MAX];
	char *path;			/* git directory; owned */
	char *remote;			/* owned */
	struct queue_update *updates;	/* owned, in order */
	uint64_t queued, expires;	/* unix seconds */
	enum queue_state state;
	unsigned tries;
	uint64_t retry_at;		/* ms; 0: as soon as the buddy is online */
	char *error;			/* of the last try; owned, NULL: none */
};

struct queue;

struct queue_events {
	/* Run it: queue_done() follows, not within the call. */
	void (*run)(void *owner, struct queue_entry *e);
	/* Whether a trusted device of jid is online now. */
	bool (*online)(void *owner, const char *jid);
	/* It has changed: write its file. */
	void (*save)(void *owner, const struct queue_entry *e);
	/* It is over (delivered or dropped): remove its file. outcome is a sentence for the log. */
	void (*gone)(void *owner, const struct queue_entry *e, const char *outcome);
};

enum queue_outcome { QUEUE_DELIVERED, QUEUE_UNREACHABLE, QUEUE_REFUSED };

struct queue *queue_create(const struct queue_events *events, void *owner, uint32_t seed);
void queue_destroy(struct queue *q);

/* An entry from its file; NULL if it is malformed or there are QUEUE_MAX. A RUNNING one becomes WAITING: we crashed. */
struct queue_entry *queue_load(struct queue *q, const char *id, struct fields f);
void queue_entry_write(const struct queue_entry *e, struct buf *fields);
struct queue_entry *queue_find(const struct queue *q, const char *id);
struct queue_entry *queue_first(const struct queue *q);

void queue_done(struct queue *q, struct queue_entry *e, enum queue_outcome outcome, const char *error,
		uint64_t now);
void queue_buddy_online(struct queue *q, const char *jid, uint64_t now, uint64_t unix_now);
/* By hand. False while it runs. */
bool queue_retry(struct queue *q, struct queue_entry *e, uint64_t now, uint64_t unix_now);
bool queue_drop(struct queue *q, struct queue_entry *e);

uint64_t queue_deadline(const struct queue *q, uint64_t unix_now, uint64_t now);
void queue_tick(struct queue *q, uint64_t now, uint64_t unix_now);
const char *queue_state_name(enum queue_state state);

#endif
