/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CONTACTS_H
#define DAEMON_CONTACTS_H

/*
 * The contacts of the account: what the server says of them, joined with what
 * the user decided. Whoever is taken out of the roster, not allowed to see us any more, or
 * blocked, by whatever client, is suspended and shut out; whoever asks is answered with yes
 * only while the user's own add or accept of them is open.
 */

#include "broker.h"

/* As struct account_events has them; owner is the broker. */
void contacts_roster_begin(void *owner);
void contacts_roster_end(void *owner);
void contacts_roster(void *owner, const char *bare, enum subscription subscription, bool asked,
		     bool removed);
void contacts_refused(void *owner, const char *bare, const char *condition);
void contacts_blocklist(void *owner, struct iq_rows *rows);
void contacts_blocking(void *owner, bool blocked, struct iq_rows *rows);
void contacts_subscription(void *owner, const char *bare, const char *kind);

/* We are online: who is blocked here only, and would see it, does not. */
void contacts_online(struct broker *b);

/*
 * Whether jid is shown our presence: only they need to be told that it ends,
 * and nobody else is to know of it.
 */
bool contacts_sees_us(const struct broker *b, const char *jid);
/* Whether we are shown theirs. */
bool contacts_we_see(const struct broker *b, const char *jid);

/*
 * What the roster says of jid is remembered with a new entry of the trust
 * table, which is not saved by this.
 */
void contacts_note(struct broker *b, const char *jid);

/*
 * Asks to see jid: "git xmpp add". The roster says so at once. Not again if
 * that was done just now.
 */
void contacts_ask(struct broker *b, const char *jid);

#endif
