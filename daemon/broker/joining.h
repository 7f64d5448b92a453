/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_JOINING_H
#define DAEMON_JOINING_H

/*
 * What both sides of an invitation do when its secret was proven. The joiner's way
 * there is join-attempt.c.
 */

#include "broker.h"

/*
 * Verifies the device with this key, and asks jid for a subscription, or grants theirs, as add
 * does; our own account needs none. The inviter's request follows the joiner's by itself. False
 * with *trouble if nothing was changed.
 */
bool joining_admit(struct broker *b, const char *jid, const unsigned char *fp, bool as_inviter,
		   struct message *trouble);

/*
 * For the inviter: a device of jid with this key has said MEET kind=join, with these fields, in
 * a meeting of this exporter. Appends the fields of the answer. True if they have joined; then
 * what the invitation gives is on the disk.
 */
bool joining_answer(struct broker *b, const char *jid, const unsigned char *fp,
		    const unsigned char exporter[JOIN_EXPORTER_BYTES], struct fields said,
		    struct buf *answer);

#endif
