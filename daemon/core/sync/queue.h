/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

/*
 * Queued pushes: what "git xmpp queue push" wrote down for a buddy who was away. Each entry
 * has one file (fields), written before the command returned. The broker runs an entry when a
 * device of the buddy is online. Of one buddy it runs one entry at a time in a repository, and
 * a few in all. An entry has a lease on the values that the remote's refs had when it was
 * queued. Entries from one repository to one share run in the order in which they were queued:
 * a second push of a ref expects the result of the first. Pure: files and processes are the
 * caller's.
 *
 *   WAITING   the buddy is online        RUNNING
 *   RUNNING   done                       gone, logged
 *   RUNNING   cannot reach, lost         WAITING   (back-off while the buddy stays online)
 *   RUNNING   the broker ends            WAITING
 *   RUNNING   refused, stale             FAILED    (kept; retry or drop by hand)
 *   WAITING   older than its expiry      FAILED    "expired"
 *
 * No entry expires because a clock was set. When an entry is loaded, the wall clock tells how
 * long the entry has left, which is never more than it had at first. From then on the
 * monotonic clock counts, which does not count sleep. When the wall clock has jumped, the
 * files get an expiry by the new time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"
#include "queue-entry.h"

struct queue;

struct queue_events {
	/* Run the entry; queue_done() follows, not within the call. */
	void (*run)(void *owner, struct queue_entry *e);
	/* Whether a trusted device of jid is online now. */
	bool (*online)(void *owner, const char *jid);
	/* The entry has changed: write its file. */
	void (*save)(void *owner, const struct queue_entry *e);
	/* The entry was delivered or dropped: remove its file. outcome is a word for the log. */
	void (*gone)(void *owner, const struct queue_entry *e, const char *outcome);
};

enum queue_outcome { QUEUE_DELIVERED, QUEUE_UNREACHABLE, QUEUE_REFUSED };

struct queue *queue_create(const struct queue_events *events, void *owner, uint32_t seed);
void queue_destroy(struct queue *q);

/*
 * Takes an entry from its file. NULL if it is malformed or known, or there are QUEUE_MAX. An
 * entry that is RUNNING becomes WAITING, and is saved so: the last broker crashed. Load the
 * oldest first. What can run runs in the next queue_tick().
 */
struct queue_entry *queue_load(struct queue *q, const char *id, struct fields f);
struct queue_entry *queue_find(const struct queue *q, const char *id);
struct queue_entry *queue_first(const struct queue *q);

void queue_done(struct queue *q, struct queue_entry *e, enum queue_outcome outcome,
		const char *error, uint64_t now);
/* The broker ends while the entry runs: the next broker pushes it again. */
void queue_interrupted(struct queue *q, struct queue_entry *e);
/* False if nothing is queued for them, and nothing has changed. */
bool queue_buddy_online(struct queue *q, const char *jid, uint64_t now, uint64_t unix_now);
/*
 * By the user's command. False while the entry runs. To retry one that has expired gives it a
 * new QUEUE_EXPIRY.
 */
bool queue_retry(struct queue *q, struct queue_entry *e, uint64_t now, uint64_t unix_now);
bool queue_drop(struct queue *q, struct queue_entry *e);

/*
 * The buddy `from` has the address `to`. All entries for them are for `to`, also one that
 * runs: it ends with whatever the old address says, and is tried at the new one. None begins
 * within QUEUE_RETRY_FIRST, while the remotes are changed. Returns how many there were.
 */
unsigned queue_move(struct queue *q, const char *from, const char *to, uint64_t now);

/* When to call queue_tick(), to run an entry or let it expire; it may be now. */
uint64_t queue_deadline(const struct queue *q, uint64_t now);
void queue_tick(struct queue *q, uint64_t now, uint64_t unix_now);

#endif
