/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ADMISSION_H
#define CORE_ADMISSION_H

/*
 * What both sides of an invitation do when its secret was proven: the inviter judges the proof
 * and lets the joiner in, once; either side verifies the other's key. The joiner's way there is
 * join-attempt.c.
 *
 * Pure.
 */

#include "context.h"
#include "fields.h"
#include "message.h"

struct admission_ops {
	/*
	 * Around a change of the table of invitations. keep_invitations() saves it. Or it puts
	 * the table back as it was and returns false with *trouble; then pointers into the table
	 * are invalid.
	 */
	void (*remember_invitations)(void *arg);
	bool (*keep_invitations)(void *arg, struct message *trouble);
	/*
	 * The same around a change of the trust table, for which nothing may have changed.
	 * keep_trust() saves with it what the roster says of jid.
	 */
	void (*remember_trust)(void *arg);
	bool (*keep_trust)(void *arg, const char *jid, struct message *trouble);
	/*
	 * A device of jid is verified, and the table is saved. Asks jid for a subscription, or
	 * grants theirs, as add does; our own account needs none. The inviter's request follows
	 * the joiner's by itself.
	 */
	void (*admitted)(void *arg, const char *jid, bool as_inviter);
	/* one was used, by one->jid, who is admitted. Gives the right that it names. */
	void (*used)(void *arg, const struct invitation *one);
	/* jid has used one in vain; NULL: they know the secret of none. */
	void (*refused)(void *arg, const char *jid, const struct invitation *one, const char *why);
};

/* Of an account; all pointers are borrowed. */
struct admission {
	struct context *context;
	const struct admission_ops *ops;
	void *arg;
};

/* Verifies the device with this key. False with *trouble if nothing was changed. */
bool admission_admit(struct admission *a, const char *jid, const unsigned char *fp, bool as_inviter,
		     struct message *trouble);

/*
 * For the inviter: a device of jid with this key has said MEET kind=join, with these fields, in
 * a meeting of this exporter. Appends the fields of the answer. True if they have joined; then
 * what the invitation gives is on the disk.
 */
bool admission_answer(struct admission *a, const char *jid, const unsigned char *fp,
		      const unsigned char exporter[JOIN_EXPORTER_BYTES], struct fields said,
		      struct buf *answer);

#endif
