/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_INBAND_H
#define DAEMON_INBAND_H

/*
 * The in-band path: an XEP-0047 bytestream to one full JID with TLS in it.
 * Its owner gets plaintext and gives plaintext; the stanzas, the
 * acknowledgements and the handshake are its own business. It lives until it
 * is closed by its owner or says closed, whichever is first.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "buf.h"
#include "tls.h"
#include "xmpp.h"

struct inband;

struct inband_events {
	/* The handshake is complete; is the key one we talk to? inband_close() is allowed. */
	void (*established)(void *owner, const unsigned char *fp);
	/* Decrypted bytes; the owner consumes what it can. */
	void (*plain)(void *owner, struct buf *plain);
	/* The path takes about max bytes of plaintext now: append them; how many. */
	size_t (*fill)(void *owner, struct buf *out, size_t max);
	/* It is over, and freed after this. why is a short phrase for the log and the user. */
	void (*closed)(void *owner, const char *why);
};

/* All in-band paths of an account: they share its bandwidth, and sids are looked up here. */
struct inbands {
	uv_loop_t *loop;
	struct xmpp *xmpp;		/* borrowed; NULL while there is none */
	const struct device_key *key;	/* borrowed */
	struct inband *first;		/* owned */
	struct inband *turn;		/* who may send first, next time */
};

/* Opens one to a full JID; its TLS side is the client. */
struct inband *inband_open(struct inbands *all, const char *full_jid,
			   const struct inband_events *events, void *owner);

/* Takes one that was offered by IBB_OPEN, and answers it. NULL when it was refused (and answered). */
struct inband *inband_accept(struct inbands *all, const struct ibb_stanza *open,
			     const struct inband_events *events, void *owner);

/* From now on another owner hears of it. */
void inband_set_owner(struct inband *path, const struct inband_events *events, void *owner);

/* An IBB_DATA or IBB_CLOSE stanza for one of them; answered in any case. */
void inbands_stanza(struct inbands *all, const struct ibb_stanza *stanza);

/* The account takes bulk again (xmpp_events.bulk). */
void inbands_bulk(struct inbands *all);

/* The connection with the server is lost, or a full JID went away: these paths are closed. */
void inbands_lost(struct inbands *all, const char *full_jid, const char *why);

/* There may be something to send: fill is asked soon, not within the call. */
void inband_kick(struct inband *path);

/* Encrypts a last word, ahead of inband_close(). Only after established. */
void inband_write(struct inband *path, const void *data, size_t n);

/* Sends what is already encrypted, says close, frees it; closed is not called. */
void inband_close(struct inband *path);

const char *inband_jid(const struct inband *path);

/* Bytes a second over the last seconds, as acknowledged. */
uint64_t inband_rate(const struct inband *path);

#endif
