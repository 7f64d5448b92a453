/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_IDENTITY_H
#define DAEMON_IDENTITY_H

/*
 * The broker's identity: the device key of its account, the account's trust table, and the
 * random instance of this process under it. Another account is another identity: nothing
 * that was said under one is said under the other. Without an account there is no
 * identity. A lock on the key prevents that two brokers of a machine are one device.
 */

#include <stdbool.h>

#include "context.h"
#include "message.h"

struct device_key;

struct identity {
	char account[JID_MAX];		/* whose key and trust table these are; empty: no account */
	struct device_key *key;		/* owned; NULL: there is none */
	int lock;			/* descriptor, held while there is a key */
};

/*
 * Replaces the present identity by the one of account (NULL: of no account), and tells the
 * context. The key is made if the account has none yet. No path and no listener may be
 * left. Returns 0, or -1 with *trouble: then there is no identity, and an empty trust
 * table that is never saved.
 */
int identity_assume(struct identity *id, struct context *c, const char *account,
		    struct message *trouble);

/* Whether the present identity is the one of account. */
bool identity_fits(const struct identity *id, const char *account);

/*
 * Locks the key of an account: two brokers with one key would throw each other off the
 * server. Returns the descriptor, or -1 with *trouble.
 */
int identity_lock(const char *account, struct message *trouble);

void identity_finish(struct identity *id, struct context *c);

#endif
