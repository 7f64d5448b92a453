/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_KEYRING_H
#define DAEMON_KEYRING_H

/*
 * The keys of other devices, in the account's trust table. A change is written to the disk
 * at once or undone; for the exception see keyring_save().
 */

#include "backoff-timer.h"
#include "context.h"
#include "identity.h"

struct keyring_events {
	/* A device of jid is new in the table, which is not saved yet. */
	void (*met)(void *owner, const char *jid);
	/*
	 * A device of jid is trusted from now on: what waited for a trusted device of
	 * theirs goes on.
	 */
	void (*granted)(void *owner, const char *jid);
};

struct keyring {
	struct context *context;		/* borrowed, as the identity is */
	const struct identity *identity;
	const struct message *trouble;		/* why there is no identity; borrowed */
	const struct keyring_events *events;
	void *owner;
	/* runs until a change that keyring_save() could not write is written */
	struct backoff_timer unsaved;
};

/* Sets up the timer. The caller fills in the other members. */
void keyring_begin(struct keyring *k, uv_loop_t *loop);

/*
 * Tries once more to write what could not be written. To be called before the identity
 * changes.
 */
void keyring_settle(struct keyring *k);

/* Ends what keyring_begin() began. */
void keyring_end(struct keyring *k);

/*
 * Around each change of the trust table, so that no change is lost at the next start.
 * keyring_remember() writes the table as it is into `before`. keyring_keep() saves the
 * changed table and empties `before`. It returns 0, or -1 with *trouble: then the table is
 * as before, and pointers into it are invalid.
 *
 * A change that takes a right away is different, if the user is not there to be told of a
 * failure: it is better lost at the next start than not done. keyring_save() keeps such a
 * change, logs the failure, and tries again until the table is on the disk.
 */
void keyring_remember(const struct keyring *k, struct buf *before);
int keyring_keep(struct keyring *k, struct buf *before, struct message *trouble);
void keyring_save(struct keyring *k);

/*
 * A device showed its key. An unknown one is added to the table and logged. Returns its
 * state from now on.
 */
enum trust_state keyring_meet(struct keyring *k, const char *jid, const unsigned char *fp);

#endif
