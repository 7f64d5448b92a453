/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queuedisk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "log.h"
#include "queuefile.h"

/* One file to be written, or removed. */
struct task {
	uv_work_t work;
	struct queuedisk *disk;
	struct task *next;		/* queuedisk::first */
	char id[QUEUEFILE_ID_MAX];
	struct buf bytes;
	bool remove;
	bool failed;
	struct message trouble;
};

struct queuedisk {
	uv_loop_t *loop;
	struct task *first;		/* owned, oldest first; it is in the pool */
	bool destroyed;
};

static void run_in_pool(uv_work_t *work)
{
	struct task *t = (struct task *)work;
	struct fields f = { .data = buf_data(&t->bytes), .len = buf_len(&t->bytes) };

	t->failed = t->remove ? queuefile_remove(t->id, &t->trouble) : queuefile_write(t->id, f, &t->trouble);
}

static void on_done(uv_work_t *work, int status);

static void start_first(struct queuedisk *disk)
{
	int error = uv_queue_work(disk->loop, &disk->first->work, run_in_pool, on_done);

	assert(error == 0);	/* it fails only without a function to run */
}

static void on_done(uv_work_t *work, int status)
{
	struct task *t = (struct task *)work;
	struct queuedisk *disk = t->disk;

	if (t->failed)
		log_error("%s", t->trouble.text);
	disk->first = t->next;
	buf_finish(&t->bytes);
	free(t);
	if (disk->first)
		start_first(disk);
	else if (disk->destroyed)
		free(disk);
}

/* The task for an entry, waiting already or new; not one that is being done. */
static struct task *task_for(struct queuedisk *disk, const char *id)
{
	struct task **p = &disk->first;
	struct task *t;

	while (*p && (*p == disk->first || strcmp((*p)->id, id)))
		p = &(*p)->next;
	if (*p)
		return *p;
	t = xcalloc(1, sizeof(*t));
	t->disk = disk;
	snprintf(t->id, sizeof(t->id), "%s", id);
	*p = t;
	return t;
}

static void add(struct queuedisk *disk, const char *id, bool remove, struct fields f)
{
	bool idle = !disk->first;
	struct task *t = task_for(disk, id);

	t->remove = remove;
	buf_reset(&t->bytes);
	if (f.len)
		buf_append(&t->bytes, f.data, f.len);
	if (idle)
		start_first(disk);
}

void queuedisk_write(struct queuedisk *disk, const char *id, struct fields f)
{
	add(disk, id, false, f);
}

void queuedisk_remove(struct queuedisk *disk, const char *id)
{
	add(disk, id, true, (struct fields){ .len = 0 });
}

bool queuedisk_busy(const struct queuedisk *disk, const char *id)
{
	const struct task *t = disk->first;

	while (t && strcmp(t->id, id))
		t = t->next;
	return t;
}

struct queuedisk *queuedisk_create(uv_loop_t *loop)
{
	struct queuedisk *disk = xcalloc(1, sizeof(*disk));

	disk->loop = loop;
	return disk;
}

void queuedisk_destroy(struct queuedisk *disk)
{
	if (!disk)
		return;
	disk->destroyed = true;
	if (!disk->first)
		free(disk);
}
