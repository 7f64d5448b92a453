/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_ACCOUNT_MOVE_H
#define DAEMON_ACCOUNT_MOVE_H

/*
 * The user has another account, and this device goes there: its key, the trust table, the
 * notices and the invitations of others that wait to be used become files of the new address.
 * Nothing of them stays at the old one but a file "moved" with the new address. While that is
 * there, and no key, the old address has no device on this machine, and none is made.
 *
 * Its own invitations do not go along: each names the old address, where nobody answers any more.
 */

#include <stdbool.h>

#include "message.h"
#include "trust.h"

/* Whether the device of `from` was moved to `to` on this machine. */
bool account_move_done(const char *from, const char *to);

/*
 * Whether `to` has room for the device. -1 with *trouble: another device of this machine was
 * used under that address and trusts somebody, or shuts them out; or another broker uses it.
 */
int account_move_check(const char *to, struct message *trouble);

/*
 * Moves the device. trust is the table as it is to be at `to` (trust_move_self()). The broker
 * may hold the lock of `from`, and must use neither identity until it is over. Until the key
 * is renamed, which is one step, all of it is at `from`; from then on it is at `to`. 0, or -1
 * with *trouble: then it is at `from`, and the same may be tried again.
 */
int account_move(const char *from, const char *to, const struct trust *trust,
		 struct message *trouble);

/* What may be left after a crash: removes from the old address what is at the new one. */
void account_move_tidy(const char *from, const char *to);

#endif
