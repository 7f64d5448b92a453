/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "blocklist.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bounds.h"
#include "hashtable.h"
#include "jid.h"

/*
 * Addresses are compared in their normal form (jid.h). A server may list an address that
 * has none, and stamp it on stanzas all the same: such an address is compared as it is.
 * XEP-0191 3.2 names the four forms of an entry.
 */

enum { ADDRESS_MAX = JID_FULL_MAX };

struct blocklist_entry {
	struct hashtable_node node;	/* first: hashtable_find() leads back to the entry */
	struct blocklist_entry *next, **at;	/* blocklist::first */
	char address[];
};

struct blocklist {
	struct hashtable by_address;
	struct blocklist_entry *first;	/* owned */
};

struct blocklist *blocklist_create(void)
{
	return xcalloc(1, sizeof(struct blocklist));
}

/* False if it is empty or too long. */
static bool normalise(const char *text, char out[ADDRESS_MAX])
{
	size_t n = strlen(text);

	if (n == 0 || n >= ADDRESS_MAX)
		return false;
	if (!jid_any(text, out))
		memcpy(out, text, n + 1);
	return *out != '/';
}

bool blocklist_add(struct blocklist *l, const char *address)
{
	char text[ADDRESS_MAX];
	struct blocklist_entry *e;

	if (!normalise(address, text))
		return false;
	if (hashtable_find(&l->by_address, text))
		return true;
	if (l->by_address.count >= BLOCKLIST_MAX)
		return false;
	e = xcalloc(1, sizeof(*e) + strlen(text) + 1);
	strcpy(e->address, text);
	hashtable_add(&l->by_address, &e->node, e->address);
	e->next = l->first;
	e->at = &l->first;
	if (e->next)
		e->next->at = &e->next;
	l->first = e;
	return true;
}

static void remove_entry(struct blocklist *l, struct blocklist_entry *e)
{
	*e->at = e->next;
	if (e->next)
		e->next->at = e->at;
	hashtable_remove(&l->by_address, &e->node);
	free(e);
}

void blocklist_remove(struct blocklist *l, const char *address)
{
	char text[ADDRESS_MAX];
	struct blocklist_entry *e = normalise(address, text)
				  ? (struct blocklist_entry *)hashtable_find(&l->by_address, text)
				  : NULL;

	if (e)
		remove_entry(l, e);
}

void blocklist_clear(struct blocklist *l)
{
	while (l->first)
		remove_entry(l, l->first);
}

void blocklist_destroy(struct blocklist *l)
{
	if (!l)
		return;
	blocklist_clear(l);
	hashtable_finish(&l->by_address);
	free(l);
}

static const char *find(const struct blocklist *l, const char *address)
{
	const struct blocklist_entry *e =
		(const struct blocklist_entry *)hashtable_find(&l->by_address, address);

	return e ? e->address : NULL;
}

const char *blocklist_hit(const struct blocklist *l, const char *jid)
{
	char text[ADDRESS_MAX];
	const char *hit, *domain;
	char *slash;

	if (!l->first || !normalise(jid, text))
		return NULL;
	hit = find(l, text);
	slash = strchr(text, '/');
	domain = strchr(text, '@');
	if (!hit && slash && domain && domain < slash)
		hit = find(l, domain + 1);	/* domain/resource */
	if (slash)
		*slash = '\0';
	domain = strchr(text, '@');
	if (!hit)
		hit = find(l, text);
	if (!hit && domain)
		hit = find(l, domain + 1);
	return hit;
}

const char *blocklist_next(const struct blocklist *l, const char *entry)
{
	const struct blocklist_entry *e = l->first;

	if (entry)
		e = ((const struct blocklist_entry *)(entry -
						      offsetof(struct blocklist_entry, address)))
			    ->next;
	return e ? e->address : NULL;
}
