/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_INQUIRY_H
#define CORE_INQUIRY_H

/*
 * The inquiry: who is not seen is asked, because servers lose presences. After an outage
 * between two servers nobody says anything again of themselves, so both sides ask, and either
 * finds the other.
 *
 * A device is asked by a ping (XEP-0199) to the full JID at which it was last seen, or would
 * be: it is answered, and cannot loop. Of whom no device is known, or none to be there any
 * more, and whom our roster lets see us, a presence directed to their bare JID (RFC 6121 4.6)
 * asks: whoever is there answers it with their own, which asks nothing. Nobody else is asked.
 *
 * A device that is seen is asked when something that was sent to it came back, as from where
 * nobody is: its presence may have been lost when it went.
 *
 * Questions are counted by domain. A round asks each of its people once, INQUIRY_AT_ONCE of
 * them a second; the pause between two rounds doubles, and has chance in it (backoff.h): up to
 * INQUIRY_EAGER while somebody is waited for, else up to INQUIRY_MAX. While a domain cannot be
 * reached one question is as good as all: one is asked in each pause, of at most INQUIRY_EAGER.
 * The first answer, or anything else from there, begins a round. There is one deadline for all,
 * and none when everybody is seen.
 *
 * Times are ms, monotonic. Pure.
 */

#include "presence.h"

enum interest {
	INTEREST_NONE,		/* no buddy whose devices matter */
	INTEREST_SOME,
	INTEREST_WAITS,		/* a command, a queued push or a link waits for them */
};

struct inquiry;

struct inquiry_events {
	enum interest (*interest)(void *owner, const char *jid);
	/*
	 * Pings a full JID; inquiry_answered() follows, not within the call.
	 * False: that cannot be sent now.
	 */
	bool (*ping)(void *owner, const char *full);
	/* Directs a presence that asks to a bare JID. */
	void (*show)(void *owner, const char *bare);
	/* A device that was seen is not where it was; the presence table knows that. */
	void (*gone)(void *owner, const char *full, const char *device);
};

/* presence is borrowed; random is any number. */
struct inquiry *inquiry_create(struct presence *presence, const struct inquiry_events *events,
			       void *owner, uint32_t random);
void inquiry_destroy(struct inquiry *q);

/*
 * Our connection is there: the first round of all domains follows when
 * presences have had time to come. Or it is gone.
 */
void inquiry_online(struct inquiry *q, uint64_t now);
void inquiry_offline(struct inquiry *q);

/*
 * Of jid something is not seen any more, or is to be seen from now on: a round
 * of the domain is due soon.
 */
void inquiry_unseen(struct inquiry *q, const char *jid, uint64_t now);

/*
 * Somebody waits for jid: asked at once, if that may bring anything. inquiry_pending() tells
 * whether it still may.
 */
void inquiry_want(struct inquiry *q, const char *jid, uint64_t now);
bool inquiry_pending(const struct inquiry *q, const char *jid, uint64_t now);

/*
 * What was sent to this full JID came back with this condition. If that is what a server says
 * of who is not there, and a device is seen there, it is asked: once in INQUIRY_FIRST, for
 * anybody can send an error.
 */
void inquiry_doubt(struct inquiry *q, const char *full, const char *error, uint64_t now);

/*
 * A ping was answered: error is a condition (RFC 6120 8.3.3), "timeout", or
 * NULL: the device is there.
 */
void inquiry_answered(struct inquiry *q, const char *full, const char *error, uint64_t now);

/*
 * Something has come from jid or its server; or an error of this condition in
 * the place of an answer.
 */
void inquiry_heard(struct inquiry *q, const char *jid, const char *error, uint64_t now);

/*
 * Whether a condition tells that a server was not reached, or is not well
 * itself, and nothing of whom it was about.
 */
bool inquiry_tells_outage(const char *condition);

/* Whether the last that was known of jid's domain is that it cannot be reached. */
bool inquiry_unreachable(const struct inquiry *q, const char *jid);

uint64_t inquiry_deadline(const struct inquiry *q);
void inquiry_tick(struct inquiry *q, uint64_t now);

#endif
