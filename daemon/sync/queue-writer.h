/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_QUEUE_WRITER_H
#define DAEMON_QUEUE_WRITER_H

/*
 * Writes and removes the files of the queue in libuv's thread pool, one after
 * the other: a disk that takes its time to sync holds up nothing else.
 */

#include <stdbool.h>
#include <uv.h>

#include "fields.h"
#include "message.h"

struct queue_writer;

struct queue_writer_events {
	/* Nothing waits any more, and files may have gone. */
	void (*idle)(void *owner);
};

struct queue_writer *queue_writer_create(uv_loop_t *loop, const struct queue_writer_events *events,
					 void *owner);

/*
 * Copies. What waits for the same entry is replaced. Failures are logged; queue_writer_settle()
 * tells them, too.
 */
void queue_writer_write(struct queue_writer *disk, const char *id, struct fields f);
void queue_writer_remove(struct queue_writer *disk, const char *id);

/* Whether something waits or is being done for the entry: its file is not what we want it to be. */
bool queue_writer_busy(const struct queue_writer *disk, const char *id);

/* The file is as was asked for, or trouble says why not. */
typedef void queue_writer_fn(void *owner, const struct message *trouble);

/*
 * Calls done once, when all that was asked for this entry (NULL: for any) before this call is
 * done; also within the call, if that is now. queue_writer_forget() has it not called any more.
 */
void queue_writer_settle(struct queue_writer *disk, const char *id, queue_writer_fn *done,
			 void *owner);
void queue_writer_forget(struct queue_writer *disk, const void *owner);

/* What waits is still done, and nobody told; the memory goes after it. NULL is fine. */
void queue_writer_destroy(struct queue_writer *disk);

#endif
