/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TRUST_H
#define CORE_TRUST_H

/*
 * Which device keys belong to whom, as the user decided, and what else is to be
 * remembered of a person from one run to the next. A text file, one
 * line a device:  jid fingerprint(64 hex) state first-seen(unix) [name]
 * and one line a mark of a person:  jid - mark since(unix)
 * A name is the rest of the line, up to DEVICE_NAME_MAX - 1 bytes of printable
 * UTF-8. The file's reading and writing are the caller's.
 *
 * Trust is given by one act for one device. add and accept admit one first
 * device, once, for EXPECTATION_MAX, and only of somebody of whom no device
 * was ever decided about; every other device is named by its fingerprint:
 *
 *   state        event                                    next
 *   unknown      shows itself, its person is expected     SEEN, which ends the expectation
 *   unknown      shows itself                             PENDING
 *   PENDING      invite, alone of its person              SEEN
 *   PENDING      PENDING_EXPIRY, suspend                  unknown
 *   any          verify                                   VERIFIED
 *   SEEN, VERIFIED  suspend (removed, blocked)            SUSPENDED
 *   any          distrust                                 DISTRUSTED
 *
 * A key that is known of somebody else already is not taken on first use.
 */

#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"
#include "buf.h"
#include "fingerprint.h"
#include "hashtable.h"
#include "jid.h"

enum trust_state {
	TRUST_UNKNOWN,		/* not in the table */
	TRUST_VERIFIED,		/* the user compared the fingerprints */
	TRUST_SEEN,		/* trusted on first use, at add or accept */
	TRUST_PENDING,		/* showed itself; gets nothing until verified */
	TRUST_SUSPENDED,	/* was trusted; its person was removed or blocked */
	TRUST_DISTRUSTED,	/* the user said no; only verify ends it */
};

struct trusted_device {
	struct trusted_device *next;	/* of all */
	struct trusted_device *sibling;	/* of the person; the newest first */
	char *jid;			/* bare; the person's */
	char *name;			/* a note of the user's, or NULL; the table's */
	unsigned char fp[FINGERPRINT_BYTES];
	enum trust_state state;
	uint64_t first_seen;		/* unix seconds */
};

enum trust_mark {
	MARK_EXPECTED,		/* add, accept: the first device is trusted as it comes */
	MARK_ASKED,		/* add, accept: their own request is answered with yes */
	MARK_LISTED,		/* the roster had them when it was last looked at */
	MARK_GRANTED,		/* and let them see us: subscription from or both */
	MARK_LOST,		/* suspended because the roster had nobody any more */
	MARK_BLOCKED,		/* blocked here, because the server does not do it */
	MARK_MEANT,		/* add, accept: to see them, which they have not answered */
	MARK_COUNT,
};

struct trust_person {
	struct hashtable_node node;	/* first: hashtable_find() leads back to the person */
	struct trust_person *next;
	char *jid;			/* bare; owned */
	struct trusted_device *devices;	/* the first; then ->sibling */
	unsigned count;			/* of devices */
	uint64_t since[MARK_COUNT];	/* unix seconds; 0: not marked */
};

struct trust;

struct trust *trust_create(void);
void trust_destroy(struct trust *t);

/*
 * Parses the whole file into an empty table; the number of lines that were not
 * understood, said twice or beyond a bound (and dropped).
 */
int trust_parse(struct trust *t, const char *text, size_t n);
void trust_write(const struct trust *t, struct buf *out);

enum trust_invitation {
	TRUST_EXPECTS,		/* the first device that shows itself is trusted, from now on for a
				   while */
	TRUST_EXPECTED,		/* that was so before, and nothing has changed */
	TRUST_ADMITTED,		/* the one device that waited is trusted now */
	TRUST_COMPARE,		/* nothing was granted: devices of theirs are known, verify names
				   them */
	TRUST_FULL,		/* nor can anything be: it is no bare JID, or one too many */
};

/* add or accept. Their request to see us is answered with yes as well, for as long. */
enum trust_invitation trust_invite(struct trust *t, const char *jid, uint64_t unix_now);
/* Whether the first device, or a request, is still expected; a mark that is too old is as none. */
bool trust_expected(const struct trust *t, const char *jid, uint64_t unix_now);
bool trust_asked(const struct trust *t, const char *jid, uint64_t unix_now);

/*
 * A device proved by TLS that it holds this key, and the server says it is
 * jid's. What it is allowed from now on; *changed tells that the table must be
 * saved. Pending devices share PENDING_DEVICES_MAX places (quota.h): of somebody who has a
 * device that is allowed by JID, of others by domain and JID. Where they hold all they may, or
 * have DEVICES_PER_BUDDY, the oldest of their own makes room if it was met PENDING_SETTLED ago;
 * if none does, a new one is answered TRUST_PENDING without being kept. A pending one is
 * forgotten PENDING_EXPIRY after it was first seen; if it comes again it is a new one.
 */
enum trust_state trust_observe(struct trust *t, const char *jid, const unsigned char *fp,
			       uint64_t unix_now, bool *changed);
enum trust_state trust_lookup(const struct trust *t, const char *jid, const unsigned char *fp);
bool trust_allows(enum trust_state state);
/*
 * Forgets what is too old: after reading the file. trust_observe() and trust_invite() do so, too.
 */
void trust_expire(struct trust *t, uint64_t unix_now);

/*
 * The user compared this key; false if the device is not in the table. It is
 * the one that was expected.
 */
bool trust_verify(struct trust *t, const char *jid, const unsigned char *fp);
/*
 * This key, or with NULL all that are known of jid; false if there is none.
 * Ends what was expected.
 */
bool trust_distrust(struct trust *t, const char *jid, const unsigned char *fp);
/*
 * jid is a buddy no more: what was trusted is suspended, what was pending, expected
 * or marked (but for MARK_BLOCKED) is forgotten. False if nothing has changed.
 */
bool trust_suspend(struct trust *t, const char *jid);
/* The request of jid is declined, or was answered: neither a device nor another one is expected. */
bool trust_decline(struct trust *t, const char *jid);
/*
 * Sets or takes away a mark; false if nothing has changed. A mark is kept of
 * whoever else is in the table, and makes no entry, but for MARK_BLOCKED.
 */
bool trust_mark(struct trust *t, const char *jid, enum trust_mark mark, bool on, uint64_t unix_now);

/* All devices, in the order they were met; all persons; and one of them, or NULL. */
const struct trusted_device *trust_first(const struct trust *t);
const struct trust_person *trust_persons(const struct trust *t);
const struct trust_person *trust_person(const struct trust *t, const char *jid);
/* The first device of jid, then ->sibling; NULL if there is none. */
const struct trusted_device *trust_devices(const struct trust *t, const char *jid);
/* Somebody else whose device has this key, or NULL. */
const char *trust_other_owner(const struct trust *t, const char *jid, const unsigned char *fp);
bool trust_marked(const struct trust *t, const char *jid, enum trust_mark mark);
/* Whether jid has a device in this state. */
bool trust_any(const struct trust *t, const char *jid, enum trust_state state);
/* Whether p has a device that is allowed something; NULL has none. */
bool trust_any_allowed(const struct trust_person *p);
const char *trust_state_name(enum trust_state state);

#endif
