/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outcome.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "fields.h"
#include "hex.h"
#include "quota.h"

enum {
	PIECE = 1024,		/* bytes in one data field */
	PIECES_MAX = 6,		/* data fields in one answer, which is one record */
};

struct outcome {
	struct quota_place place;	/* first: a cast leads back */
	struct outcome *next;
	char *jid, *device, *id;	/* owned */
	struct tail tail;
	bool done;
	uint32_t status;
	uint64_t until;			/* ms; then the outcome is forgotten; set again when
					   the push ends */
};

struct outcomes {
	struct quota places;
	struct outcome *first;		/* owned, newest first */
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
	struct outcomes *o = xcalloc(1, sizeof(*o));

	quota_init(&o->places, OUTCOMES_MAX, false);
	return o;
}

static void destroy(struct outcomes *o, struct outcome *gone)
{
	struct outcome **at = &o->first;

	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	quota_leave(&gone->place);
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
		destroy(o, o->first);
	quota_finish(&o->places);
	free(o);
}

/* Forgets the outcomes whose time is over. */
static void expire(struct outcomes *o, uint64_t now)
{
	struct outcome *out = o->first, *next;

	for (; out; out = next) {
		next = out->next;
		if (out->until <= now)
			destroy(o, out);
	}
}

static struct outcome *find(struct outcomes *o, const char *id)
{
	for (struct outcome *out = o->first; out; out = out->next)
		if (!strcmp(out->id, id))
			return out;
	return NULL;
}

static struct outcome *oldest_done(struct outcomes *o, const char *jid)
{
	struct outcome *oldest = NULL;

	for (struct outcome *out = o->first; out; out = out->next)
		if (out->done && !strcmp(out->jid, jid))
			oldest = out;
	return oldest;
}

/*
 * Makes room for one more outcome of the JID: a free place, or one of the JID that holds
 * most. A JID that holds all that it may gives its own oldest. An outcome whose push
 * still runs is kept.
 */
static bool make_room(struct outcomes *o, const char *jid)
{
	struct quota_place *victim;
	enum quota_verdict verdict = quota_ask(&o->places, jid, true, &victim);
	struct outcome *gone = (struct outcome *)victim;

	if (verdict == QUOTA_YES)
		return true;
	if (verdict == QUOTA_NO)
		gone = oldest_done(o, jid);
	if (gone)
		destroy(o, gone);
	return gone;
}

void outcomes_begin(struct outcomes *o, const char *jid, const char *device, const char *id,
		    struct tail *tail, uint64_t now)
{
	struct outcome *out;

	expire(o, now);
	if (!make_room(o, jid)) {
		tail_finish(tail);
		return;
	}
	out = xcalloc(1, sizeof(*out));
	quota_take(&o->places, &out->place, jid, true);
	out->place.unfinished = false;
	out->jid = xstrdup(jid);
	out->device = xstrdup(device);
	out->id = xstrdup(id);
	out->tail = *tail;
	*tail = (struct tail){ .on = false };
	out->until = now + OUTCOME_KEPT;
	out->next = o->first;
	o->first = out;
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
	/* To the quota, an unfinished place is one that may have to make room. */
	out->place.unfinished = true;
	out->status = status;
	out->until = now + OUTCOME_KEPT;
}

/* Appends as much of the tail as one record takes; true if that was all. */
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

	expire(o, now);
	out = find(o, id);
	if (!out || strcmp(out->jid, jid) || strcmp(out->device, device) ||
	    offset < out->tail.from || offset > out->tail.from + buf_len(&out->tail.bytes)) {
		fields_add(fields, "state", "unknown");
		return;
	}
	fields_add(fields, "state", out->done ? "done" : "running");
	fields_add_u64(fields, "status", out->status);
	if (!put_data(&out->tail, offset, fields))
		fields_add(fields, "more", "1");
}
