/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ACCEPTOR_H
#define CORE_ACCEPTOR_H

/*
 * An acceptor holds a path that another device opened to us, until we know for which link it
 * is. TLS proves the device's key. The first record, HELLO, names both accounts and the link.
 * The trust table says whether the device may have a link. Then a peer takes the path, or it
 * is closed. A HELLO may ask for a meeting instead, which needs no trust: then that takes it.
 */

#include "peers.h"

enum acceptor_verdict {
	GREETING_TAKEN,		/* the offer was accepted or refused, and the sender was told */
	GREETING_UNKNOWN,	/* the caller has to answer as a client without bytestreams does */
	GREETING_TOO_OFTEN,	/* the sender opens too often and gets no answer */
};

/*
 * An in-band path is offered by the full JID `from`, as a bytestream with this sid. offer: as
 * for peers::accept_inband.
 */
enum acceptor_verdict acceptor_offered(struct peers *all, const char *from, const char *sid,
				       const void *offer);

/*
 * Takes over a path whose handshake is complete and proved the key fp. jid: bare, whose device
 * it should be; HELLO has to confirm that.
 */
void acceptor_take(struct peers *all, struct path *path, const char *jid, const unsigned char *fp);

/*
 * Closes the acceptors of jid, or, if device is not NULL, of that device only. One whose key
 * is not known yet may be the device's and is closed, too. No last word is sent.
 */
void acceptors_revoke(struct peers *all, const char *jid, const char *device);

/* Closes all acceptors. */
void acceptors_end(struct peers *all);

#endif
