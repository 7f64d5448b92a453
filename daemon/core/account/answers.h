/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ANSWERS_H
#define CORE_ANSWERS_H

/*
 * Whom we answer, and how often. An answer costs as much as the question, so that
 * whoever asks without end would have all that we can send. Each takes a place for some
 * seconds, and quota.h says who may have one:
 *
 *   buddies		ANSWERS_TO_BUDDIES at a time, a JID that is trusted counts for itself,
 *			the others share half by domain: a chat contact is made by a server that
 *			wants one
 *   anybody else	ANSWERS_TO_STRANGERS at a time, shared by domain
 *
 * so that all strangers together get one answer a second, and a buddy alone eight. What
 * has no place is not answered, now or later. Our own server, and the blocks of bytestreams
 * that are open, are bounded otherwise and never ask here.
 */

#include "bounds.h"
#include "quota.h"

/* Who asks us. */
enum asker {
	ASKER_STRANGER,
	ASKER_BUDDY,		/* may see that we are here */
	ASKER_TRUSTED,		/* and has a device that we trust, or expect */
	ASKER_SERVER,		/* our own, or our account */
};

struct answer_place {
	struct quota_place place;
	uint64_t until;
};

struct answers {
	struct quota buddies, strangers;
	struct answer_place to_buddies[ANSWERS_TO_BUDDIES];
	struct answer_place to_strangers[ANSWERS_TO_STRANGERS];
};

void answers_init(struct answers *a);
void answers_finish(struct answers *a);

/*
 * Whether one more may be given now, which counts as given then. bare may be
 * the name of a domain.
 */
bool answers_may(struct answers *a, const char *bare, enum asker asker, uint64_t now);

#endif
