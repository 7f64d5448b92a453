/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_QUEUE_WRITER_H
#define DAEMON_QUEUE_WRITER_H

/*
 * Writes and removes the files of the queue in libuv's thread pool, one after the other, so
 * a disk that is slow to sync delays nothing else.
 */

#include <stdbool.h>
#include <uv.h>

#include "fields.h"
#include "message.h"

struct queue_writer;

struct queue_writer_events {
	/* All tasks are done; files may have been removed. */
	void (*idle)(void *owner);
};

struct queue_writer *queue_writer_create(uv_loop_t *loop, const struct queue_writer_events *events,
					 void *owner);

/*
 * The fields are copied. A task that waits for the same entry is replaced. Failures are
 * logged, and told by queue_writer_settle().
 */
void queue_writer_write(struct queue_writer *disk, const char *id, struct fields f);
void queue_writer_remove(struct queue_writer *disk, const char *id);

/* Whether a task for the entry waits or runs: until then its file is not up to date. */
bool queue_writer_busy(const struct queue_writer *disk, const char *id);

/* trouble is NULL if the file is up to date, else says why it is not. */
typedef void queue_writer_fn(void *owner, const struct message *trouble);

/*
 * Calls done once, when all tasks made so far for this entry (NULL: for any) are done;
 * within this call if there are none. After queue_writer_forget() done is not called.
 */
void queue_writer_settle(struct queue_writer *disk, const char *id, queue_writer_fn *done,
			 void *owner);
void queue_writer_forget(struct queue_writer *disk, const void *owner);

/*
 * Tasks that wait are still done, but nobody is told. The memory is freed after the last.
 * NULL is fine.
 */
void queue_writer_destroy(struct queue_writer *disk);

#endif
