/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_TWIN_WATCH_H
#define DAEMON_TWIN_WATCH_H

/*
 * Another machine that is online as this device (core/twin.h): found out, said, and one of the
 * two stops.
 */

#include "broker.h"

/* A presence of our own account, not of this connection, that carries our device id. */
void twin_watch_seen(struct broker *b, const char *full);
void twin_watch_gone(struct broker *b, const char *full);

/*
 * The state of the connection: what is known ends with it, and account.c may have found a twin
 * itself.
 */
void twin_watch_state(struct broker *b, enum account_state state, const struct message *trouble);

#endif
