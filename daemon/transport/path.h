/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PATH_H
#define DAEMON_PATH_H

/*
 * A path to one device: bytes in order, in TLS, or its end. Its owner gets
 * plaintext and gives plaintext; how the ciphertext travels is its kind's
 * business (inband.h, tcppath.h). It lives until its owner closes it or it says closed,
 * whichever is first.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "route.h"
#include "tls.h"

struct path;

struct path_events {
	/* The handshake is complete; is the key one we talk to? path_close() is allowed. */
	void (*established)(void *owner, const unsigned char *fp);
	/* Decrypted bytes; the owner consumes what it can. */
	void (*plain)(void *owner, struct buf *plain);
	/* The path takes about max bytes of plaintext now: append them; how many. */
	size_t (*fill)(void *owner, struct buf *out, size_t max);
	/* It is over, and freed after this. why is a short phrase for the log and the user. */
	void (*closed)(void *owner, const char *why);
};

/* From now on another owner hears of it. */
void path_set_owner(struct path *p, const struct path_events *events, void *owner);

/* There may be something to send: fill is asked soon, not within the call. */
void path_kick(struct path *p);

/* A link is made of it: what is kept for those of which none is yet known to become one is for others again. */
void path_keep(struct path *p);

/* Encrypts a last word, ahead of path_close(). Only after established. */
void path_write(struct path *p, const void *data, size_t n);

/* Sends what is already encrypted as far as that goes at once, lets go; closed is not called. */
void path_close(struct path *p);

/* Lets go at once, and drops what is encrypted and has not left; closed is not called. */
void path_cut(struct path *p);

/* Whether something encrypted has not left yet: a last word would come behind it. */
bool path_unsent(const struct path *p);

enum path_kind path_kind(const struct path *p);

/* "in-band", "direct 192.0.2.7:4711", "proxy proxy.example.org": for people. */
const char *path_name(const struct path *p);

/* Bytes a second over the last seconds, as acknowledged; 0 where it is not known (TCP). */
uint64_t path_rate(const struct path *p);

/* A server on the way holds the data back: that rate is all there is to have, whatever we do. */
bool path_throttled(const struct path *p);

/* For the kinds of path. Each embeds a struct path as its first member. */

struct path_ops {
	void (*kick)(struct path *p);			/* fill may have something */
	void (*keep)(struct path *p);			/* NULL: nothing to be done */
	void (*close)(struct path *p);			/* as path_close(); p->cipher may hold a last word */
	void (*cut)(struct path *p);			/* as path_cut() */
	bool (*unsent)(const struct path *p);		/* beside p->cipher; NULL: never */
	uint64_t (*rate)(const struct path *p);		/* NULL: not known */
	bool (*throttled)(const struct path *p);	/* NULL: never */
};

struct path {
	const struct path_ops *ops;
	const struct path_events *events;
	void *owner;
	enum path_kind kind;
	char name[96];
	struct tls *tls;		/* owned */
	bool up;			/* established was said */
	bool over;			/* closed by the owner, or closed was said */
	struct buf plain_in, plain_out;
	struct buf cipher;		/* to be sent by the kind */
};

/* client: our side of TLS; its hello is in cipher then. use: as of tls_create(). */
void path_init(struct path *p, const struct path_ops *ops, enum path_kind kind, const char *name,
	       const struct device_key *key, bool client, const struct pass_use *use,
	       const struct path_events *events, void *owner);
/* Frees what it holds; the kind frees itself. */
void path_finish(struct path *p);

/*
 * Ciphertext has arrived: established and plain are called, and cipher may have
 * grown. NULL; or, when the path is at its end, why: the kind sends what may be
 * in cipher and calls path_over(); tls_error() has the details for the log. The
 * owner may have closed it meanwhile (p->over): NULL then too.
 */
const char *path_take(struct path *p, const void *data, size_t n);

/*
 * Asks the owner for plaintext that makes at most about room bytes of
 * ciphertext, into cipher; false if there was none.
 */
bool path_fill(struct path *p, size_t room);

/* Tells the owner, once. The kind has let go of its handles or does so after it. */
void path_over(struct path *p, const char *why);

#endif
