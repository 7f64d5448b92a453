/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CONNECTOR_H
#define CORE_CONNECTOR_H

/*
 * Finds paths to one device: makes the attempts that its path selector (path-selector.h) asks for,
 * in-band, direct or through a proxy, and settles with the device, in
 * CANDIDATES and BYTESTREAM records, how. What it finds is its owner's.
 */

#include "attempts.h"
#include "context.h"
#include "path-selector.h"
#include "path.h"
#include "quota.h"
#include "record.h"

struct path_manager;
struct connector;

/* What can be done now, beside what the user has configured for all (context.h). */
struct connector_facts {
	const char *jid;	/* our full JID; NULL: no connection */
	bool may_dial;		/* we may dial, and so show our address */
};

/*
 * How attempts are made. arg is peers::arg. NULL from one that makes something:
 * it cannot be done now.
 */
struct connector_ops {
	void (*facts)(void *arg, struct connector_facts *out);
	/* What the device is told; the pass is for it alone. */
	void (*candidates)(void *arg, const struct pass *pass, struct candidates *out);
	/* Whether we have a proxy to offer. wanted: one is looked for, if that was not done. */
	bool (*has_proxy)(void *arg, bool wanted);
	/* Whether our own server has told us of the one that is offered. */
	bool (*knows_proxy)(void *arg, const struct s5b_offer *offer);
	/* Our own one did not work. */
	void (*proxy_failed)(void *arg, const char *jid);
	/* No event comes within the call. */
	struct path *(*open_inband)(void *arg, const char *to, enum ibb_path_standing standing,
				    const struct path_events *events, void *owner);
	/*
	 * number: of the last use of the pass; it is counted on, and outlives
	 * the dialer. No event within the call.
	 */
	struct dialer *(*dial)(void *arg, const struct netaddr *to, size_t n,
			       const unsigned char *fp, const struct pass *pass, uint64_t *number,
			       const struct dialer_events *events, void *owner);
	void (*hang_up)(struct dialer *d);
	/*
	 * Offers the device of that fingerprint, at a full JID, a proxy of
	 * ours, whose name is put in proxy.
	 */
	struct s5b *(*offer)(void *arg, const unsigned char *fp, const char *to,
			     char proxy[JID_MAX], const struct s5b_events *events, void *owner);
	/*
	 * The device has offered one of its own. lookups: while its name is looked up a place
	 * is held there for jid; NULL: it has no name.
	 */
	struct s5b *(*answer)(void *arg, const unsigned char *fp, const struct s5b_record *offer,
			      struct quota *lookups, const char *jid,
			      const struct s5b_events *events, void *owner);
	void (*stream_record)(struct s5b *b, const struct s5b_record *record);
	const char *(*stream_sid)(const struct s5b *b);
	void (*stream_end)(struct s5b *b);
};

struct connector_events {
	/*
	 * A path that we opened is established with this key: the owner
	 * attaches it or closes it.
	 */
	void (*found)(void *owner, struct path *path, const unsigned char *fp);
	/* An attempt came to nothing. */
	void (*failed)(void *owner, enum path_kind kind, const char *why);
	/* A numbered record for the device; only after connector_tell(). */
	void (*send)(void *owner, enum record_type type, struct buf *fields);
	/* The device has come through a proxy that it offered: the path is to be greeted. */
	void (*arrived)(void *owner, struct path *path, const unsigned char *fp);
	/* An in-band path to this full JID came to its end. */
	void (*doubted)(void *owner, const char *full, const char *why);
};

/* What all connectors of an account have in common; borrowed. */
struct connectors {
	struct context *context;
	const struct connector_ops *ops;
	void *arg;
	struct quota *lookups;		/* of names that buddies offer */
};

/* Nothing is tried before the first connector_step(). */
struct connector *connector_create(const struct connectors *all, const char *jid,
				   const char *device, const struct connector_events *events,
				   void *owner);
/* Gives up all attempts: no event comes any more. May be called from an event. */
void connector_stop(struct connector *w);
/* After connector_stop(), and not from an event. */
void connector_destroy(struct connector *w);

/* The device's key is known: whether ours is the lower one, and so goes first. */
void connector_know(struct connector *w, const unsigned char *fp, bool leads);

/*
 * Begins what is due. busy: something is open. May call failed, and
 * found of a kind tried before; not of one that it begins.
 */
void connector_step(struct connector *w, bool busy);
uint64_t connector_deadline(const struct connector *w, bool busy);

/* An attempt is under way, so that "unreachable" would be too early. */
bool connector_trying(const struct connector *w);

/*
 * The link is attached to a path of this kind: attempts of no better kind are given up. It lost
 * it; heard_at: when the path was last any good, which is earlier than now if silence told.
 */
void connector_attached(struct connector *w, enum path_kind kind);
void connector_detached(struct connector *w, uint64_t heard_at);
bool connector_wants(const struct connector *w, enum path_kind kind);

/*
 * Tells the device our candidates: whenever the link is new; and again, if they were told, when
 * they change.
 */
void connector_tell(struct connector *w);
void connector_candidates_changed(struct connector *w);

/*
 * A CANDIDATES or BYTESTREAM record. NULL, or the rule of the protocol that it breaks: "field:
 * rule".
 */
const char *connector_record(struct connector *w, const struct record *record);

/* Presence of the device, our connection, our proxies: what is possible may have changed. */
void connector_refresh(struct connector *w);
void connector_network_changed(struct connector *w);

/*
 * Whoever asks last for kinds of path decides, until it lets go; others are
 * left to the configuration.
 */
void connector_demand(struct connector *w, const void *by, unsigned kinds);
void connector_release(struct connector *w, const void *by);

/* Kinds of path that both sides allow, as far as is known. */
unsigned connector_allowed(const struct connector *w);

/* What is tried and why, for who looks on. */
const struct path_manager *connector_search(const struct connector *w);

/* Whether a connection that names this token may be one that the device makes to us. */
bool connector_expects(const struct connector *w, const char *token);
/* Our pass for the device, for its use of this number; NULL if that was seen before. */
const struct pass *connector_pass(const struct connector *w, uint64_t number);
/* It was proven. */
void connector_pass_used(struct connector *w, uint64_t number);

#endif
