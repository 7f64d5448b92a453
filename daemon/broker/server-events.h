/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SERVER_EVENTS_H
#define DAEMON_SERVER_EVENTS_H

/*
 * Passes what XMPP says to the parts of the broker that it concerns, and what other parts learn
 * of a buddy's being there, which a server need not say.
 */

#include <stdbool.h>

#include "account-events.h"
#include "broker.h"

/* The owner is the broker. */
extern const struct account_events broker_account_events;

/*
 * Whether a trusted device of jid is online. Also true for somebody who is no longer a buddy:
 * they will not appear, so a push that is queued for them is tried, and fails with that reason.
 */
bool broker_reaches(const struct broker *b, const char *jid);

/* Without a connection we know of no presence. */
void broker_forget_presences(struct broker *b);

/* Somebody has answered at this full JID, and the presence table does not know of them yet. */
void broker_answered(struct broker *b, const char *full);

/*
 * A device that was seen at this full JID is offline. The presence table knows that already.
 */
void broker_device_gone(struct broker *b, const char *full, const char *device);
/* A device has opened a path from this full JID and proved its identity: it is online. */
void broker_met_at(struct broker *b, const char *full, const char *device);

/*
 * A link with a device of jid has come up: the device is there, whatever its presence says.
 * Follows and queued pushes that waited for jid go on.
 */
void broker_linked(struct broker *b, const char *jid);

/*
 * The user has just trusted a device of jid. If one is reachable, follows and queued pushes
 * that waited for jid go on.
 */
void broker_trust_granted(struct broker *b, const char *jid);

/*
 * Opens links with the devices of jid that are online and whose key is unknown, so that they
 * show it. Only if the first device of jid is expected or jid is our own account, unless
 * unknown is true.
 */
void broker_meet_devices(struct broker *b, const char *jid, bool unknown);

#endif
