/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_RING_H
#define CORE_RING_H

/*
 * A list whose elements are part of the things in it and can leave it from
 * anywhere. The head is an element, too; by itself it is a ring of one.
 */

#include <stdbool.h>

struct ring {
	struct ring *next, *prev;
};

static inline void ring_init(struct ring *r)
{
	r->next = r->prev = r;
}

static inline bool ring_alone(const struct ring *r)
{
	return r->next == r;
}

/* r is alone before. */
static inline void ring_append(struct ring *head, struct ring *r)
{
	r->next = head;
	r->prev = head->prev;
	head->prev->next = r;
	head->prev = r;
}

/* r is alone afterwards; it may have been before. */
static inline void ring_remove(struct ring *r)
{
	r->next->prev = r->prev;
	r->prev->next = r->next;
	ring_init(r);
}

#endif
