/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PATH_H
#define CORE_PATH_H

/*
 * A path to one device carries bytes in order, until it ends. Its owner gives and gets
 * plaintext. The kind of path determines how bytes are protected and how they travel. A
 * path lives until its owner closes it, or until it calls closed, whichever is first.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "netaddr.h"
#include "path-selector.h"

struct path;
struct token_bucket;

struct path_events {
	/*
	 * The handshake is complete. The owner decides whether it talks to this key;
	 * path_close() is allowed. NULL: the owner was given an established path.
	 */
	void (*established)(void *owner, const unsigned char *fp);
	/* Decrypted bytes; the owner consumes what it can. NULL: they stay where they are. */
	void (*plain)(void *owner, struct buf *plain);
	/*
	 * The path takes about max bytes of plaintext now. The owner appends them and
	 * returns how many. NULL: the owner has none.
	 */
	size_t (*fill)(void *owner, struct buf *out, size_t max);
	/*
	 * The path is full, but takes max bytes of what must not wait. As fill. NULL: the
	 * owner has none.
	 */
	size_t (*urgent)(void *owner, struct buf *out, size_t max);
	/*
	 * The path has ended, and is freed after this. why is a short phrase for the log
	 * and the user.
	 */
	void (*closed)(void *owner, const char *why);
};

/* From now on this owner gets the events. */
void path_set_owner(struct path *p, const struct path_events *events, void *owner);

/* There may be something to send. The path calls fill soon, not within this call. */
void path_kick(struct path *p);

/*
 * A link is made of this path. The place that it took among paths that may never carry a
 * link is free for others again. bandwidth limits what it sends from now on; borrowed, NULL: no
 * limit.
 */
void path_keep(struct path *p, struct token_bucket *bandwidth);

/* Sends last bytes before path_close(). Only after established. */
void path_write(struct path *p, const void *data, size_t n);

/*
 * Sends what was written as far as possible at once, and closes the path. closed is not
 * called.
 */
void path_close(struct path *p);

/* Closes the path at once and drops what has not left. closed is not called. */
void path_cut(struct path *p);

/*
 * Whether something that was written has not left yet, so that path_write() would come
 * after it.
 */
bool path_unsent(const struct path *p);

/*
 * Writes n bytes that both ends of the path know, and nobody else, for this label (RFC 8446
 * 7.5). Only after established. False if there are none.
 */
bool path_exporter(const struct path *p, const char *label, unsigned char *out, size_t n);

enum path_kind path_kind(const struct path *p);

/* "in-band", "direct 192.0.2.7:4711", "proxy proxy.example.org": for people. */
const char *path_name(const struct path *p);

/* The full JID at the other end, if servers carry the path (in-band); else NULL. */
const char *path_jid(const struct path *p);

/*
 * The addresses of the two ends as they are seen here, if the device itself is at the other
 * end of a TCP connection; false if not.
 */
bool path_ends(const struct path *p, struct netaddr *ours, struct netaddr *theirs);

/* Acknowledged bytes a second over the last seconds; 0 if not known (TCP). */
uint64_t path_rate(const struct path *p);

/* Whether a server on the way throttles: then path_rate() is all the rate there is. */
bool path_throttled(const struct path *p);

enum { PATH_CONGESTION_SIZE = 16 };	/* bytes, with the NUL */

/*
 * The congestion control by which our side sends on this path, as the system calls it. False
 * if that is not known, or ours (in-band).
 */
bool path_congestion(const struct path *p, char name[PATH_CONGESTION_SIZE]);

/* For the kinds of path. Each kind embeds a struct path as its first member. */

struct path_ops {
	void (*kick)(struct path *p);			/* fill may have something */
	void (*keep)(struct path *p);			/* NULL: nothing to be done */
	void (*write)(struct path *p, const void *data, size_t n);
	/* as path_exporter(); NULL: there are none */
	bool (*exporter)(const struct path *p, const char *label, unsigned char *out, size_t n);
	void (*close)(struct path *p);			/* as path_close() */
	void (*cut)(struct path *p);			/* as path_cut() */
	bool (*unsent)(const struct path *p);
	const char *(*jid)(const struct path *p);	/* NULL: servers do not carry it */
	/* as path_ends(); NULL: there are none */
	bool (*ends)(const struct path *p, struct netaddr *ours, struct netaddr *theirs);
	uint64_t (*rate)(const struct path *p);		/* NULL: not known */
	bool (*throttled)(const struct path *p);	/* NULL: never */
	/* as path_congestion(); NULL: not known */
	bool (*congestion)(const struct path *p, char name[PATH_CONGESTION_SIZE]);
};

struct path {
	const struct path_ops *ops;
	const struct path_events *events;
	void *owner;
	enum path_kind kind;
	char name[96];
	struct token_bucket *bandwidth;	/* of path_keep(), borrowed; the kind asks path_allowed()
					   before path_fill(), and path_spend()s what it sends */
	bool up;			/* established was called */
	bool over;			/* the owner closed it, or closed was called */
};

void path_init(struct path *p, const struct path_ops *ops, enum path_kind kind, const char *name,
	       const struct path_events *events, void *owner);

/*
 * How many bytes the user's bandwidth lets leave now in one piece; SIZE_MAX: any number. 0: none
 * before *wait ms have passed.
 */
size_t path_allowed(const struct path *p, uint64_t now, uint64_t *wait);
/* So many have left. */
void path_spend(const struct path *p, size_t bytes, uint64_t now);

/* Each calls the owner, who may close the path within (p->over) or hand it on. */
void path_established(struct path *p, const unsigned char *fp);
void path_plain(struct path *p, struct buf *plain);
size_t path_fill(struct path *p, struct buf *out, size_t max);
size_t path_urgent(struct path *p, struct buf *out, size_t max);

/*
 * Calls the owner's closed, once. The kind frees what it holds before or after this call.
 */
void path_over(struct path *p, const char *why);

#endif
