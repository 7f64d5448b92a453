/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TRUST_H
#define CORE_TRUST_H

/*
 * The trust table: which device keys belong to whom, as the user decided, and the marks of
 * a person that are remembered from one run to the next. It is kept in a text file with
 * one line a device:
 *   jid fingerprint(64 hex) state first-seen(unix) [since=unix] [seen=unix] [by=hex]
 *   [was=state] [settled=1] [compared=1] [told=1] [name=rest of the line]
 * one line a mark of a person:
 *   jid - mark since(unix)
 * and, if they are so, that this device has a name, and that it was retired:
 *   - - named since(unix) name
 *   - - retired since(unix)
 * A name is as device-name.h has it. In files of older versions the name of a device follows
 * first-seen without "name=". The caller reads and writes the file.
 *
 * Each act of trust is for one device. add and accept admit the first device of a person,
 * once, within EXPECTATION_MAX, and only if no device of that person was ever decided
 * about. Every other device must be named by its fingerprint, or be vouched for by a
 * verified device of the same person (vouching.h):
 *
 *   state        event                                    next
 *   unknown      shows itself, its person is expected     SEEN, which ends the expectation
 *   unknown      shows itself                             PENDING
 *   PENDING      invite, the only one of its person       SEEN
 *   PENDING      PENDING_EXPIRY, suspend                  unknown
 *   unknown, PENDING  a VERIFIED device vouches for it    VOUCHED
 *   VOUCHED      its voucher does so no more, or is not
 *                VERIFIED any more                        PENDING; unknown if it never came
 *   any but DISTRUSTED  another device of its person
 *                revokes it                               REVOKED
 *   any          verify                                   VERIFIED
 *   any but DISTRUSTED, REVOKED
 *                proves an invitation                     VERIFIED
 *   SEEN, VOUCHED, VERIFIED  suspend (removed, blocked)   SUSPENDED
 *   any          distrust                                 DISTRUSTED
 *   PENDING      its person is moved to another address   unknown
 *
 * A key that is already known of another person is not trusted on first use.
 */

#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"
#include "buf.h"
#include "fingerprint.h"
#include "hashtable.h"
#include "jid.h"

enum trust_state {
	TRUST_UNKNOWN,		/* not in the table; the others go from best to worst */
	TRUST_VERIFIED,		/* the user compared the fingerprints */
	TRUST_VOUCHED,		/* a verified device of the same person vouches for it; it may do
				   what SEEN may */
	TRUST_SEEN,		/* trusted on first use, at add or accept */
	TRUST_PENDING,		/* showed itself; gets nothing until verified */
	TRUST_SUSPENDED,	/* was trusted; its person was removed or blocked */
	TRUST_REVOKED,		/* a device of its own person revoked it; only verify ends that */
	TRUST_DISTRUSTED,	/* the user rejected it; only verify ends that */
};

struct trusted_device {
	struct trusted_device *next, **link;	/* in the list of all */
	struct trusted_device *sibling;	/* in the list of the person; newest first */
	char *jid;			/* bare; the person's */
	char *name;			/* that its owner gave it, or NULL; owned */
	unsigned char fp[FINGERPRINT_BYTES];
	/*
	 * A fingerprint, or NULL; owned. VOUCHED: of the device that vouches for it. REVOKED:
	 * of the device that revoked it, or our own. VERIFIED: of the device whose revocation
	 * the user has overruled.
	 */
	unsigned char *by;
	/* What follows is packed, because of BUDDIES_MAX. The times are unix seconds, to 2106. */
	uint32_t first_seen;
	uint32_t since;			/* of the state */
	uint32_t last_seen;		/* when it last proved its key, within LAST_SEEN_STEP; 0:
					   it never did, and was only vouched for */
	enum trust_state state : 8;
	enum trust_state was : 8;	/* of a REVOKED device: its state before */
	bool settled : 1;		/* of a REVOKED device: the user has verified the device
					   that revoked it, so it cannot answer in kind */
	bool compared : 1;		/* its user has verified our device, as it says */
	bool told : 1;			/* it has been told which own devices we have revoked */
};

enum trust_mark {
	MARK_EXPECTED,		/* add, accept: the first device is trusted when it comes */
	MARK_ASKED,		/* add, accept: their own request is accepted when it comes */
	MARK_LISTED,		/* they were in the roster when it was last seen */
	MARK_GRANTED,		/* and could see us: subscription from or both */
	MARK_LOST,		/* suspended because the roster came back empty */
	MARK_BLOCKED,		/* blocked here, because the server cannot block */
	MARK_MEANT,		/* add, accept: we want to see them, and they have not agreed yet */
	MARK_COUNT,
};

struct trust_person {
	struct hashtable_node node;	/* first: hashtable_find() leads back to the person */
	struct trust_person *next, **link;	/* in the list of all */
	char *jid;			/* bare; owned */
	struct trusted_device *devices;	/* the first; then ->sibling */
	unsigned count;			/* of devices */
	uint64_t since[MARK_COUNT];	/* unix seconds; 0: not marked */
};

struct trust;

struct trust *trust_create(void);
void trust_destroy(struct trust *t);

/*
 * Parses the whole file into an empty table. Returns the number of lines that were
 * dropped: they were malformed, repeated, or beyond a bound.
 */
int trust_parse(struct trust *t, const char *text, size_t n);
void trust_write(const struct trust *t, struct buf *out);

enum trust_invitation {
	TRUST_EXPECTS,		/* from now on the first device that shows itself is trusted */
	TRUST_EXPECTED,		/* the first device was expected before; nothing has changed */
	TRUST_ADMITTED,		/* the one device that was pending is trusted now */
	TRUST_COMPARE,		/* nothing was granted: devices of theirs are known, and verify
				   must name them */
	TRUST_FULL,		/* nothing was granted: jid is no bare JID, or one too many */
};

/* add or accept. Their request to see us is accepted as well, for as long. */
enum trust_invitation trust_invite(struct trust *t, const char *jid, uint64_t unix_now);
/*
 * Whether the first device, or a request, is still expected. A mark that is too old does
 * not count.
 */
bool trust_expected(const struct trust *t, const char *jid, uint64_t unix_now);
bool trust_asked(const struct trust *t, const char *jid, uint64_t unix_now);

/*
 * A device proved by TLS that it holds this key, and the server says that it is jid's.
 * Returns its state from now on; *changed tells whether the table must be saved.
 *
 * Pending devices share PENDING_DEVICES_MAX places (quota.h): those of a person with a
 * trusted device by JID, those of others by domain and JID. If a person holds all the
 * places that they may, or has DEVICES_PER_BUDDY devices, the oldest pending device of
 * their own makes room, if it was met at least PENDING_SETTLED ago. If none makes room,
 * the answer is TRUST_PENDING, and the device is not kept. A pending device is forgotten
 * PENDING_EXPIRY after it was first seen; if it comes again, it is a new one.
 */
enum trust_state trust_observe(struct trust *t, const char *jid, const unsigned char *fp,
			       uint64_t unix_now, bool *changed);
enum trust_state trust_lookup(const struct trust *t, const char *jid, const unsigned char *fp);
bool trust_allows(enum trust_state state);
/* Such a device was thrown out, and is told nothing at all. */
bool trust_rejects(enum trust_state state);
/*
 * Forgets what is too old. To be called after the file was read; trust_observe() and
 * trust_invite() call it, too.
 */
void trust_expire(struct trust *t, uint64_t unix_now);

enum trust_move {
	TRUST_MOVED,
	TRUST_MOVE_NOTHING,	/* the user has decided about no device of the old address */
	TRUST_MOVE_TAKEN,	/* they have decided about a device of the new one */
	TRUST_MOVE_FULL,	/* the new one is no bare JID, or one too many */
};

/*
 * The person with the address `from` has the address `to` now. All devices of theirs about
 * which the user has decided go there as they are; those that wait are forgotten. Of the marks
 * of `from` only LISTED, GRANTED and BLOCKED stay. A request of `to` to see us is accepted, as
 * after add; no first device is expected. Unless it is TRUST_MOVED, nothing is changed.
 */
enum trust_move trust_move(struct trust *t, const char *from, const char *to, uint64_t unix_now);
/*
 * The user's own account has the address `to` now. Own devices go there as the devices of
 * another person would. Nobody is in the contact list of the new address yet. So each buddy
 * who has a trusted device is meant, and their request is accepted when it comes; of all
 * persons only MARK_BLOCKED is kept otherwise, and MARK_EXPECTED of those who were just added.
 * Every device is told anew which own devices are revoked. Unless it is
 * TRUST_MOVED, nothing is changed; TRUST_MOVE_NOTHING: both addresses are the same.
 */
enum trust_move trust_move_self(struct trust *t, const char *from, const char *to,
				uint64_t unix_now);
/* What trust_move_self() would answer. */
enum trust_move trust_may_move_self(const struct trust *t, const char *from, const char *to);

/* What trust_move() would answer. */
enum trust_move trust_may_move(const struct trust *t, const char *from, const char *to);
/*
 * Whether the table is as trust_move() leaves it: something was decided about devices of `to`,
 * and nothing about those of `from`.
 */
bool trust_may_have_moved(const struct trust *t, const char *from, const char *to);

/*
 * The user compared this key. False if the device is not in the table. Ends the
 * expectation of a first device.
 */
bool trust_verify(struct trust *t, const char *jid, const unsigned char *fp, uint64_t unix_now);
/*
 * The holder of this key has proven an invitation, or holds one that the user uses: they are
 * verified, also a device that was not known. A request of theirs to see us is accepted, as
 * after add. False, and nothing is changed, if the key was rejected or revoked, or there is no
 * room.
 */
bool trust_admit(struct trust *t, const char *jid, const unsigned char *fp, uint64_t unix_now);
/*
 * The user rejects this key, or with NULL all known keys of jid. False if there is none.
 * Ends the expectation of a first device. Devices for which a rejected one vouched are
 * pending.
 */
bool trust_distrust(struct trust *t, const char *jid, const unsigned char *fp, uint64_t unix_now);
/*
 * The user retires another device of their own account; own is the fingerprint of this
 * one. False if fp is not in the table, or retired already.
 */
bool trust_retire(struct trust *t, const char *jid, const unsigned char *fp,
		  const unsigned char *own, uint64_t unix_now);
/*
 * This device retires itself. False if it did before. trust_retired(): when it did, in unix
 * seconds; 0: it did not.
 */
bool trust_retire_self(struct trust *t, uint64_t unix_now);
uint64_t trust_retired(const struct trust *t);
/* The name of this device, or NULL. To set NULL or "" takes it away. */
void trust_name_self(struct trust *t, const char *name, uint64_t unix_now);
const char *trust_own_name(const struct trust *t);
/*
 * The device has just proved its key. Returns whether last_seen has changed, which is so
 * every LAST_SEEN_STEP seconds.
 */
bool trust_note_seen(struct trust *t, const char *jid, const unsigned char *fp, uint64_t unix_now);
/*
 * The device has been told which own devices we have revoked. trust_untell(): that has
 * changed, so every device has to be told.
 */
void trust_note_told(struct trust *t, const char *jid, const unsigned char *fp);
void trust_untell(struct trust *t);
/*
 * jid is a buddy no more. Trusted devices are suspended, pending ones forgotten, and all
 * marks but MARK_BLOCKED are taken away. False if nothing has changed.
 */
bool trust_suspend(struct trust *t, const char *jid, uint64_t unix_now);
/*
 * The request of jid was declined or answered: neither a device nor another request is
 * expected. False if none was.
 */
bool trust_decline(struct trust *t, const char *jid);
/*
 * Sets or takes away a mark. False if nothing has changed. Only MARK_BLOCKED adds a person
 * to the table; any other mark is kept for one who is in it already.
 */
bool trust_mark(struct trust *t, const char *jid, enum trust_mark mark, bool on, uint64_t unix_now);

/*
 * The first of all devices, in the order in which they were met; the first of all persons;
 * the person jid, or NULL.
 */
const struct trusted_device *trust_first(const struct trust *t);
const struct trust_person *trust_persons(const struct trust *t);
const struct trust_person *trust_person(const struct trust *t, const char *jid);
/* The first device of jid, then ->sibling; NULL if there is none. */
const struct trusted_device *trust_devices(const struct trust *t, const char *jid);
const struct trusted_device *trust_device(const struct trust *t, const char *jid,
					  const unsigned char *fp);
/* Another person whose device has this key, or NULL. */
const char *trust_other_owner(const struct trust *t, const char *jid, const unsigned char *fp);
bool trust_marked(const struct trust *t, const char *jid, enum trust_mark mark);
/* Whether jid has a device in this state. */
bool trust_any(const struct trust *t, const char *jid, enum trust_state state);
/* Whether p, which may be NULL, has a trusted device. */
bool trust_any_allowed(const struct trust_person *p);
const char *trust_state_name(enum trust_state state);

#endif
