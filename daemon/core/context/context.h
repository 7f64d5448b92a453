/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CONTEXT_H
#define CORE_CONTEXT_H

/*
 * What every decision of one account may ask: who we are, what time it is, who the buddies and
 * their devices are, and what they may do. The broker fills the record in; everything in it is
 * borrowed. Nothing here knows what is built on top. A question that needs several tables is
 * answered here, so that it has one answer.
 */

#include <stdbool.h>
#include <stdint.h>

#include "blocklist.h"
#include "device-id.h"
#include "digest-ops.h"
#include "inquiry.h"
#include "invitations.h"
#include "jid.h"
#include "joinings.h"
#include "policy.h"
#include "presence.h"
#include "timers.h"
#include "token-bucket.h"
#include "trust.h"

struct notices;

/* The sources of time and of random numbers. */
struct context_ops {
	uint64_t (*now)(void *owner);		/* ms, monotonic */
	uint64_t (*time)(void *owner);		/* unix seconds */
	void (*random)(void *owner, void *out, size_t n);
};

struct context {
	const struct context_ops *ops;
	void *owner;
	const struct digest_ops *digests;
	struct timers timers;
	/* who we are; without an account the texts are empty and there is no fingerprint */
	const char *jid;			/* our bare JID as it is configured; NULL without an
						   account */
	char self[JID_MAX];			/* our bare JID as the server has it, or had it
						   last */
	char device[DEVICE_ID_LEN + 1];
	const unsigned char *fp;		/* of our device key */
	uint8_t instance[INSTANCE_BYTES];
	/* the tables */
	struct policy *policy;
	struct trust *trust;			/* changed between keyring_remember() and
						   keyring_keep() */
	struct invitations *invitations;	/* NULL: there are none */
	struct joinings *joinings;		/* NULL: there are none */
	struct presence *presence;
	struct blocklist *blocked;		/* the server's list, which the server enforces */
	struct inquiry *inquiry;
	struct notices *notices;		/* what the user has to be told; NULL: nobody is */
	bool roster_known;			/* the whole roster was read, since the account is
						   this one */
	/* the state of the account */
	uint64_t online_at;			/* ms; 0: we are not online */
	bool draining;				/* what runs may end, and nothing new begins */
	bool stopping;
	/* what the user has configured */
	uint64_t path_timeout;			/* ms for which a link waits for a path */
	unsigned transport;			/* kinds of path that may be used; a mask */
	struct token_bucket bandwidth;		/* limits what all paths send together */
	bool local;				/* loopback and link-local addresses may be told and
						   dialled */
};

uint64_t context_now(const struct context *c);
uint64_t context_time(const struct context *c);
void context_random(const struct context *c, void *out, size_t n);

/* Whether jid (bare) is our own account. */
bool context_is_self(const struct context *c, const char *jid);

/* Whether jid is blocked, by the server or in our trust table. */
bool context_blocks(const struct context *c, const char *jid);

/*
 * Whether jid (bare) is a buddy: our own account, or a contact in the roster who is not
 * blocked and with whom there is a subscription, either way, or a request of ours.
 */
bool context_is_buddy(const struct context *c, const char *jid);

/* Whether this device of jid may have a link and rights: it is trusted, and jid a buddy. */
bool context_admits(const struct context *c, const char *jid, const unsigned char *fp);

/* As context_admits(), for a device that is only known by its ID. */
bool context_trusts_device(const struct context *c, const char *jid, const char *device);

/* That device of jid, as somebody who asks for a share. jid is kept. */
struct subject context_subject(const struct context *c, const char *jid, const char *device);

/* Whether that device of jid is pending: the user has to compare it first. */
bool context_device_waits(const struct context *c, const char *jid, const char *device);

/* Whether a key of that device of jid is in the trust table, trusted or not. */
bool context_knows_device(const struct context *c, const char *jid, const char *device);

/*
 * Whether jid counts for itself, and not as a stranger, where places are shared (quota.h): we
 * trust or expect a device of it, or the user has just asked them.
 */
bool context_counts_as_trusted(const struct context *c, const char *jid);

/*
 * By the subscription: whether jid sees our presence, and whether we see theirs. Only who sees
 * us need be told that our presence ends; nobody else may learn of it.
 */
bool context_sees_us(const struct context *c, const char *jid);
bool context_we_see(const struct context *c, const char *jid);

/* Whether jid may see that we are here: subscribed to our presence, or our own account. */
bool context_shows_itself(const struct context *c, const char *jid);

/*
 * Whether a device of jid that opens a path to us is heard: jid may see that we are here, or
 * its first device is expected.
 */
bool context_hears(const struct context *c, const char *jid);

/* Whether the user's own add or accept of jid is open, so that a request from jid is granted. */
bool context_welcomes(const struct context *c, const char *jid);

/*
 * Whether a request of this buddy's waits for the user. One that context_welcomes() is granted
 * without them, and open only until the roster has it.
 */
bool context_asks_user(const struct context *c, const struct buddy *buddy);

/*
 * Whether a stranger who opens a bytestream with this sid has the link of one of our
 * invitations.
 */
bool context_invited(const struct context *c, const char *jid, const char *sid);

/* Whether presences of jid may still come, so that "offline" would be a guess. */
bool context_presence_pending(const struct context *c, const char *jid);

#endif
