/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_QUOTA_H
#define CORE_QUOTA_H

/*
 * A fixed number of places that many share, and the rule by which they do:
 *
 *  - Nobody takes more than half of what is free when they ask, what they hold counted as free.
 *  - Who holds nothing gets a place while one is free.
 *  - Where none is free, the oldest unfinished place of whoever holds most makes room for
 *    who holds nothing, so that they are served as long as there are fewer of them than places.
 *
 * Somebody is a bare JID. One domain makes as many JIDs as it likes, so whoever is not
 * trusted shares: all of them together count as one, and hold at most half; among them each
 * domain counts as one, and in a domain each JID. The same rule holds on each of these levels.
 * In a domain whose share is full, a JID that holds nothing takes the place of the oldest
 * unfinished one, even of a JID that holds no other: it would be easy to be many.
 *
 *   quota_ask() --QUOTA_YES--> quota_take() ... quota_leave()
 *               --QUOTA_ROOM--> the caller ends the victim, which leaves; then as above
 *
 * No allocation fails, nothing is called back. Not more than some thousand places: to
 * find who makes room is a walk over them.
 */

#include <stdbool.h>

#include "hashtable.h"
#include "list.h"

struct quota_share;

struct quota {
	unsigned places, used;
	struct list taken;		/* quota_place::link, oldest first */
	struct hashtable shares;	/* by key; owned, gone with their last place */
	bool strangers_only;
};

/* A place taken; part of what takes it. Zero it before the first use. */
struct quota_place {
	struct list link;		/* quota::taken; first: a cast leads back */
	struct quota *quota;		/* NULL: not taken */
	struct quota_share *share;	/* the innermost it counts for */
	bool unfinished;		/* it may have to make room */
};

enum quota_verdict {
	QUOTA_NO,		/* they hold their share, or nothing can make room */
	QUOTA_YES,
	QUOTA_ROOM,		/* the victim has to leave first */
};

/*
 * strangers_only: nobody in it is trusted (requests, pending devices), so that the
 * domains share all of the places and not half of them.
 */
void quota_init(struct quota *q, unsigned places, bool strangers_only);

/* Every place has been left. */
void quota_finish(struct quota *q);

/* jid: bare. *victim is set for QUOTA_ROOM alone; it lives until something is taken or left. */
enum quota_verdict quota_ask(const struct quota *q, const char *jid, bool trusted,
			     struct quota_place **victim);

/*
 * The same for somebody who has to get a place whatever they hold: no only where none is free
 * and nothing is unfinished.
 */
enum quota_verdict quota_insist(const struct quota *q, struct quota_place **victim);

/*
 * After QUOTA_YES, or when the victim has left; also without asking, for what was there
 * before (a file that is read), as long as places are free. It is unfinished.
 */
void quota_take(struct quota *q, struct quota_place *place, const char *jid, bool trusted);

/* Gives it back; nothing happens if it is not taken. */
void quota_leave(struct quota_place *place);

/* It turned out to be a trusted one's: it counts for their JID from now on, as old as it is. */
void quota_trust(struct quota_place *place, const char *jid);

/* How many this JID holds. For display, and for checks. */
unsigned quota_held(const struct quota *q, const char *jid, bool trusted);

#endif
