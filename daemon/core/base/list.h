/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_LIST_H
#define CORE_LIST_H

/*
 * A doubly linked ring whose elements are members of the things in the list. An element
 * can be removed without its head. The head is an element, too; alone it is an empty list.
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

/* Adds r at the end. r must be alone. */
static inline void list_append(struct list *head, struct list *r)
{
	r->next = head;
	r->prev = head->prev;
	head->prev->next = r;
	head->prev = r;
}

/* Removes r, which is alone then. To remove one that is alone is fine. */
static inline void list_remove(struct list *r)
{
	r->next->prev = r->prev;
	r->prev->next = r->next;
	list_init(r);
}

#endif
