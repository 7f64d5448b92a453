/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_HASHTABLE_H
#define CORE_HASHTABLE_H

/*
 * A table of things found by a string, for what grows with the roster. The
 * nodes are part of the things (the first member, so that a cast leads back);
 * the table owns nothing but its slots. Zero-initialise it.
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

/* Frees the slots; the nodes are their owner's. */
void hashtable_finish(struct hashtable *t);

#endif
