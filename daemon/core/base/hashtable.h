/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_HASHTABLE_H
#define CORE_HASHTABLE_H

/*
 * A hash table with strings as keys, for what grows with the roster. A node is the first
 * member of the thing that it finds, so that a cast leads back. The table owns its slots
 * and nothing else. Zero it before the first use.
 */

#include <stddef.h>
#include <stdint.h>

struct hashtable_node {
	struct hashtable_node *chain;
	const char *key;		/* borrowed; lives as long as the node is in the table */
	uint32_t hash;
};

struct hashtable {
	struct hashtable_node **slots;	/* owned */
	size_t size;			/* a power of two, or 0 */
	size_t count;
};

struct hashtable_node *hashtable_find(const struct hashtable *t, const char *key);

/* The key must not be in the table yet. */
void hashtable_add(struct hashtable *t, struct hashtable_node *node, const char *key);

/* The node must be in the table. */
void hashtable_remove(struct hashtable *t, struct hashtable_node *node);

/* Frees the slots. The nodes belong to their owners. */
void hashtable_finish(struct hashtable *t);

#endif
