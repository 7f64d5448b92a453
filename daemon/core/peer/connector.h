/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CONNECTOR_H
#define CORE_CONNECTOR_H

/*
 * Finds paths to one device. Makes the attempts that its path selector (path-selector.h) asks
 * for: in-band, direct, through a proxy, or by both sides at once. Agrees with the device on them
 * by CANDIDATES, BYTESTREAM and PUNCH records. The owner gets the paths that are found.
 */

#include "attempts.h"
#include "context.h"
#include "path-selector.h"
#include "path.h"
#include "punch.h"
#include "quota.h"
#include "record.h"

struct path_manager;
struct connector;

/* What is possible now. What the user has configured for all peers is in context.h. */
struct connector_facts {
	const char *jid;	/* our full JID; NULL: we are offline */
	bool may_dial;		/* we may dial, which shows our address */
	bool punch;		/* we can tell from where we would connect (connector_ops.punch) */
	bool ports_change;	/* our NAT is known to change the numbers of ports */
};

/* An attempt to punch that has ended, for people. */
struct punch_report {
	const char *jid, *device;	/* the other one */
	/* of both sides, as punch_kind(); empty: that side has told nothing */
	char here[PUNCH_KIND_MAX], there[PUNCH_KIND_MAX];
	const char *path;		/* its name; NULL: there is none */
	const char *why;		/* there is none */
	uint64_t ms;			/* from its beginning here */
};

/*
 * How attempts are made. arg is peers::arg. A function that makes something returns NULL if it
 * cannot do that now.
 */
struct connector_ops {
	void (*facts)(void *arg, struct connector_facts *out);
	/* The candidates that the device is told, with a pass for this device only. */
	void (*candidates)(void *arg, const struct pass *pass, struct candidates *out);
	/* Whether we have a proxy to offer. wanted: look for one, if that was not done yet. */
	bool (*has_proxy)(void *arg, bool wanted);
	/* Whether the offered proxy is one that our own server has told us of. */
	bool (*knows_proxy)(void *arg, const struct s5b_offer *offer);
	/* A proxy of ours did not work. */
	void (*proxy_failed)(void *arg, const char *jid);
	/* Opens an in-band path to the full JID. No event comes within the call. */
	struct path *(*open_inband)(void *arg, const char *to, enum ibb_path_standing standing,
				    const struct path_events *events, void *owner);
	/*
	 * The same to a stranger whose invitation we use: the bytestream has this sid. The
	 * member may be NULL where no invitation is used.
	 */
	struct path *(*open_invited)(void *arg, const char *to, const char *sid,
				     const struct path_events *events, void *owner);
	/*
	 * Dials the n addresses. number: the number of the last use of the pass; the dialer
	 * counts it on, so it has to outlive the dialer. No event comes within the call.
	 */
	struct dialer *(*dial)(void *arg, const struct netaddr *to, size_t n,
			       const unsigned char *fp, const struct pass *pass, uint64_t *number,
			       const struct dialer_events *events, void *owner);
	void (*hang_up)(struct dialer *d);
	/*
	 * Offers one of our proxies to the device with the fingerprint fp at the full JID
	 * `to`. Puts the name of the proxy into proxy.
	 */
	struct s5b *(*offer)(void *arg, const unsigned char *fp, const char *to,
			     char proxy[JID_FULL_MAX], const struct s5b_events *events,
			     void *owner);
	/*
	 * Joins a proxy that the device has offered. lookups: the look-up of the proxy's name
	 * holds a place there for jid; NULL: the proxy has an address and no name.
	 */
	struct s5b *(*answer)(void *arg, const unsigned char *fp, const struct s5b_record *offer,
			      struct quota *lookups, const char *jid,
			      const struct s5b_events *events, void *owner);
	void (*stream_record)(struct s5b *b, const struct s5b_record *record);
	const char *(*stream_sid)(const struct s5b *b);
	void (*stream_end)(struct s5b *b);
	/*
	 * Both sides connect at once: by an offer of ours (NULL), which it sends within the
	 * call, or by this one of the device. These members may be NULL where
	 * connector_facts.punch is never set.
	 */
	struct puncher *(*punch)(void *arg, const unsigned char *fp,
				 const struct punch_record *offer,
				 const struct puncher_events *events, void *owner);
	void (*punch_record)(struct puncher *p, const struct punch_record *record);
	const char *(*punch_sid)(const struct puncher *p);
	void (*punch_end)(struct puncher *p);
	/*
	 * The device sees us at this address, at the end of a direct path whose port has the
	 * number `inside` here. The member may be NULL where nobody asks for that.
	 */
	void (*seen)(void *arg, const struct netaddr *outside, uint16_t inside);
	/*
	 * An attempt to punch has ended, and not because a better path was there first. The
	 * member may be NULL.
	 */
	void (*punch_ended)(void *arg, const struct punch_report *report);
};

struct connector_events {
	/*
	 * A path that we opened is established, and the key fp was proven. The owner attaches
	 * the path or closes it.
	 */
	void (*found)(void *owner, struct path *path, const unsigned char *fp);
	/* An attempt failed. why is a phrase for the log. */
	void (*failed)(void *owner, enum path_kind kind, const char *why);
	/*
	 * Send the device a numbered record, whose number is returned. Comes only after
	 * connector_tell().
	 */
	uint64_t (*send)(void *owner, enum record_type type, struct buf *fields);
	/* Whether the device has acknowledged the record with this number. */
	bool (*acked)(void *owner, uint64_t number);
	/* The device has come through a proxy and speaks first: the path is for an acceptor. */
	void (*arrived)(void *owner, struct path *path, const unsigned char *fp);
	/* An in-band path to this full JID has ended: the device may be gone. */
	void (*doubted)(void *owner, const char *full, const char *why);
};

/* What all connectors of an account share; borrowed. */
struct connectors {
	struct context *context;
	const struct connector_ops *ops;
	void *arg;
	struct quota *lookups;		/* look-ups of proxy names that buddies offer */
};

/* Nothing is tried before the first connector_step(). */
struct connector *connector_create(const struct connectors *all, const char *jid,
				   const char *device, const struct connector_events *events,
				   void *owner);
/* Gives up all attempts; no event comes any more. May be called from an event. */
void connector_stop(struct connector *w);
/* Call after connector_stop(), and not from an event. */
void connector_destroy(struct connector *w);

/* The device's key is known. leads: our fingerprint is the lower one, so our attempts go first. */
void connector_know(struct connector *w, const unsigned char *fp, bool leads);

/*
 * Begins the attempts that are due. busy: something is open on the link. May call failed(),
 * and found() for an attempt that was begun earlier, but not for one that this call begins.
 */
void connector_step(struct connector *w, bool busy);
uint64_t connector_deadline(struct connector *w, bool busy);

/* Whether an attempt is under way, so that "unreachable" would be said too early. */
bool connector_trying(const struct connector *w);

/*
 * connector_attached(): the link is on a path of this kind; attempts of kinds that are no
 * better are given up. connector_replaced(): to be said before that if the device moves the link
 * from the path that it is on, by one of its own. connector_detached(): the link has lost its
 * path. heard_at: when the path last worked, ms, which is before now if the path fell silent.
 */
void connector_replaced(struct connector *w, enum path_kind by, uint64_t heard_at);
void connector_attached(struct connector *w, enum path_kind kind);
/*
 * The ends of the direct path that the link is attached to: what we see of the device is told
 * it, and the device tells us what it sees of ours.
 */
void connector_ends(struct connector *w, const struct netaddr *ours, const struct netaddr *theirs);
void connector_detached(struct connector *w, uint64_t heard_at);
bool connector_wants(const struct connector *w, enum path_kind kind);

/*
 * connector_tell() tells the device our candidates, with a new pass; call it when the link is
 * new. connector_candidates_changed() tells them again, if they were told.
 */
void connector_tell(struct connector *w);
void connector_candidates_changed(struct connector *w);

/*
 * Takes a CANDIDATES, BYTESTREAM or PUNCH record. NULL, or the rule of the protocol that the record
 * breaks, as "field: rule".
 */
const char *connector_record(struct connector *w, const struct record *record);

/*
 * The device's presence, our connection or our proxies may have changed, and with them what is
 * possible.
 */
void connector_refresh(struct connector *w);
void connector_network_changed(struct connector *w);

/*
 * The latest demand for kinds of path overrides the configured ones until `by`, who made it,
 * releases it.
 */
void connector_demand(struct connector *w, const void *by, unsigned kinds);
void connector_release(struct connector *w, const void *by);

/* The kinds of path that both sides allow, as far as is known; a mask. */
unsigned connector_allowed(const struct connector *w);

/* The path manager, to look at only: what is tried and why. */
const struct path_manager *connector_search(const struct connector *w);

/* Whether the token is that of our pass for the device, so that the device may be dialling us. */
bool connector_expects(const struct connector *w, const char *token);
/*
 * Our pass for the device; NULL if the device has used it with this number, or the number is
 * too old.
 */
const struct pass *connector_pass(const struct connector *w, uint64_t number);
/* The connection with this number has proven the pass. */
void connector_pass_used(struct connector *w, uint64_t number);

#endif
