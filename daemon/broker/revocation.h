/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_REVOCATION_H
#define DAEMON_REVOCATION_H

/*
 * Ends at once all that runs for somebody who has lost a right; not a byte goes either way
 * afterwards. The caller has taken the right itself away before (trust table, roster,
 * blocks, shares), so nothing begins anew.
 */

#include "broker.h"

enum revocation {
	REVOKED_REMOVED,	/* no longer a buddy */
	REVOKED_DISTRUSTED,	/* the key was distrusted */
	REVOKED_BLOCKED,	/* blocked; they are not told, so nothing is sent */
};

/*
 * Ends links, acceptors and paths of jid, our sessions with them, and git processes that
 * serve them: for one device, or for all if device is NULL. A push that had arrived whole
 * may finish, and the journal says so. If jid is no longer a buddy, queued pushes to them
 * fail.
 */
void revoke_rights(struct broker *b, const char *jid, const char *device, enum revocation why);

/*
 * The same for each device of jid that is not trusted: where one loses its trust, so may those
 * for which it vouched.
 */
void revoke_untrusted(struct broker *b, const char *jid);

#endif
