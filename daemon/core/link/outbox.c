/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox.h"

#include <assert.h>
#include <stdlib.h>

#include "alloc.h"

/*
 * One list in the order of the numbers. Acknowledged records leave at the front, new ones
 * come in at the end, and a pointer between marks the next one to send. A replay moves
 * this pointer back to the front.
 */

static void forget_first(struct outbox *o)
{
	struct outgoing *r = o->first;

	o->first = r->next;
	if (!o->first)
		o->last = NULL;
	if (o->unsent == r)
		o->unsent = r->next;
	o->bytes -= RECORD_HEADER + r->len;
	o->control -= r->control;
	free(r);
}

void outbox_finish(struct outbox *o)
{
	while (o->first)
		forget_first(o);
}

uint8_t *outbox_add(struct outbox *o, enum record_type type, size_t len, bool control)
{
	struct outgoing *r;

	assert(record_type_numbered(type) && len <= RECORD_PAYLOAD_MAX);
	r = xmalloc(sizeof(*r) + len);
	*r = (struct outgoing){
		.number = ++o->queued, .type = type, .control = control, .len = len
	};
	if (o->last)
		o->last->next = r;
	else
		o->first = r;
	o->last = r;
	if (!o->unsent)
		o->unsent = r;
	o->bytes += RECORD_HEADER + len;
	o->control += control;
	return r->payload;
}

bool outbox_send(struct outbox *o, struct buf *out)
{
	struct outgoing *r = o->unsent;

	if (!r)
		return false;
	record_put(out, r->type, r->number, r->payload, r->len);
	if (r->number > o->sent)
		o->sent = r->number;
	o->unsent = r->next;
	return true;
}

bool outbox_plausible(const struct outbox *o, uint64_t number)
{
	return number >= o->acked && number <= o->sent;
}

void outbox_ack(struct outbox *o, uint64_t number)
{
	assert(outbox_plausible(o, number));
	while (o->first && o->first->number <= number)
		forget_first(o);
	o->acked = number;
}

void outbox_rewind(struct outbox *o)
{
	o->unsent = o->first;
}

bool outbox_waiting(const struct outbox *o)
{
	return o->sent > o->acked;
}
