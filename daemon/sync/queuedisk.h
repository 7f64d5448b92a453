/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_QUEUEDISK_H
#define DAEMON_QUEUEDISK_H

/*
 * Writes and removes the files of the queue in libuv's thread pool, one after
 * the other: a disk that takes its time to sync holds up nothing else.
 */

#include <stdbool.h>
#include <uv.h>

#include "fields.h"
#include "message.h"

struct queuedisk;

struct queuedisk_events {
	/* Nothing waits any more, and files may have gone. */
	void (*idle)(void *owner);
};

struct queuedisk *queuedisk_create(uv_loop_t *loop, const struct queuedisk_events *events, void *owner);

/* Copies. What waits for the same entry is replaced. Failures are logged; queuedisk_settle() tells them, too. */
void queuedisk_write(struct queuedisk *disk, const char *id, struct fields f);
void queuedisk_remove(struct queuedisk *disk, const char *id);

/* Whether something waits or is being done for the entry: its file is not what we want it to be. */
bool queuedisk_busy(const struct queuedisk *disk, const char *id);

/* The file is as was asked for, or trouble says why not. */
typedef void queuedisk_fn(void *owner, const struct message *trouble);

/*
 * Calls done once, when all that was asked for this entry (NULL: for any) before this call is done; also within
 * the call, if that is now. queuedisk_forget() has it not called any more.
 */
void queuedisk_settle(struct queuedisk *disk, const char *id, queuedisk_fn *done, void *owner);
void queuedisk_forget(struct queuedisk *disk, const void *owner);

/* What waits is still done, and nobody told; the memory goes after it. NULL is fine. */
void queuedisk_destroy(struct queuedisk *disk);

#endif
