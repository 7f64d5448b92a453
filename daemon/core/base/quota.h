/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_QUOTA_H
#define CORE_QUOTA_H

/*
 * Shares a fixed number of places among many holders by these rules:
 *
 *  - Nobody may hold more than half of the free places; what they hold already counts as free.
 *  - A holder of nothing gets a place while one is free.
 *  - If none is free, the holder of most loses their oldest unfinished place to a holder of
 *    nothing. So everybody is served as long as there are fewer holders than places.
 *
 * A holder is a bare JID. Since a domain can make as many JIDs as it likes, those who are
 * not trusted share: all together they count as one holder and hold at most half, among
 * them each domain counts as one, and within a domain each JID. The same rules hold on
 * each of these levels, with one exception: in a domain whose share is full, a JID that
 * holds nothing takes the oldest unfinished place even of a JID that holds just one. To be
 * many costs a domain nothing.
 *
 *   quota_ask() --QUOTA_YES--> quota_take() ... quota_leave()
 *               --QUOTA_ROOM--> the caller ends the victim, which leaves; then as above
 *
 * There are no callbacks. Not for more than some thousand places: to find the victim all
 * of them are walked.
 */

#include <stdbool.h>

#include "hashtable.h"
#include "list.h"

struct quota_share;

struct quota {
	unsigned places, used;
	struct list taken;		/* quota_place::link, oldest first */
	struct hashtable shares;	/* by key; owned; a share is freed with its last place */
	bool strangers_only;
};

/* One place; a member of the object that takes it. Zero it before the first use. */
struct quota_place {
	struct list link;		/* quota::taken; first, so that a cast leads back */
	struct quota *quota;		/* NULL: not taken */
	struct quota_share *share;	/* the innermost share that the place counts for */
	bool unfinished;		/* the place may have to make room */
};

enum quota_verdict {
	QUOTA_NO,		/* the share is used up, or nothing can make room */
	QUOTA_YES,
	QUOTA_ROOM,		/* the victim has to leave first */
};

/*
 * strangers_only: no holder is trusted (requests, pending devices), so the domains share
 * all places instead of half of them.
 */
void quota_init(struct quota *q, unsigned places, bool strangers_only);

/* All places must have been left. */
void quota_finish(struct quota *q);

/* jid is bare. *victim is set for QUOTA_ROOM alone, and valid until a place is taken or left. */
enum quota_verdict quota_ask(const struct quota *q, const char *jid, bool trusted,
			     struct quota_place **victim);

/*
 * The same for somebody who must get a place whatever they hold: QUOTA_NO only if no place
 * is free and none is unfinished.
 */
enum quota_verdict quota_insist(const struct quota *q, struct quota_place **victim);

/*
 * Takes a place after QUOTA_YES, or when the victim has left. Without asking, too, as long
 * as places are free: for what existed before, as in a file that is read. The place is
 * unfinished at first.
 */
void quota_take(struct quota *q, struct quota_place *place, const char *jid, bool trusted);

/* Gives the place back; does nothing if it is not taken. */
void quota_leave(struct quota_place *place);

/* The holder proved to be trusted: the place counts for their JID from now on. Its age stays. */
void quota_trust(struct quota_place *place, const char *jid);

/* How many places this JID holds. For display, and for checks. */
unsigned quota_held(const struct quota *q, const char *jid, bool trusted);

#endif
