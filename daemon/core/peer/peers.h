/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PEERS_H
#define CORE_PEERS_H

/*
 * All peers of an account: found, made and told here of what concerns each of them. What
 * happens over their links is told to the broker by events; how paths are opened, the
 * connector's ops know.
 */

#include <stdbool.h>
#include <stdint.h>

#include "connector.h"
#include "context.h"
#include "fields.h"
#include "list.h"
#include "policy.h"
#include "quota.h"

struct link_hello;
struct negotiation;
struct peer;

struct peers_events {
	/* A peer was made; nothing was said to it yet. */
	void (*made)(void *owner, struct peer *p);
	/* A device showed its key: an unknown one is remembered. */
	void (*met_key)(void *owner, const char *jid, const unsigned char *fp);
	/*
	 * A device has opened a path from this full JID and proved that it is
	 * itself: so it is there.
	 */
	void (*met_at)(void *owner, const char *full, const char *device);
	/* What was sent to this full JID came back with this condition. */
	void (*doubted)(void *owner, const char *full, const char *condition);
	/* A link is up, or up again on another path; or waits for a path. */
	void (*up)(void *owner, struct peer *p, bool resumed);
	void (*down)(void *owner, struct peer *p);
	/*
	 * It has ended, and so has all that ran over it. "idle": it was at
	 * rest, and its process goes on.
	 */
	void (*ended)(void *owner, struct peer *p, const char *reason);
	/* A link came to rest, or a peer's memory is free. */
	void (*rested)(void *owner);
	/* NULL when the device may; else the reason for refuse. */
	const char *(*authorize)(void *owner, struct peer *p, enum service service,
				 const char *share);
	/* Starts to serve it: neg_started() or neg_failed() follows; and ends that. */
	void *(*start)(void *owner, struct peer *p, struct negotiation *neg);
	void (*stop)(void *owner, void *serving);
	/* Whether a push of the device into that share is under way. */
	bool (*turn_held)(void *owner, const struct peer *p, const char *share);
	/* The device says where refs of a share are. */
	void (*announced)(void *owner, const struct peer *p, const char *share, struct fields tips);
	/* The device asks what became of a push of its, of whose output it has received so much. */
	void (*outcome)(void *owner, const struct peer *p, const char *id, uint64_t received,
			struct buf *fields);
};

struct peers {
	struct context *context;		/* borrowed */
	const struct peers_events *events;
	void *owner;
	struct connectors connectors;
	bool (*may_answer)(void *arg, const char *bare);
	/*
	 * The offer is the daemon's; NULL: it was refused, and answered. No
	 * event comes within the call.
	 */
	struct path *(*accept_inband)(void *arg, const void *offer, enum ibb_path_standing standing,
				      const struct path_events *events, void *owner);
	void *arg;				/* of these two */
	struct quota lookups;			/* of names that buddies offer */
	struct peer *first;			/* owned; links, made when wanted */
	/* owned; paths that somebody opened, of no link yet */
	struct list acceptors;
};

/* The tables and their owners are filled in by the caller, before the first peer. */
void peers_init(struct peers *all, struct context *context);
/* No peer and no acceptor is left. */
void peers_finish(struct peers *all);

/* The peer of a device, or NULL. */
struct peer *peer_find(const struct peers *all, const char *jid, const char *device);

/* As peer_find(), or a new one that begins to connect. NULL if the device is not online. */
struct peer *peer_want(struct peers *all, const char *jid, const char *device);

/* A path on which a trusted device said HELLO to us; plain holds what came after it. */
void peer_take(struct peers *all, const char *jid, const unsigned char *fp, struct path *path,
	       const struct link_hello *hello, struct buf *plain);

/* The peer whose device was given this token to dial us with, or NULL. */
struct peer *peer_by_token(const struct peers *all, const char *token);

/* Whether a link with the device is up. */
bool peers_linked(const struct peers *all, const char *jid, const char *device);

/* Whether the device is there, as far as we know: a link with it is up, or its presence is seen. */
bool peer_is_there(const struct peers *all, const char *jid, const char *device);

/* Our own connection is back, or gone. */
void peers_online(struct peers *all, bool online);

/*
 * Our proxies are known, or not any more; the network is another one; the
 * configuration was read again.
 */
void peers_refresh(struct peers *all);
void peers_network_changed(struct peers *all);
void peers_reload(struct peers *all);

/* All of them, with their paths; and the acceptors. */
void peers_end(struct peers *all, const char *reason);

#endif
