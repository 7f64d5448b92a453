/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_REVOCATION_H
#define DAEMON_REVOCATION_H

/*
 * The end of everything that runs for somebody who has lost a right, at once: not
 * a byte goes either way from then on. The right itself (trust table, roster, blocks,
 * shares) was taken away before, so that nothing begins anew.
 */

#include "broker.h"

enum revocation {
	REVOKED_REMOVED,	/* a buddy no more */
	REVOKED_DISTRUSTED,	/* the key */
	REVOKED_BLOCKED,	/* and is not told: no word goes out */
};

/*
 * Links, acceptors and paths of jid, our sessions with them and git processes that serve them; of
 * one device, or with NULL of all. A push that had arrived whole may finish, and the journal says
 * so. Queued pushes to who is a buddy no more fail.
 */
void revoke_rights(struct broker *b, const char *jid, const char *device, enum revocation why);

#endif
