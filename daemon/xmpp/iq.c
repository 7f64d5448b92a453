/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "iq.h"

/*
 * A table of slots; the free ones form a list. A handle is a slot's index and its generation,
 * which changes with each use. The id on the wire is the connection's prefix and the handle.
 * So a late answer to an earlier request of the same slot matches nothing.
 *
 * t->earliest is a lower bound of the deadlines: removing a request does not search for the
 * next deadline. When the bound is reached and nothing has expired, one walk over the table
 * makes it exact; that happens once in many thousand requests.
 */

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "hex.h"
#include "jid.h"

enum { SLOT_BITS = 16, SLOT_NONE = UINT16_MAX, SLOTS_FIRST = 16 };

struct slot {
	bool waits;		/* for an answer; else the slot is free */
	struct iq_request request;
	char *to;		/* owned; NULL: our own account */
	uint64_t deadline;
	uint32_t generation;
	uint16_t next_free;
};

struct iq_table {
	char prefix[2 * IQ_PREFIX_BYTES + 1];
	struct slot *slots;	/* owned */
	uint16_t allocated, free;
	size_t pending;
	uint64_t earliest;	/* no deadline is before it */
	uint32_t unawaited;	/* counts the ids without a slot */
};

struct iq_table *iq_create(void)
{
	struct iq_table *t = xcalloc(1, sizeof(*t));

	t->free = SLOT_NONE;
	t->earliest = UINT64_MAX;
	return t;
}

void iq_destroy(struct iq_table *t)
{
	if (!t)
		return;
	assert(t->pending == 0);
	free(t->slots);
	free(t);
}

void iq_tell(const struct iq_request *request, const char *error, struct iq_rows *rows)
{
	if (request->rows_answer)
		request->rows_answer(request->arg, error, rows);
	else
		request->answer(request->arg, error);
}

void iq_begin(struct iq_table *t, const unsigned char prefix[IQ_PREFIX_BYTES])
{
	assert(t->pending == 0);
	hex_encode(prefix, IQ_PREFIX_BYTES, t->prefix);
}

static void grow(struct iq_table *t)
{
	uint16_t from = t->allocated, to = from ? from * 2 : SLOTS_FIRST;

	t->slots = xrealloc(t->slots, to * sizeof(*t->slots));
	memset(t->slots + from, 0, (to - from) * sizeof(*t->slots));
	for (uint16_t i = to; i-- > from;) {
		t->slots[i].next_free = t->free;
		t->free = i;
	}
	t->allocated = to;
}

uint64_t iq_add(struct iq_table *t, const char *to, uint64_t deadline,
		const struct iq_request *request)
{
	struct slot *slot;
	uint16_t index;

	assert(!request->answer != !request->rows_answer);
	if (request->of_path ? !iq_path_fits(t) : t->pending == IQ_PENDING_MAX)
		return 0;
	if (t->free == SLOT_NONE)
		grow(t);
	index = t->free;
	slot = &t->slots[index];
	t->free = slot->next_free;
	slot->waits = true;
	slot->request = *request;
	slot->to = xstrdup(to);
	slot->deadline = deadline;
	if (++slot->generation == 0)
		slot->generation = 1;	/* 0 is no handle */
	t->pending++;
	if (deadline < t->earliest)
		t->earliest = deadline;
	return (uint64_t)slot->generation << SLOT_BITS | index;
}

bool iq_path_fits(const struct iq_table *t)
{
	return t->pending < IQ_PENDING_MAX - IQ_OWN_PLACES;
}

void iq_id(const struct iq_table *t, uint64_t handle, char out[IQ_ID_MAX])
{
	snprintf(out, IQ_ID_MAX, "%s%" PRIx64, t->prefix, handle);
}

void iq_unawaited_id(struct iq_table *t, char out[IQ_ID_MAX])
{
	/* No handle begins with a dash. */
	snprintf(out, IQ_ID_MAX, "%s-%" PRIx32, t->prefix, ++t->unawaited);
}

/* The slot of a handle, or NULL if the request does not wait any more. */
static struct slot *slot_of(const struct iq_table *t, uint64_t handle)
{
	uint16_t index = handle & UINT16_MAX;
	struct slot *slot;

	if (index >= t->allocated)
		return NULL;
	slot = &t->slots[index];
	return slot->waits && slot->generation == handle >> SLOT_BITS ? slot : NULL;
}

static uint64_t handle_of_id(const struct iq_table *t, const char *id)
{
	size_t prefix = strlen(t->prefix);
	uint64_t handle = 0;
	const char *p;

	if (prefix == 0 || strncmp(id, t->prefix, prefix) != 0)
		return 0;
	p = id + prefix;
	if (!*p || *p == '0' || strlen(p) > 16)
		return 0;
	for (; *p; p++) {
		if (*p >= '0' && *p <= '9')
			handle = handle << 4 | (*p - '0');
		else if (*p >= 'a' && *p <= 'f')
			handle = handle << 4 | (*p - 'a' + 10);
		else
			return 0;
	}
	return handle;
}

static bool same(const char *a, const char *b)
{
	return a && b && jid_same(a, b);
}

/* RFC 6120 8.1.2.1: our own server may leave `from` out, or answer as our bare JID. */
static bool is_from(const struct slot *slot, const char *from, const struct iq_self *self)
{
	if (slot->to && same(slot->to, from))
		return true;
	if (slot->to && !same(slot->to, self->bare) && !same(slot->to, self->domain))
		return false;
	return !from || same(from, self->bare) || same(from, self->domain) ||
	       (!slot->to && same(from, self->full));
}

static void release(struct iq_table *t, struct slot *slot, struct iq_request *out)
{
	*out = slot->request;
	free(slot->to);
	slot->to = NULL;
	slot->waits = false;
	slot->next_free = t->free;
	t->free = slot - t->slots;
	if (--t->pending == 0)
		t->earliest = UINT64_MAX;
}

bool iq_take(struct iq_table *t, const char *id, const char *from, const struct iq_self *self,
	     struct iq_request *out)
{
	struct slot *slot = id ? slot_of(t, handle_of_id(t, id)) : NULL;

	if (!slot || !is_from(slot, from, self))
		return false;
	release(t, slot, out);
	return true;
}

bool iq_take_expired(struct iq_table *t, uint64_t now, struct iq_request *out)
{
	uint64_t earliest = UINT64_MAX;

	if (now < t->earliest)
		return false;
	for (uint16_t i = 0; i < t->allocated; i++) {
		struct slot *slot = &t->slots[i];

		if (!slot->waits)
			continue;
		if (slot->deadline <= now) {
			release(t, slot, out);
			return true;
		}
		if (slot->deadline < earliest)
			earliest = slot->deadline;
	}
	t->earliest = earliest;
	return false;
}

bool iq_take_any(struct iq_table *t, struct iq_request *out)
{
	for (uint16_t i = 0; t->pending && i < t->allocated; i++) {
		if (!t->slots[i].waits)
			continue;
		release(t, &t->slots[i], out);
		return true;
	}
	return false;
}

bool iq_forget(struct iq_table *t, uint64_t handle)
{
	struct slot *slot = slot_of(t, handle);
	struct iq_request unused;

	if (!slot)
		return false;
	release(t, slot, &unused);
	return true;
}

uint64_t iq_deadline(const struct iq_table *t)
{
	return t->earliest;
}

size_t iq_pending(const struct iq_table *t)
{
	return t->pending;
}
