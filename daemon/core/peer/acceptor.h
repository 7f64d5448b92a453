/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ACCEPTOR_H
#define CORE_ACCEPTOR_H

/*
 * An acceptor: a path that somebody opened to us, until we know for which link
 * it is. TLS proves the key, the first record whose it is and which link is meant, the trust table
 * says whether it may have one; then it is the peer's, or it is closed.
 */

#include "peers.h"

enum acceptor_verdict {
	GREETING_TAKEN,		/* the offer was accepted or refused, and is answered */
	GREETING_UNKNOWN,	/* nobody is told that we know of bytestreams */
	GREETING_TOO_OFTEN,	/* nothing is answered */
};

/* An in-band path is offered from a full JID; offer is what peers::accept_inband takes. */
enum acceptor_verdict acceptor_offered(struct peers *all, const char *from, const void *offer);

/* A path whose handshake is complete, from a device of jid (bare); it is the acceptor's now. */
void acceptor_take(struct peers *all, struct path *path, const char *jid, const unsigned char *fp);

/* Those of jid are closed, or only of one device of it, where the key is known; without a word. */
void acceptors_revoke(struct peers *all, const char *jid, const char *device);

/* All of them are closed. */
void acceptors_end(struct peers *all);

#endif
