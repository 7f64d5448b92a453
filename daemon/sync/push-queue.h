/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PUSH_QUEUE_H
#define DAEMON_PUSH_QUEUE_H

/*
 * Delivers queued pushes: joins core/queue.h to the files of the queue (see
 * queuefile.h; "git xmpp queue push" writes them) and to "git push". What came of it goes to
 * the journal and the log.
 */

#include <stdbool.h>
#include <stdint.h>

#include "git-run.h"
#include "queue-writer.h"
#include "queue.h"

struct push_queue;

/*
 * Loads the entries. What host points to is borrowed. online: whether a trusted device of jid is
 * online now. NULL is never returned: without a directory the queue is empty.
 */
struct push_queue *push_queue_create(const struct git_run_host *host, uint32_t seed,
				     bool (*online)(void *owner, const char *jid), void *owner);

/*
 * verb=queue-reload: the command has written an entry. NULL, of a broker that
 * stops, does nothing.
 */
void push_queue_reload(struct push_queue *q);

/* Whether a push waits for jid. */
bool push_queue_waits_for(const struct push_queue *q, const char *jid);

/*
 * A trusted device of jid has appeared, or one that is online has become
 * trusted. NULL does nothing.
 */
void push_queue_buddy_online(struct push_queue *q, const char *jid);

/*
 * verb=queue-retry, verb=queue-drop. False if there is no such entry or it runs
 * now; the disk has it when push_queue_settle() says so. retry with id NULL is for all of them
 * and always true.
 */
bool push_queue_retry(struct push_queue *q, const char *id);
bool push_queue_drop(struct push_queue *q, const char *id);

/*
 * A session of the git that pushes this entry, with this buddy, ended so. What
 * is not known is ignored; so is a NULL queue.
 */
void push_queue_troubled(struct push_queue *q, const char *id, const char *jid,
			 enum message_id trouble);

/* queue_writer_settle() and queue_writer_forget(), for what a command has changed. */
void push_queue_settle(struct push_queue *q, const char *id, queue_writer_fn *done, void *owner);
void push_queue_forget(struct push_queue *q, const void *owner);

/* For status: the first entry, then entry->next. NULL of a NULL queue. */
const struct queue_entry *push_queue_first(const struct push_queue *q);

/*
 * A push that runs is let go (git-run.h) and stays in the queue. The memory goes with the last
 * handle. NULL is fine.
 */
void push_queue_destroy(struct push_queue *q);

#endif
