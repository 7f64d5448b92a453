/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TABLE_H
#define CORE_TABLE_H

/*
 * A table of things found by a string, for what grows with the roster. The
 * nodes are part of the things (the first member, so that a cast leads back);
 * the table owns nothing but its slots. Zero-initialise it.
 */

#include <stddef.h>
#include <stdint.h>

struct table_node {
	struct table_node *chain;
	const char *key;		/* borrowed; lives as long as the node is in the table */
	uint32_t hash;
};

struct table {
	struct table_node **slots;	/* owned */
	size_t size;			/* a power of two, or 0 */
	size_t count;
};

struct table_node *table_find(const struct table *t, const char *key);

/* The key must not be in the table yet. */
void table_add(struct table *t, struct table_node *node, const char *key);

/* The node must be in the table. */
void table_remove(struct table *t, struct table_node *node);

/* Frees the slots; the nodes are their owner's. */
void table_finish(struct table *t);

#endif
