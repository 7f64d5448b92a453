/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_KEYRING_H
#define DAEMON_KEYRING_H

/*
 * The keys of other devices, as the account's trust table has them: kept on the disk with each
 * change, or not changed.
 */

#include "backoff-timer.h"
#include "context.h"
#include "identity.h"

struct keyring_events {
	/* A device of jid is new in the table, which is not saved yet. */
	void (*met)(void *owner, const char *jid);
	/* A device of theirs is trusted from now on: what waited for one that is online goes on. */
	void (*granted)(void *owner, const char *jid);
};

struct keyring {
	struct context *context;		/* borrowed, as the identity is */
	const struct identity *identity;
	const struct message *trouble;		/* why there is no identity; borrowed */
	const struct keyring_events *events;
	void *owner;
	/* until what keyring_save() could not keep is kept */
	struct backoff_timer unsaved;
};

/* The other members are filled in by the caller. */
void keyring_begin(struct keyring *k, uv_loop_t *loop);

/* The last chance of what could not be kept before: the identity is to be another one. */
void keyring_settle(struct keyring *k);

/* The end; keyring_begin() was called. */
void keyring_end(struct keyring *k);

/*
 * Around each change of the trust table: what cannot be kept does not happen. keyring_keep()
 * empties before; it returns 0, or -1 with *trouble set, the table as before and nothing in it
 * at its old place. What takes something away from somebody is better forgotten at the next start
 * than not done at all, where the user is not there to be told: keyring_save() keeps the change,
 * logs, and tries again until it is on the disk.
 */
void keyring_remember(const struct keyring *k, struct buf *before);
int keyring_keep(struct keyring *k, struct buf *before, struct message *trouble);
void keyring_save(struct keyring *k);

/*
 * A device showed its key: an unknown one is remembered, and said in the log.
 * What it is from now on.
 */
enum trust_state keyring_meet(struct keyring *k, const char *jid, const unsigned char *fp);

#endif
