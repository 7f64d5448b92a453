/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PRESENCE_H
#define CORE_PRESENCE_H

/*
 * The presence table: the buddies of the roster, and ourselves for our own other devices,
 * with those of their resources that are online, as the server last told us. Presence may
 * come early, late, twice or never; this table only remembers it.
 *
 * A resource that runs a broker says its device id in its presence, and no more. A restart
 * of the broker shows when the resource goes and comes, or only when its presence comes
 * again. Which process is there, a link tells.
 */

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "bounds.h"
#include "device-id.h"
#include "hashtable.h"
#include "list.h"

enum subscription {
	SUBSCRIPTION_NONE,
	SUBSCRIPTION_TO,	/* we see them */
	SUBSCRIPTION_FROM,	/* they see us */
	SUBSCRIPTION_BOTH,
};

struct resource {
	struct resource *next;
	char *full;			/* full JID; owned */
	bool broker;			/* a broker runs there; device is known */
	bool denied;			/* in buddy::away: nobody is there now, as an answer said,
					   or nobody was ever seen there */
	bool asked;			/* a ping to it is unanswered */
	char device[DEVICE_ID_LEN + 1];
	uint64_t asked_at;		/* ms of inquiry.h; 0: never asked */
	uint64_t since;			/* when it appeared, in unix seconds */
	/* read by resource_protocol() */
	uint64_t protocol, protocol_at;
};

/* The questions to a buddy who is not seen (inquiry.h). */
struct asking {
	uint32_t round;			/* the round of their domain in which they were last
					   asked */
	unsigned open;			/* pings that are unanswered */
	uint64_t until;			/* ms; until then an answer to a directed presence may
					   come; 0: none was sent */
};

/* The buddies of one domain. */
struct neighbours {
	struct hashtable_node node;	/* first: hashtable_find() leads back to the neighbours */
	struct list ring;		/* buddy::neighbour; whoever had a turn goes to the end */
	unsigned count;
	char domain[];
};

struct buddy {
	struct buddy *next, **link;	/* in the list of all */
	struct list neighbour;		/* neighbours::ring */
	struct neighbours *neighbours;	/* borrowed from the table */
	char *jid;			/* bare; owned */
	enum subscription subscription;
	bool pending_out;		/* our request is pending (roster ask='subscribe') */
	bool confirmed;			/* the roster itself has said that our request is pending */
	bool pending_in;		/* their request is pending */
	bool in_roster;
	bool listed;			/* the roster that is being read has had them */
	unsigned appeared;		/* how often a device appeared, or one of its two
					   resources proved to be a ghost */
	char *groups;			/* the groups of the roster, as they came, each
					   ended by a NUL, and an empty one at the end; owned;
					   NULL: none */
	char *refused;			/* the error condition with which our request failed;
					   owned; NULL: it did not */
	struct resource *resources;	/* owned, newest first */
	struct resource *away;		/* where brokers were, and may be still; owned, newest
					   first, AWAY_PER_BUDDY at most */
	uint64_t last_seen;		/* unix seconds; when the last resource went away; 0:
					   never */
	struct asking asking;		/* of inquiry.h */
};

enum presence_change {
	PRESENCE_SAME,		/* nothing new */
	PRESENCE_APPEARED,	/* a broker came online */
	PRESENCE_AGAIN,		/* a broker that is online sent its presence again: it may be
				   another process */
	PRESENCE_GONE,		/* a broker went away, and its device has no other resource */
	PRESENCE_OTHER,		/* a resource without a broker came or went */
};

struct presence;

struct presence *presence_create(void);
void presence_destroy(struct presence *p);

/*
 * Our connection is lost: nobody is online any more. The roster is kept, and so are the
 * places where brokers were.
 */
void presence_reset(struct presence *p, uint64_t now);

/*
 * One item of a roster or a roster push. Our own bare JID is given as an item, too, with
 * SUBSCRIPTION_BOTH. removed takes out the buddy and all their resources. NULL if removed,
 * if bare is no bare JID, or if there are BUDDIES_MAX already.
 */
struct buddy *presence_roster_item(struct presence *p, const char *bare,
				   enum subscription subscription, bool asked, bool removed);
/*
 * The groups of that item, in the form of buddy::groups; NULL: none. What is more than
 * BUDDY_GROUPS_MAX bytes is left out. True if they were others before.
 */
bool presence_roster_groups(struct presence *p, const char *bare, const char *groups);
/* buddy may be NULL: that is nobody, who is in no group. */
bool buddy_in_group(const struct buddy *buddy, const char *group);
/*
 * Around the items of a whole roster: presence_roster_end() removes the buddies of the
 * roster that were not among them. Our own bare JID must be given in between, too. Only
 * while no resources are known.
 */
void presence_roster_begin(struct presence *p);
void presence_roster_end(struct presence *p);
/*
 * They asked to be a buddy. JIDs outside the roster share STRANGERS_MAX places (quota.h)
 * by domain and JID. The oldest of a domain that holds most makes room; NULL if none does.
 * The request ends when a roster item lets them see us, or removes them.
 */
struct buddy *presence_pending_in(struct presence *p, const char *bare);
/* Their request is not open any more. False if there was none. */
bool presence_pending_in_over(struct presence *p, const char *bare);
/*
 * Our request was answered with an error of this condition; NULL: the request is made
 * anew. The condition is kept until they let us see them. Does nothing for a JID outside
 * the roster.
 */
void presence_refused(struct presence *p, const char *bare, const char *condition);

/*
 * Available presence of a full JID. device is NULL for a resource without a broker; an
 * ill-formed device counts as NULL.
 *
 * *resource is set, or NULL if the resource is not tracked: that of a JID outside the
 * roster, or one beyond DEVICES_PER_BUDDY. With PRESENCE_GONE (the broker ended, the
 * resource stays) resource::device still names the device that is gone. A resource that
 * shows another device than before is PRESENCE_APPEARED, and the old device is not found
 * any more.
 */
enum presence_change presence_available(struct presence *p, const char *full, const char *device,
					uint64_t now, struct resource **resource);
/*
 * A broker that was away answered a ping at its old place: PRESENCE_APPEARED with
 * *resource set. PRESENCE_SAME if none was away there.
 */
enum presence_change presence_answered(struct presence *p, const char *full, uint64_t now,
				       struct resource **resource);
/*
 * A server answered that nobody is at the full JID where a broker was; the device may be
 * elsewhere. If the resource is seen as online, the answer counts only if we had pinged it
 * (resource::asked). Then the same as presence_unavailable(), but its last_seen is when
 * the resource appeared.
 */
enum presence_change presence_denied(struct presence *p, const char *full, char *gone_device);
/*
 * A device of a buddy is known and not seen: it may be where the protocol would have it,
 * at git.<device>. Does nothing if a place of the device is known already, or there is no
 * room.
 */
void presence_expect(struct presence *p, const char *bare, const char *device);
/* Unavailable presence. gone_device (DEVICE_ID_LEN + 1 bytes) is filled in for PRESENCE_GONE. */
enum presence_change presence_unavailable(struct presence *p, const char *full, uint64_t now,
					  char *gone_device);

struct buddy *presence_buddy(const struct presence *p, const char *bare);
struct buddy *presence_buddies(const struct presence *p);	/* the first; then ->next */
/* NULL if there is nobody of that domain. */
struct neighbours *presence_neighbours(const struct presence *p, const char *domain);
struct buddy *neighbours_first(const struct neighbours *n);
/* The online resource of a device, or NULL; the newest one if an older one lingers. */
struct resource *presence_device(const struct presence *p, const char *bare, const char *device);
struct resource *presence_full(const struct presence *p, const char *full);
/* The full JID where a device is, was last seen, or would be; NULL. */
const char *presence_where(const struct presence *p, const char *bare, const char *device);
/* The online resource of this full JID, or what is known of one that was there; NULL. */
struct resource *presence_known(const struct presence *p, const char *full);

/*
 * A device, proven by its key, said in HELLO that it speaks this protocol, which is none
 * of ours. That is logged. Nothing is opened to it until its resource sends a presence
 * again, a link with it has come up (presence_our_protocol()), or LINK_VERSION_KEPT has
 * passed: by then the device may have been upgraded. now is in ms.
 *
 * resource_protocol() is that protocol, or 0 if the device is not known to speak another
 * one.
 */
void presence_other_protocol(struct presence *p, const char *bare, const char *device,
			     uint64_t protocol, uint64_t now);
void presence_our_protocol(struct presence *p, const char *bare, const char *device);
uint64_t resource_protocol(const struct resource *r, uint64_t now);
/*
 * The protocol of the buddy's first resource that is known to speak another one; 0 if none
 * is.
 */
uint64_t buddy_protocol(const struct buddy *b, uint64_t now);

#endif
