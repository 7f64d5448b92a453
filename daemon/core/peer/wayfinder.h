/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_WAYFINDER_H
#define CORE_WAYFINDER_H

/*
 * Finds paths to one device: makes the attempts that its path selector (path-selector.h) asks for,
 * in-band, direct or through a proxy, and settles with the device, in
 * WAYS and BYTESTREAM records, how. What it finds is its owner's.
 */

#include "attempts.h"
#include "context.h"
#include "path-selector.h"
#include "path.h"
#include "quota.h"
#include "record.h"

struct path_manager;
struct wayfinder;

/* What can be done now, beside what the user has configured for all (context.h). */
struct wayfinder_facts {
	const char *jid;	/* our full JID; NULL: no connection */
	bool may_dial;		/* we may dial, and so show our address */
};

/* How attempts are made. arg is peers::arg. NULL from one that makes something: it cannot be done now. */
struct wayfinder_ops {
	void (*facts)(void *arg, struct wayfinder_facts *out);
	/* What the device is told; the pass is for it alone. */
	void (*ways)(void *arg, const struct pass *pass, struct ways *out);
	/* Whether we have a proxy to offer. wanted: one is looked for, if that was not done. */
	bool (*has_proxy)(void *arg, bool wanted);
	/* Whether our own server has told us of the one that is offered. */
	bool (*knows_proxy)(void *arg, const struct bytestream_offer *offer);
	/* Our own one did not work. */
	void (*proxy_failed)(void *arg, const char *jid);
	/* No event comes within the call. */
	struct path *(*open_inband)(void *arg, const char *to, enum inband_standing standing,
				    const struct path_events *events, void *owner);
	/* number: of the last use of the pass; it is counted on, and outlives the dialer. No event within the call. */
	struct dialer *(*dial)(void *arg, const struct netaddr *to, size_t n, const unsigned char *fp,
			       const struct pass *pass, uint64_t *number, const struct dialer_events *events,
			       void *owner);
	void (*hang_up)(struct dialer *d);
	/* Offers the device of that fingerprint, at a full JID, a proxy of ours, whose name is put in proxy. */
	struct bytestream *(*offer)(void *arg, const unsigned char *fp, const char *to, char proxy[JID_MAX],
				    const struct bytestream_events *events, void *owner);
	/*
	 * The device has offered one of its own. lookups: while its name is looked up a place is held
	 * there for jid; NULL: it has no name.
	 */
	struct bytestream *(*answer)(void *arg, const unsigned char *fp, const struct bytestream_record *offer,
				     struct quota *lookups, const char *jid,
				     const struct bytestream_events *events, void *owner);
	void (*stream_record)(struct bytestream *b, const struct bytestream_record *record);
	const char *(*stream_sid)(const struct bytestream *b);
	void (*stream_end)(struct bytestream *b);
};

struct wayfinder_events {
	/* A path that we opened is established with this key: the owner attaches it or closes it. */
	void (*found)(void *owner, struct path *path, const unsigned char *fp);
	/* An attempt came to nothing. */
	void (*failed)(void *owner, enum path_kind kind, const char *why);
	/* A numbered record for the device; only after wayfinder_tell(). */
	void (*send)(void *owner, enum record_type type, struct buf *fields);
	/* The device has come through a proxy that it offered: the path is to be greeted. */
	void (*arrived)(void *owner, struct path *path, const unsigned char *fp);
	/* An in-band path to this full JID came to its end. */
	void (*doubted)(void *owner, const char *full, const char *why);
};

/* What all wayfinders of an account have in common; borrowed. */
struct wayfinders {
	struct context *context;
	const struct wayfinder_ops *ops;
	void *arg;
	struct quota *lookups;		/* of names that buddies offer */
};

/* Nothing is tried before the first wayfinder_step(). */
struct wayfinder *wayfinder_create(const struct wayfinders *all, const char *jid, const char *device,
				   const struct wayfinder_events *events, void *owner);
/* Gives up all attempts: no event comes any more. May be called from an event. */
void wayfinder_stop(struct wayfinder *w);
/* After wayfinder_stop(), and not from an event. */
void wayfinder_destroy(struct wayfinder *w);

/* The device's key is known: whether ours is the lower one, and so goes first. */
void wayfinder_know(struct wayfinder *w, const unsigned char *fp, bool leads);

/*
 * Begins what is due. busy: something is open. May call failed, and
 * found of a kind tried before; not of one that it begins.
 */
void wayfinder_step(struct wayfinder *w, bool busy);
uint64_t wayfinder_deadline(const struct wayfinder *w, bool busy);

/* An attempt is under way, so that "unreachable" would be too early. */
bool wayfinder_trying(const struct wayfinder *w);

/*
 * The link is attached to a path of this kind: attempts of no better kind are given up. It lost
 * it; heard_at: when the path was last any good, which is earlier than now if silence told.
 */
void wayfinder_attached(struct wayfinder *w, enum path_kind kind);
void wayfinder_detached(struct wayfinder *w, uint64_t heard_at);
bool wayfinder_wants(const struct wayfinder *w, enum path_kind kind);

/* Tells the device our ways: whenever the link is new; and again, if they were told, when they change. */
void wayfinder_tell(struct wayfinder *w);
void wayfinder_ways_changed(struct wayfinder *w);

/* A WAYS or BYTESTREAM record. NULL, or the rule of the protocol that it breaks: "field: rule". */
const char *wayfinder_record(struct wayfinder *w, const struct record *record);

/* Presence of the device, our connection, our proxies: what is possible may have changed. */
void wayfinder_refresh(struct wayfinder *w);
void wayfinder_network_changed(struct wayfinder *w);

/* Whoever asks last for kinds of path decides, until it lets go; others are left to the configuration. */
void wayfinder_demand(struct wayfinder *w, const void *by, unsigned kinds);
void wayfinder_release(struct wayfinder *w, const void *by);

/* Kinds of path that both sides allow, as far as is known. */
unsigned wayfinder_allowed(const struct wayfinder *w);

/* What is tried and why, for who looks on. */
const struct path_manager *wayfinder_search(const struct wayfinder *w);

/* Whether a connection that names this token may be one that the device makes to us. */
bool wayfinder_expects(const struct wayfinder *w, const char *token);
/* Our pass for the device, for its use of this number; NULL if that was seen before. */
const struct pass *wayfinder_pass(const struct wayfinder *w, uint64_t number);
/* It was proven. */
void wayfinder_pass_used(struct wayfinder *w, uint64_t number);

#endif
