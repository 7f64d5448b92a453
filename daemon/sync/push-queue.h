/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PUSH_QUEUE_H
#define DAEMON_PUSH_QUEUE_H

/*
 * Delivers queued pushes. Joins the queue (core/sync/queue.h) to its files (queuefile.h;
 * "git xmpp queue push" writes them) and to "git push". Results go to the journal and the
 * log.
 */

#include <stdbool.h>
#include <stdint.h>

#include "git-run.h"
#include "queue-writer.h"
#include "queue.h"

struct push_queue;

struct push_queue_events {
	/* Whether a trusted device of jid is online now. */
	bool (*online)(void *owner, const char *jid);
	/*
	 * Whether an entry of this account (bare JID; NULL: the entry does not say) is ours.
	 * The files of all accounts are in one directory.
	 */
	bool (*ours)(void *owner, const char *account);
	/* An entry has failed, which is not in its file yet. */
	void (*failed)(void *owner);
};

/*
 * Loads our entries. What host points to is borrowed. Never returns NULL: without a directory
 * the queue is empty.
 */
struct push_queue *push_queue_create(const struct git_run_host *host, uint32_t seed,
				     const struct push_queue_events *events, void *owner);

/*
 * verb=queue-reload: a client has written an entry. q is NULL while the broker stops; then
 * nothing is done.
 */
void push_queue_reload(struct push_queue *q);

/* Whether a push waits for jid. */
bool push_queue_waits_for(const struct push_queue *q, const char *jid);

/*
 * A trusted device of jid has come online, or an online one has become trusted. q may be
 * NULL.
 */
void push_queue_buddy_online(struct push_queue *q, const char *jid);

/*
 * verb=queue-retry, verb=queue-drop. False if there is no such entry, or it is being pushed
 * now. push_queue_settle() tells when the change is on the disk. retry with id NULL retries
 * all entries and is always true.
 */
bool push_queue_retry(struct push_queue *q, const char *id);
bool push_queue_drop(struct push_queue *q, const char *id);

/*
 * The buddy `from` has the address `to`: what is queued for them is (queue_move()). Returns how
 * many entries there were. q may be NULL.
 */
unsigned push_queue_move(struct push_queue *q, const char *from, const char *to);

/*
 * A session of the git that pushes this entry ended with this trouble, or with MSG_NONE.
 * Ignored if no such push to jid (NULL: to anybody) runs. q may be NULL.
 */
void push_queue_troubled(struct push_queue *q, const char *id, const char *jid,
			 enum message_id trouble);

/* queue_writer_settle() and queue_writer_forget(), for a command that has changed an entry. */
void push_queue_settle(struct push_queue *q, const char *id, queue_writer_fn *done, void *owner);
void push_queue_forget(struct push_queue *q, const void *owner);

/* For status: the first entry; the others follow by entry->next. NULL if q is NULL. */
const struct queue_entry *push_queue_first(const struct push_queue *q);

/*
 * A push that runs goes on without us (git-run.h), and its entry stays in the queue. The
 * memory is freed when the last handle has closed. q may be NULL.
 */
void push_queue_destroy(struct push_queue *q);

#endif
