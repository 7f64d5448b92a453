/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_BLOCKLIST_H
#define CORE_BLOCKLIST_H

/*
 * The server's list of who is blocked (XEP-0191), as it was told at login and by
 * pushes. An entry is a bare JID, a full JID, a domain, or a domain with a
 * resource. BLOCKLIST_MAX entries are kept; the server acts on all of them.
 */

#include <stdbool.h>

struct blocklist;

struct blocklist *blocklist_create(void);
void blocklist_destroy(struct blocklist *l);

/* False if that is no address, or one too many. Adding what is there is fine. */
bool blocklist_add(struct blocklist *l, const char *address);
void blocklist_remove(struct blocklist *l, const char *address);
void blocklist_clear(struct blocklist *l);

/*
 * The entry that blocks a bare JID (itself, or its domain), or a full one (these, or just
 * that resource); NULL if none does. Valid until the list changes.
 */
const char *blocklist_hit(const struct blocklist *l, const char *jid);

/* The entry after this one, or the first after NULL; NULL at the end. */
const char *blocklist_next(const struct blocklist *l, const char *entry);

#endif
