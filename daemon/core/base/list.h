/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_LIST_H
#define CORE_LIST_H

/*
 * A list whose elements are part of the things in it and can leave it from
 * anywhere. The head is an element, too; by itself it is a list of one.
 */

#include <stdbool.h>

struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *r)
{
	r->next = r->prev = r;
}

static inline bool list_alone(const struct list *r)
{
	return r->next == r;
}

/* r is alone before. */
static inline void list_append(struct list *head, struct list *r)
{
	r->next = head;
	r->prev = head->prev;
	head->prev->next = r;
	head->prev = r;
}

/* r is alone afterwards; it may have been before. */
static inline void list_remove(struct list *r)
{
	r->next->prev = r->prev;
	r->prev->next = r->next;
	list_init(r);
}

#endif
