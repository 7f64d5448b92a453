/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_INQUIRY_H
#define CORE_INQUIRY_H

/*
 * The inquiry asks buddies who are not seen whether they are there, because servers lose
 * presences. After an outage between two servers no presence is sent again, so both sides
 * ask, and either finds the other.
 *
 * A device is asked by a ping (XEP-0199) to the full JID where it was last seen, or where
 * the protocol would have it. A ping is always answered, and causes nothing else, so it
 * cannot loop. If no device of a buddy is known to be anywhere, and our roster lets the
 * buddy see us, a presence is directed to their bare JID (RFC 6121 4.6). Their devices
 * answer it with their own presence, which asks nothing. Nobody else is asked.
 *
 * A device that is seen is asked only if a stanza sent to it came back with an error as
 * from an absent resource: the presence that told of its end may have been lost.
 *
 * Questions are counted by domain. A round asks each person of a domain once,
 * INQUIRY_AT_ONCE of them a second. The pause between two rounds doubles, with chance
 * added (backoff.h): up to INQUIRY_EAGER while somebody is waited for, else up to
 * INQUIRY_MAX. While a domain cannot be reached, one question is as good as all: one
 * person is asked after each pause, of at most INQUIRY_EAGER. The first answer, or
 * anything else from the domain, begins a round. There is one deadline for all domains,
 * and none while everybody is seen.
 *
 * Times are ms, monotonic. Pure.
 */

#include "presence.h"

enum interest {
	INTEREST_NONE,		/* no buddy, or their devices do not matter */
	INTEREST_SOME,
	INTEREST_WAITS,		/* a command, a queued push or a link waits for them */
};

struct inquiry;

struct inquiry_events {
	enum interest (*interest)(void *owner, const char *jid);
	/*
	 * Pings a full JID. inquiry_answered() follows, but not within the call. False:
	 * the ping cannot be sent now.
	 */
	bool (*ping)(void *owner, const char *full);
	/* Directs a presence to a bare JID, which asks for theirs. */
	void (*show)(void *owner, const char *bare);
	/* A device that was seen proved to be absent. The presence table is changed already. */
	void (*gone)(void *owner, const char *full, const char *device);
};

/* presence is borrowed; random is any number. */
struct inquiry *inquiry_create(struct presence *presence, const struct inquiry_events *events,
			       void *owner, uint32_t random);
void inquiry_destroy(struct inquiry *q);

/*
 * inquiry_online(): we are online; the first round of each domain follows after
 * INQUIRY_SETTLE, when presences have had time to come. inquiry_offline(): we are not.
 */
void inquiry_online(struct inquiry *q, uint64_t now);
void inquiry_offline(struct inquiry *q);

/*
 * A device of jid is not seen any more, or is to be looked for from now on: a round of the
 * domain is due soon.
 */
void inquiry_unseen(struct inquiry *q, const char *jid, uint64_t now);

/*
 * Somebody waits for jid: asks at once, if that may bring anything. inquiry_pending()
 * tells whether an answer may still come.
 */
void inquiry_want(struct inquiry *q, const char *jid, uint64_t now);
bool inquiry_pending(const struct inquiry *q, const char *jid, uint64_t now);

/*
 * A stanza to this full JID came back with this error condition. If the condition says
 * that nobody is there, and a device is seen there, the device is pinged: once in
 * INQUIRY_FIRST at most, because anybody can send an error.
 */
void inquiry_doubt(struct inquiry *q, const char *full, const char *error, uint64_t now);

/*
 * A ping was answered. error is a condition (RFC 6120 8.3.3), "timeout" or "disconnected";
 * NULL: the device is there.
 */
void inquiry_answered(struct inquiry *q, const char *full, const char *error, uint64_t now);

/*
 * Something has come from jid or its server. error is the condition of an error that came
 * in place of an answer, or NULL.
 */
void inquiry_heard(struct inquiry *q, const char *jid, const char *error, uint64_t now);

/*
 * Whether an error condition tells of a server that was not reached or has a problem of
 * its own, and so nothing of the JID that was asked.
 */
bool inquiry_tells_outage(const char *condition);

/* Whether jid's domain could not be reached, by the last that is known of it. */
bool inquiry_unreachable(const struct inquiry *q, const char *jid);

uint64_t inquiry_deadline(const struct inquiry *q);
void inquiry_tick(struct inquiry *q, uint64_t now);

#endif
