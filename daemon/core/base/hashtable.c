/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hashtable.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

/*
 * Separate chaining, with at most one node a slot on average. The hash (FNV-1a) has no
 * secret: keys come from our own roster, and what strangers may add is bounded.
 */

enum { SLOTS_MIN = 16 };

static uint32_t hash_of(const char *key)
{
	uint32_t hash = 2166136261u;

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619u;
	return hash;
}

static struct hashtable_node **slot_of(const struct hashtable *t, uint32_t hash)
{
	return &t->slots[hash & (t->size - 1)];
}

static void push(struct hashtable *t, struct hashtable_node *node)
{
	struct hashtable_node **slot = slot_of(t, node->hash);

	node->chain = *slot;
	*slot = node;
}

static void grow(struct hashtable *t)
{
	struct hashtable_node **old = t->slots;
	size_t old_size = t->size;

	t->size = old_size ? old_size * 2 : SLOTS_MIN;
	t->slots = xcalloc(t->size, sizeof(*t->slots));
	for (size_t i = 0; i < old_size; i++) {
		struct hashtable_node *node = old[i];

		while (node) {
			struct hashtable_node *next = node->chain;

			push(t, node);
			node = next;
		}
	}
	free(old);
}

static struct hashtable_node *find(const struct hashtable *t, const char *key, uint32_t hash)
{
	if (!t->size)
		return NULL;
	for (struct hashtable_node *node = *slot_of(t, hash); node; node = node->chain)
		if (node->hash == hash && !strcmp(node->key, key))
			return node;
	return NULL;
}

struct hashtable_node *hashtable_find(const struct hashtable *t, const char *key)
{
	return t->count ? find(t, key, hash_of(key)) : NULL;
}

void hashtable_add(struct hashtable *t, struct hashtable_node *node, const char *key)
{
	uint32_t hash = hash_of(key);

	assert(!find(t, key, hash));
	if (t->count == t->size)
		grow(t);
	node->key = key;
	node->hash = hash;
	push(t, node);
	t->count++;
}

void hashtable_remove(struct hashtable *t, struct hashtable_node *node)
{
	struct hashtable_node **at = slot_of(t, node->hash);

	while (*at != node)
		at = &(*at)->chain;
	*at = node->chain;
	t->count--;
}

void hashtable_finish(struct hashtable *t)
{
	free(t->slots);
	memset(t, 0, sizeof(*t));
}
