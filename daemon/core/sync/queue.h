/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

/*
 * Queued pushes: what "git xmpp queue push" wrote down for a buddy who was
 * away. One file an entry (fields), written before the command returned; the
 * broker runs an entry when a device of the buddy is online, of one buddy one at a time for a
 * repository and a few in all, with a lease on the values the remote had when it was queued. What
 * goes from one repository to one share goes in the order it was queued: the second
 * push of a ref expects what the first has made of it. Pure: files and processes are the
 * caller's.
 *
 *   WAITING   the buddy is online                   RUNNING
 *   RUNNING   done                                  gone, logged
 *   RUNNING   cannot reach, lost WAITING (back-off while the buddy stays online)
 *   RUNNING   the broker ends                       WAITING
 *   RUNNING   refused, stale                        FAILED    (kept; retry or drop by hand)
 *   WAITING   older than its expiry                 FAILED    "expired"
 *
 * Nobody's time is up because a clock was set. The wall clock is asked once, when an entry is
 * loaded, how long it has left, which is never more than it had at first; from then on the
 * monotonic one counts, which does not count sleep either. Where the wall clock is seen to have
 * jumped, the files get an expiry by the new time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"
#include "queue-entry.h"

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

/*
 * An entry from its file; NULL if it is malformed or known, or there are QUEUE_MAX. A RUNNING
 * one becomes WAITING, and is saved so: we crashed. Load the oldest first; what can run runs in
 * the next queue_tick().
 */
struct queue_entry *queue_load(struct queue *q, const char *id, struct fields f);
struct queue_entry *queue_find(const struct queue *q, const char *id);
struct queue_entry *queue_first(const struct queue *q);

void queue_done(struct queue *q, struct queue_entry *e, enum queue_outcome outcome,
		const char *error, uint64_t now);
/* We end while it runs: the next broker pushes it again. */
void queue_interrupted(struct queue *q, struct queue_entry *e);
void queue_buddy_online(struct queue *q, const char *jid, uint64_t now, uint64_t unix_now);
/* By hand. False while it runs. One that has expired gets a new QUEUE_EXPIRY. */
bool queue_retry(struct queue *q, struct queue_entry *e, uint64_t now, uint64_t unix_now);
bool queue_drop(struct queue *q, struct queue_entry *e);

/* When to call queue_tick(): to run, which may be at once, and to let expire. */
uint64_t queue_deadline(const struct queue *q, uint64_t now);
void queue_tick(struct queue *q, uint64_t now, uint64_t unix_now);

#endif
