/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_TWIN_WATCH_H
#define DAEMON_TWIN_WATCH_H

/*
 * Watches for another machine that is online as this device (core/account/twin.h), records
 * the finding, and makes one of the two stop.
 */

#include "broker.h"

/*
 * A resource of our own account, other than this connection, showed our device id, or went
 * offline.
 */
void twin_watch_seen(struct broker *b, const char *full);
void twin_watch_gone(struct broker *b, const char *full);

/*
 * The connection's state has changed. When it ends, all findings are forgotten; account.c
 * may itself have found a twin (MSG_COPIED).
 */
void twin_watch_state(struct broker *b, enum account_state state, const struct message *trouble);

#endif
