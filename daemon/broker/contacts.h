/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CONTACTS_H
#define DAEMON_CONTACTS_H

/*
 * The contacts of the account: joins what the server says of them with what the user
 * decided. A contact who is removed from the roster, loses the subscription to us, or is
 * blocked, by any client, is suspended, and all that runs for them ends. A subscription
 * request is granted only while the user's own add or accept of that contact is open.
 */

#include "broker.h"

/* Handlers of struct account_events; owner is the broker. */
void contacts_roster_begin(void *owner);
void contacts_roster_end(void *owner);
void contacts_roster(void *owner, const char *bare, enum subscription subscription, bool asked,
		     bool removed);
void contacts_refused(void *owner, const char *bare, const char *condition);
void contacts_blocklist(void *owner, struct iq_rows *rows);
void contacts_blocking(void *owner, bool blocked, struct iq_rows *rows);
void contacts_subscription(void *owner, const char *bare, const char *kind);

/*
 * We are online: tells the contacts who are blocked only here, and see our presence, that we
 * are unavailable.
 */
void contacts_online(struct broker *b);

/*
 * Copies what the roster says of jid to a new entry of the trust table. Does not save the
 * table.
 */
void contacts_note(struct broker *b, const char *jid);

/*
 * Asks for a subscription to jid ("git xmpp add"), unless that was done just now. The roster
 * shows the request at once.
 */
void contacts_ask(struct broker *b, const char *jid);

#endif
