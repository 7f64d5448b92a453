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

struct queuedisk;

struct queuedisk *queuedisk_create(uv_loop_t *loop);

/* Copies. What waits for the same entry is replaced. Failures are logged. */
void queuedisk_write(struct queuedisk *disk, const char *id, struct fields f);
void queuedisk_remove(struct queuedisk *disk, const char *id);

/* Whether something waits or is being done for the entry: its file is not what we want it to be. */
bool queuedisk_busy(const struct queuedisk *disk, const char *id);

/* What waits is still done; the memory goes after it. NULL is fine. */
void queuedisk_destroy(struct queuedisk *disk);

#endif
