/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PATH_H
#define CORE_PATH_H

/*
 * A path to one device: bytes in order, until it ends. Its owner gets plaintext and gives
 * plaintext; what protects them and how they travel is the business of its kind. A path
 * lives until its owner closes it or it says closed, whichever is first.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "path-selector.h"

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

/*
 * A link is made of it: what is kept for those of which none is yet known to
 * become one is for others again.
 */
void path_keep(struct path *p);

/* A last word, ahead of path_close(). Only after established. */
void path_write(struct path *p, const void *data, size_t n);

/* Sends what was written as far as that goes at once, lets go; closed is not called. */
void path_close(struct path *p);

/* Lets go at once, and drops what was written and has not left; closed is not called. */
void path_cut(struct path *p);

/* Whether something that was written has not left yet: a last word would come behind it. */
bool path_unsent(const struct path *p);

enum path_kind path_kind(const struct path *p);

/* "in-band", "direct 192.0.2.7:4711", "proxy proxy.example.org": for people. */
const char *path_name(const struct path *p);

/* The full JID that it goes to, where servers carry it (in-band); else NULL. */
const char *path_jid(const struct path *p);

/* Bytes a second over the last seconds, as acknowledged; 0 where it is not known (TCP). */
uint64_t path_rate(const struct path *p);

/* A server on the way holds the data back: that rate is all there is to have, whatever we do. */
bool path_throttled(const struct path *p);

/* For the kinds of path. Each embeds a struct path as its first member. */

struct path_ops {
	void (*kick)(struct path *p);			/* fill may have something */
	void (*keep)(struct path *p);			/* NULL: nothing to be done */
	void (*write)(struct path *p, const void *data, size_t n);
	void (*close)(struct path *p);			/* as path_close() */
	void (*cut)(struct path *p);			/* as path_cut() */
	bool (*unsent)(const struct path *p);
	const char *(*jid)(const struct path *p);	/* NULL: servers do not carry it */
	uint64_t (*rate)(const struct path *p);		/* NULL: not known */
	bool (*throttled)(const struct path *p);	/* NULL: never */
};

struct path {
	const struct path_ops *ops;
	const struct path_events *events;
	void *owner;
	enum path_kind kind;
	char name[96];
	bool up;			/* established was said */
	bool over;			/* closed by the owner, or closed was said */
};

void path_init(struct path *p, const struct path_ops *ops, enum path_kind kind, const char *name,
	       const struct path_events *events, void *owner);

/* Each tells the owner, who may close the path within (p->over), or hand it on. */
void path_established(struct path *p, const unsigned char *fp);
void path_plain(struct path *p, struct buf *plain);
size_t path_fill(struct path *p, struct buf *out, size_t max);

/* Tells the owner, once. The kind has let go of what it holds or does so after it. */
void path_over(struct path *p, const char *why);

#endif
