/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PEERS_H
#define CORE_PEERS_H

/*
 * All peers of an account: finds them, makes them, and tells them what concerns each of them.
 * Events tell the broker what happens over their links. The connector's ops know how paths are
 * opened.
 */

#include <stdbool.h>
#include <stdint.h>

#include "connector.h"
#include "context.h"
#include "fields.h"
#include "list.h"
#include "meeting.h"
#include "negotiation.h"
#include "policy.h"
#include "quota.h"
#include "record.h"

struct link_hello;
struct peer;
struct peers;

struct peers_events {
	/* A peer was made. Nothing was sent to its device yet. */
	void (*made)(void *owner, struct peer *p);
	/* A device of jid has proved this key. A key that is unknown is remembered. */
	void (*met_key)(void *owner, const char *jid, const unsigned char *fp);
	/*
	 * A device has opened a path from this full JID and has proved who it is, so it is
	 * there.
	 */
	void (*met_at)(void *owner, const char *full, const char *device);
	/* A stanza to this full JID came back with this condition. */
	void (*doubted)(void *owner, const char *full, const char *condition);
	/*
	 * up(): a link is up, or up again on another path (resumed). down(): it waits for a
	 * path.
	 */
	void (*up)(void *owner, struct peer *p, bool resumed);
	void (*down)(void *owner, struct peer *p);
	/*
	 * The peer has ended, and so has all that ran over its link. reason "idle": the link
	 * was at rest, and the device's process goes on.
	 */
	void (*ended)(void *owner, struct peer *p, const char *reason);
	/* A link has nothing open any more, or a peer's memory was freed. */
	void (*rested)(void *owner);
	/*
	 * Whether peers::busy or peers::worse is 0 has changed. May come at any time, and nothing
	 * may be done to a peer then. NULL: it is of no interest.
	 */
	void (*used)(void *owner);
	/* NULL if the device may use the share by this service; else the reason for REFUSE. */
	const char *(*authorize)(void *owner, struct peer *p, enum service service,
				 const char *share);
	/*
	 * start() begins to serve neg; neg_started() or neg_failed() follows. stop() ends what
	 * start() returned.
	 */
	void *(*start)(void *owner, struct peer *p, struct negotiation *neg);
	void (*stop)(void *owner, void *serving);
	/* Whether a push of the device to this share still runs. */
	bool (*turn_held)(void *owner, const struct peer *p, const char *share);
	/* The device has announced where the refs of one of its shares are. */
	void (*announced)(void *owner, const struct peer *p, const char *share, struct fields tips);
	/*
	 * A DEVICE, SHARES-ASK or SHARES record has come. Returns the rule that it breaks, or NULL.
	 * The peer may have ended on return.
	 */
	const char *(*word)(void *owner, struct peer *p, const struct record *record);
	/*
	 * The device asks for the outcome of its push `id`, of whose output it has received so
	 * many bytes; append the fields of the answer.
	 */
	void (*outcome)(void *owner, const struct peer *p, const char *id, uint64_t received,
			struct buf *fields);
};

/*
 * What those who have something to say to devices do with peers: announcements, news of devices,
 * lists of shares. peers_ops is the shipped table. Another one is set by who looks on, or has peers
 * of their own.
 */
struct peers_ops {
	/* peer_find() and peer_want() */
	struct peer *(*find)(const struct peers *all, const char *jid, const char *device);
	struct peer *(*want)(struct peers *all, const char *jid, const char *device);
	/*
	 * Queues a record with these fields. Returns its number; 0: the link has ended, or is about
	 * to end because it cannot take the record.
	 */
	uint64_t (*say)(struct peer *p, enum record_type type, const struct buf *fields);
	/* Whether the device has acknowledged the record of this number. */
	bool (*acknowledged)(const struct peer *p, uint64_t number);
	/* neg_announce() and neg_withdraw() */
	struct negotiation *(*announce)(struct peer *p, const uint8_t id[NEG_ID_BYTES],
					const char *share, const void *tips, size_t len,
					const struct initiator_events *events, void *owner);
	void (*withdraw)(struct negotiation *neg, const char *reason);
	/* meeting_open() */
	struct meeting *(*meet)(struct peers *all, const char *full, const char *device,
				const struct meeting_kind *kind);
	/* peer_end() */
	void (*end)(struct peer *p, const char *reason);
};

extern const struct peers_ops peers_ops;

struct peers {
	struct context *context;		/* borrowed */
	const struct peers_ops *ops;
	const struct peers_events *events;
	void *owner;
	struct connectors connectors;
	bool (*may_answer)(void *arg, const char *bare);
	/*
	 * Accepts an in-band path. The offer is the daemon's own type. NULL: the offer was
	 * refused, and the sender told. No event comes within the call.
	 */
	struct path *(*accept_inband)(void *arg, const void *offer, enum ibb_path_standing standing,
				      const struct path_events *events, void *owner);
	void *arg;				/* of may_answer and accept_inband */
	struct quota lookups;			/* look-ups of proxy names that buddies offer */
	struct peer *first;			/* owned */
	unsigned busy;				/* links on which something is open; and those of
						   them */
	unsigned worse;				/* on another path than a direct one, which both
						   users allow */
	/* owned; paths opened to us whose link is not known yet */
	struct list acceptors;
	struct meetings meetings;
};

/* The caller fills in the tables of functions and their owners before it makes the first peer. */
void peers_init(struct peers *all, struct context *context);
/* Call it when no peer, no acceptor and no meeting is left. */
void peers_finish(struct peers *all);

/* The peer of a device, or NULL. */
struct peer *peer_find(const struct peers *all, const char *jid, const char *device);

/*
 * As peer_find(); makes a peer, which begins to connect, if there is none. NULL if the device
 * is not online, not a buddy's, or speaks another protocol.
 */
struct peer *peer_want(struct peers *all, const char *jid, const char *device);

/*
 * Gives a path to the peer of a trusted device that has said HELLO on it; makes the peer if
 * there is none. plain holds what came after the HELLO.
 */
void peer_take(struct peers *all, const char *jid, const unsigned char *fp, struct path *path,
	       const struct link_hello *hello, struct buf *plain);

/* The peer whose device was given this token to dial us with, or NULL. */
struct peer *peer_by_token(const struct peers *all, const char *token);

/* Whether a link with the device is up. */
bool peers_linked(const struct peers *all, const char *jid, const char *device);

/*
 * Whether the device is there, as far as we know: a link with it is up, or its presence is
 * seen.
 */
bool peer_is_there(const struct peers *all, const char *jid, const char *device);

/* Our own connection to the server is back, or gone. */
void peers_online(struct peers *all, bool online);

/*
 * peers_refresh(): our proxies have become known, or are not known any more.
 * peers_network_changed(): we are in another network. peers_reload(): the configuration was
 * read again.
 */
void peers_refresh(struct peers *all);
void peers_network_changed(struct peers *all);
void peers_reload(struct peers *all);

/* Ends all peers, with their paths, all acceptors and all meetings. */
void peers_end(struct peers *all, const char *reason);

#endif
