/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_IDENTITY_H
#define DAEMON_IDENTITY_H

/*
 * Who a broker is: the device key of its account, whom that account trusts, and the number of this
 * process under it. Another account is another identity, and nothing that is said on the wire
 * under the one is said under the other; without an account there is none. The key is held by a
 * lock: no two brokers of a machine are one device.
 */

#include <stdbool.h>

#include "context.h"
#include "message.h"

struct device_key;

struct identity {
	char account[JID_MAX];		/* whose key and trust these are; empty: nobody's */
	struct device_key *key;		/* owned; NULL: there is none */
	int lock;			/* held while there is a key */
};

/*
 * Takes on that of an account (NULL: of none), made if it has none yet, in the place of the
 * present one, and tells the context. No path and no listener may be left. 0, or -1 with
 * *trouble: then there is none, and an empty trust table that is never saved.
 */
int identity_assume(struct identity *id, struct context *c, const char *account,
		    struct message *trouble);

/* Whether the present one is that account's. */
bool identity_fits(const struct identity *id, const char *account);

void identity_finish(struct identity *id, struct context *c);

#endif
