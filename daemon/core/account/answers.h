/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ANSWERS_H
#define CORE_ANSWERS_H

/*
 * Decides whether a request of others over XMPP is answered. An answer costs as much as
 * the question, so endless questions would use up all that we can send. Each answer takes
 * a place for some seconds, and quota.h says who may have one:
 *
 *   buddies		ANSWERS_TO_BUDDIES at a time; a trusted JID counts by itself, the others
 *			share half by domain, because a server can make itself any number of
 *			chat contacts
 *   anybody else	ANSWERS_TO_STRANGERS at a time, shared by domain
 *
 * So all strangers together get one answer a second, and one buddy alone eight. A request
 * without a place is not answered, now or later. Our own server, and the blocks of
 * open bytestreams, are bounded elsewhere and never ask here.
 */

#include "bounds.h"
#include "quota.h"

/* Who asks us. */
enum asker {
	ASKER_STRANGER,
	ASKER_BUDDY,		/* may see that we are online */
	ASKER_TRUSTED,		/* and has a device that we trust or expect */
	ASKER_SERVER,		/* our own server, or our account */
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
 * Whether one more answer may be given now. If so, it counts as given. bare may be the
 * name of a domain.
 */
bool answers_may(struct answers *a, const char *bare, enum asker asker, uint64_t now);

#endif
