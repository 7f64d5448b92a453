/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_ACCOUNTS_COMMAND_H
#define DAEMON_ACCOUNTS_COMMAND_H

/*
 * What clients want of the accounts. A client is for one account, which is chosen as
 * account-list.h says; the fields "account" (a name or an address) and "account-here"
 * (xmpp.account in the client's repository) of its first frame have a say. The client is then
 * given to that account's broker, and to it alone. A few verbs are for all accounts, and are
 * run here.
 */

#include "conn.h"

/* With struct accounts as their owner. */
extern const struct control_events accounts_control_events;

#endif
