/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outcome.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "fields.h"
#include "text.h"

enum {
	PIECE = 1024,		/* bytes in one data field */
	PIECES_MAX = 6,		/* in one answer, which is one record */
};

struct outcome {
	struct outcome *next;
	char *jid, *device, *id;	/* owned */
	struct tail tail;
	bool done;
	uint32_t status;
	uint64_t until;			/* then it is forgotten; renewed at its end */
};

struct outcomes {
	struct outcome *first;		/* owned, newest first */
	unsigned count;
};

void tail_begin(struct tail *t, uint64_t offset)
{
	if (t->on)
		return;
	t->on = true;
	t->from = offset;
}

void tail_add(struct tail *t, const void *data, size_t n)
{
	size_t over;

	if (!t->on)
		return;
	buf_append(&t->bytes, data, n);
	if (buf_len(&t->bytes) <= OUTCOME_TAIL_MAX)
		return;
	over = buf_len(&t->bytes) - OUTCOME_TAIL_MAX;
	buf_consume(&t->bytes, over);
	t->from += over;
}

void tail_finish(struct tail *t)
{
	buf_finish(&t->bytes);
	t->on = false;
}

struct outcomes *outcomes_create(void)
{
	return xcalloc(1, sizeof(struct outcomes));
}

static void destroy(struct outcomes *o, struct outcome **at)
{
	struct outcome *gone = *at;

	*at = gone->next;
	o->count--;
	tail_finish(&gone->tail);
	free(gone->jid);
	free(gone->device);
	free(gone->id);
	free(gone);
}

void outcomes_destroy(struct outcomes *o)
{
	if (!o)
		return;
	while (o->first)
		destroy(o, &o->first);
	free(o);
}

/* Forgets what is old, and the oldest beyond the limit. */
static void expire(struct outcomes *o, unsigned limit, uint64_t now)
{
	struct outcome **at = &o->first;

	for (unsigned i = 0; *at; i++) {
		if (i >= limit || (*at)->until <= now)
			destroy(o, at);
		else
			at = &(*at)->next;
	}
}

static struct outcome *find(struct outcomes *o, const char *id)
{
	for (struct outcome *out = o->first; out; out = out->next)
		if (!strcmp(out->id, id))
			return out;
	return NULL;
}

void outcomes_begin(struct outcomes *o, const char *jid, const char *device, const char *id,
		    struct tail *tail, uint64_t now)
{
	struct outcome *out;

	expire(o, OUTCOMES_MAX - 1, now);
	out = xcalloc(1, sizeof(*out));
	out->jid = xstrdup(jid);
	out->device = xstrdup(device);
	out->id = xstrdup(id);
	out->tail = *tail;
	*tail = (struct tail){ .on = false };
	out->until = now + OUTCOME_KEPT;
	out->next = o->first;
	o->first = out;
	o->count++;
}

void outcomes_add(struct outcomes *o, const char *id, const void *data, size_t n)
{
	struct outcome *out = find(o, id);

	if (out)
		tail_add(&out->tail, data, n);
}

void outcomes_done(struct outcomes *o, const char *id, uint32_t status, uint64_t now)
{
	struct outcome *out = find(o, id);

	if (!out)
		return;
	out->done = true;
	out->status = status;
	out->until = now + OUTCOME_KEPT;
}

/* As much of the tail as one record takes; true if that was all. */
static bool put_data(const struct tail *tail, uint64_t offset, struct buf *fields)
{
	size_t at = offset - tail->from, left = buf_len(&tail->bytes) - at;
	char hex[2 * PIECE + 1];

	for (int i = 0; i < PIECES_MAX && left; i++) {
		size_t n = left < PIECE ? left : PIECE;

		hex_encode(buf_data(&tail->bytes) + at, n, hex);
		fields_add(fields, "data", hex);
		at += n;
		left -= n;
	}
	return left == 0;
}

void outcomes_answer(struct outcomes *o, const char *jid, const char *device, const char *id,
		     uint64_t offset, struct buf *fields, uint64_t now)
{
	struct outcome *out;

	expire(o, OUTCOMES_MAX, now);
	out = find(o, id);
	if (!out || strcmp(out->jid, jid) || strcmp(out->device, device) || offset < out->tail.from ||
	    offset > out->tail.from + buf_len(&out->tail.bytes)) {
		fields_add(fields, "state", "unknown");
		return;
	}
	fields_add(fields, "state", out->done ? "done" : "running");
	fields_add_u64(fields, "status", out->status);
	if (!put_data(&out->tail, offset, fields))
		fields_add(fields, "more", "1");
}
