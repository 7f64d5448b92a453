/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_IDENTITY_H
#define DAEMON_IDENTITY_H

/*
 * Who a broker is: the device key of its account, whom that account trusts, and the number of this
 * process under it. Another account is another identity, and nothing that is said on the wire under the
 * one is said under the other; without an account there is none. The key is held by a lock: no
 * two brokers of a machine are one device.
 */

#include "broker.h"

/*
 * Takes on that of the configured account, made if it has none yet, in the place of the present one. No path
 * and no listener may be left. 0, or -1 with *trouble: then the broker has none, and an empty trust table that is never saved.
 */
int identity_assume(struct broker *b, struct message *trouble);

/* Whether the present one is the configured account's. */
bool identity_fits(const struct broker *b);

void identity_finish(struct broker *b);

#endif
