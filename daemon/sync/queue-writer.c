/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-writer.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "log.h"
#include "queuefile.h"
#include "work.h"

/* One file to be written, or removed. */
struct task {
	uv_work_t work;
	struct queue_writer *disk;
	struct task *next;		/* queue_writer::first */
	char id[QUEUEFILE_ID_MAX];
	uint64_t number;		/* tasks are done in the order of their numbers */
	struct buf bytes;
	bool remove;
	bool failed;
	struct message trouble;
};

/* A caller of queue_writer_settle() that is still to be told. */
struct waiter {
	struct waiter *next;		/* queue_writer::waiters */
	char id[QUEUEFILE_ID_MAX];	/* "": any entry */
	uint64_t last;			/* number of the task that is waited for */
	queue_writer_fn *done;
	void *owner;
	struct message trouble;		/* of the first task that failed, or MSG_NONE */
};

struct queue_writer {
	uv_loop_t *loop;
	const struct queue_writer_events *events;
	void *owner;
	uint64_t number;		/* number of the newest task */
	struct waiter *waiters;		/* owned */
	struct task *first;		/* owned, oldest first; the first is in the pool */
	bool destroyed;
};

static void run_in_pool(uv_work_t *work)
{
	struct task *t = (struct task *)work;
	struct fields f = { .data = buf_data(&t->bytes), .len = buf_len(&t->bytes) };

	t->failed = t->remove ? queuefile_remove(t->id, &t->trouble)
			      : queuefile_write(t->id, f, &t->trouble);
}

static void on_done(uv_work_t *work, int status);

static void start_first(struct queue_writer *disk)
{
	work_start(disk->loop, &disk->first->work, run_in_pool, on_done);
}

static bool is_for(const struct waiter *w, const char *id)
{
	return !*w->id || !strcmp(w->id, id);
}

/*
 * Tells the waiters whose last task was this one or an older one. A callback may add or
 * forget waiters, so each round starts from the head of the list.
 */
static void tell_waiters(struct queue_writer *disk, uint64_t number)
{
	struct waiter **at = &disk->waiters;

	while (*at) {
		struct waiter *w = *at;

		if (w->last > number) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		w->done(w->owner, w->trouble.id == MSG_NONE ? NULL : &w->trouble);
		free(w);
		at = &disk->waiters;
	}
}

static void note_failure(struct queue_writer *disk, const struct task *t)
{
	log_error("%s", t->trouble.text);
	for (struct waiter *w = disk->waiters; w; w = w->next)
		if (is_for(w, t->id) && w->trouble.id == MSG_NONE)
			w->trouble = t->trouble;
}

static void on_done(uv_work_t *work, int status)
{
	struct task *t = (struct task *)work;
	struct queue_writer *disk = t->disk;

	uint64_t number = t->number;

	if (t->failed)
		note_failure(disk, t);
	disk->first = t->next;
	buf_finish(&t->bytes);
	free(t);
	if (disk->first)
		start_first(disk);
	if (disk->destroyed) {
		if (!disk->first)
			free(disk);
		return;
	}
	tell_waiters(disk, number);
	if (!disk->first)
		disk->events->idle(disk->owner);
}

/* The task for an entry: one that waits already, or a new one. Never the one that runs. */
static struct task *task_for(struct queue_writer *disk, const char *id)
{
	struct task **p = &disk->first;
	struct task *t;

	while (*p && (*p == disk->first || strcmp((*p)->id, id)))
		p = &(*p)->next;
	if (*p)
		return *p;
	t = xcalloc(1, sizeof(*t));
	t->disk = disk;
	t->number = ++disk->number;
	snprintf(t->id, sizeof(t->id), "%s", id);
	*p = t;
	return t;
}

static void add(struct queue_writer *disk, const char *id, bool remove, struct fields f)
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

void queue_writer_write(struct queue_writer *disk, const char *id, struct fields f)
{
	add(disk, id, false, f);
}

void queue_writer_remove(struct queue_writer *disk, const char *id)
{
	add(disk, id, true, (struct fields){ .len = 0 });
}

bool queue_writer_busy(const struct queue_writer *disk, const char *id)
{
	const struct task *t = disk->first;

	while (t && strcmp(t->id, id))
		t = t->next;
	return t;
}

void queue_writer_settle(struct queue_writer *disk, const char *id, queue_writer_fn *done,
			 void *owner)
{
	struct waiter *w = xcalloc(1, sizeof(*w));

	w->done = done;
	w->owner = owner;
	w->trouble.id = MSG_NONE;
	snprintf(w->id, sizeof(w->id), "%s", id ? id : "");
	for (const struct task *t = disk->first; t; t = t->next)
		if (is_for(w, t->id))
			w->last = t->number;
	if (!w->last) {
		free(w);
		done(owner, NULL);
		return;
	}
	w->next = disk->waiters;
	disk->waiters = w;
}

void queue_writer_forget(struct queue_writer *disk, const void *owner)
{
	struct waiter **at = &disk->waiters;

	while (*at) {
		struct waiter *w = *at;

		if (w->owner != owner) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		free(w);
	}
}

struct queue_writer *queue_writer_create(uv_loop_t *loop, const struct queue_writer_events *events,
					 void *owner)
{
	struct queue_writer *disk = xcalloc(1, sizeof(*disk));

	disk->loop = loop;
	disk->events = events;
	disk->owner = owner;
	return disk;
}

void queue_writer_destroy(struct queue_writer *disk)
{
	if (!disk)
		return;
	disk->destroyed = true;
	while (disk->waiters)
		queue_writer_forget(disk, disk->waiters->owner);
	if (!disk->first)
		free(disk);
}
