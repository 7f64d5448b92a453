/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PRESENCE_H
#define CORE_PRESENCE_H

/*
 * The presence table: buddies from the roster (and ourselves, for our own
 * other devices) and which of their resources are online, as the server last
 * told us. A resource that runs a broker says in its presence its device id, and
 * no more: that it restarted shows by its going and coming, or only by its presence
 * coming again; which process is there, a link tells. Presence may come early, late, twice or
 * never; this table only remembers.
 */

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "bounds.h"
#include "device-id.h"

enum subscription {
	SUBSCRIPTION_NONE,
	SUBSCRIPTION_TO,	/* we see them */
	SUBSCRIPTION_FROM,	/* they see us */
	SUBSCRIPTION_BOTH,
};

struct resource {
	struct resource *next;
	char *full;			/* full JID; owned */
	bool broker;			/* device is known */
	bool denied;			/* in buddy::away: nobody is there now, an answer has said;
					   or nobody was seen there */
	bool asked;			/* a ping to it is not answered */
	char device[DEVICE_ID_LEN + 1];
	uint64_t asked_at;		/* inquiry.h's ms; 0: never */
	uint64_t since;			/* when it appeared */
	/* resource_protocol() */
	uint64_t protocol, protocol_at;
};

/* What was asked of somebody of whom nothing is seen. */
struct asking {
	uint32_t round;			/* of their domain in which they were last asked */
	unsigned open;			/* questions to full JIDs that are not answered */
	uint64_t until;			/* something may still come of what was asked; 0: no */
};

struct buddy {
	struct buddy *next;
	char *jid;			/* bare; owned */
	enum subscription subscription;
	bool pending_out;		/* our request is pending (roster ask='subscribe') */
	bool confirmed;			/* the roster itself has said so */
	bool pending_in;		/* their request is pending */
	bool in_roster;
	bool listed;			/* while a whole roster is read: it has been in it */
	unsigned appeared;		/* how often a resource came, or proved to be at another
					   place of two */
	char *refused;			/* why our request came to nothing, as a server's condition;
					   owned, NULL: it did not */
	struct resource *resources;	/* owned, newest first */
	struct resource *away;		/* brokers that were here, and may be still: owned, newest
					   first, AWAY_PER_BUDDY */
	uint64_t last_seen;		/* when the last resource went away; 0: never seen */
	struct asking asking;		/* inquiry.h's */
};

enum presence_change {
	PRESENCE_SAME,		/* nothing new */
	PRESENCE_APPEARED,	/* a broker came online */
	PRESENCE_AGAIN,		/* one that is online says so once more: it may be another
				   process */
	PRESENCE_GONE,		/* a broker went away; no other resource has this device */
	PRESENCE_OTHER,		/* a resource without a broker came or went */
};

struct presence;

struct presence *presence_create(void);
void presence_destroy(struct presence *p);

/* The connection is lost: nobody is here, the roster is kept, and where brokers were. */
void presence_reset(struct presence *p, uint64_t now);

/*
 * Roster items, whole or pushed; our own bare JID goes in as one, SUBSCRIPTION_BOTH.
 * removed takes the buddy and its resources out. NULL if removed, if it is no
 * bare JID, or with BUDDIES_MAX in the table.
 */
struct buddy *presence_roster_item(struct presence *p, const char *bare,
				   enum subscription subscription, bool asked, bool removed);
/*
 * A whole roster follows, item by item; at its end, whoever was not in it is not in
 * the roster any more. Say our own bare JID in between, too. Not while resources are known.
 */
void presence_roster_begin(struct presence *p);
void presence_roster_end(struct presence *p);
/*
 * They asked to be a buddy. Who is not in the roster shares STRANGERS_MAX places (quota.h) by
 * domain and JID; the oldest of a domain that holds most makes room, NULL if nobody does. The
 * answer that the server lets them see us, or removes them, ends it.
 */
struct buddy *presence_pending_in(struct presence *p, const char *bare);
/* Their request is not open any more. False if there was none. */
bool presence_pending_in_over(struct presence *p, const char *bare);
/*
 * Our request was answered with an error of this condition, or NULL: it is made anew. Kept
 * until they let us see them; nothing for who is not in the roster.
 */
void presence_refused(struct presence *p, const char *bare, const char *condition);

/*
 * Available presence of a full JID. device is NULL without a broker; an ill-formed one
 * counts as absent. *resource is set unless PRESENCE_SAME
 * with nothing known: who is not in the roster is not tracked, nor is what goes
 * beyond DEVICES_PER_BUDDY. With PRESENCE_GONE (the broker ended, the resource
 * stays) its device still names what is gone. A resource that shows another
 * device than before is PRESENCE_APPEARED; the old device is just not found any more.
 */
enum presence_change presence_available(struct presence *p, const char *full, const char *device,
					uint64_t now, struct resource **resource);
/*
 * A broker that was here answers where it was: PRESENCE_APPEARED, with
 * *resource, or PRESENCE_SAME.
 */
enum presence_change presence_answered(struct presence *p, const char *full, uint64_t now,
				       struct resource **resource);
/*
 * Nobody is at the full JID where a broker was, says who was asked; it may be elsewhere. Of one
 * that is seen that counts only if it is about itself (resource::asked): as
 * presence_unavailable() then, but it was seen last when it appeared.
 */
enum presence_change presence_denied(struct presence *p, const char *full, char *gone_device);
/*
 * A device that is known, of a buddy, and that is not seen: it may be where the protocol would
 * have it, at git.<device>. Nothing if something is known of it, or there is no place.
 */
void presence_expect(struct presence *p, const char *bare, const char *device);
/* Unavailable. gone_device (DEVICE_ID_LEN + 1 bytes) is filled in for PRESENCE_GONE. */
enum presence_change presence_unavailable(struct presence *p, const char *full, uint64_t now,
					  char *gone_device);

struct buddy *presence_buddy(const struct presence *p, const char *bare);
struct buddy *presence_buddies(const struct presence *p);	/* the first; then ->next */
/* The resource of a device that is online now (the newest, if an older one lingers), or NULL. */
struct resource *presence_device(const struct presence *p, const char *bare, const char *device);
struct resource *presence_full(const struct presence *p, const char *full);
/* The full JID where a device is, or was last seen, or would be; NULL. */
const char *presence_where(const struct presence *p, const char *bare, const char *device);
/* A resource of this full JID, or what is known of one that was there; NULL. */
struct resource *presence_known(const struct presence *p, const char *full);

/*
 * A device, which its key has named, said in a HELLO that it speaks this protocol and none of
 * ours: that is logged. Nothing is opened to it before its resource shows itself anew, or
 * LINK_VERSION_KEPT has passed: then it may have been replaced without that; or a link with it
 * has come up, and it was. now: ms. resource_protocol() is 0 where it is not known to be so.
 */
void presence_other_protocol(struct presence *p, const char *bare, const char *device,
			     uint64_t protocol, uint64_t now);
void presence_our_protocol(struct presence *p, const char *bare, const char *device);
uint64_t resource_protocol(const struct resource *r, uint64_t now);
/* Of the first of the buddy's resources of which that is known; 0. */
uint64_t buddy_protocol(const struct buddy *b, uint64_t now);

#endif
