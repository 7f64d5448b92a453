/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_BLOCKLIST_H
#define CORE_BLOCKLIST_H

/*
 * The server's blocklist (XEP-0191), as read at login and changed by pushes. An entry is a
 * bare JID, a full JID, a domain, or a domain with a resource. At most BLOCKLIST_MAX
 * entries are kept here; the server itself acts on all of them.
 */

#include <stdbool.h>

struct blocklist;

struct blocklist *blocklist_create(void);
void blocklist_destroy(struct blocklist *l);

/* False if address is no address, or one too many. To add an entry twice is fine. */
bool blocklist_add(struct blocklist *l, const char *address);
void blocklist_remove(struct blocklist *l, const char *address);
void blocklist_clear(struct blocklist *l);

/*
 * The entry that blocks jid, or NULL. A bare JID is blocked by its own entry or its
 * domain's, a full JID also by an entry with its resource. Valid until the list changes.
 */
const char *blocklist_hit(const struct blocklist *l, const char *jid);

/* The entry after this one, or the first after NULL; NULL at the end. */
const char *blocklist_next(const struct blocklist *l, const char *entry);

#endif
