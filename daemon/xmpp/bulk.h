/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_BULK_H
#define DAEMON_BULK_H

/*
 * When the blocks of in-band bytestreams may be handed over. They wait with their owner, not in
 * libstrophe: there is room while its queue and the socket's unsent bytes together are short, and
 * there is a place for the answer. Whoever found none is told by events->bulk when there is. No
 * clock here: `now` (ms) is given.
 */

#include "stream.h"

struct bulk {
	struct stream *stanzas;		/* borrowed */
	bool online;			/* the account is */
	bool wanted;			/* somebody was told to wait */
	uint64_t look_at;		/* when to look again */
};

void bulk_init(struct bulk *b, struct stream *stanzas);

/* Whether the account is online. While it is not, there is no room, and nobody is told of any. */
void bulk_allow(struct bulk *b, bool online);

/* Whether there is room. If not, and the account is online, the event comes. */
bool bulk_ready(struct bulk *b, uint64_t now);

/* Tells the one who waits, if there is room. To be called after a pump, and at bulk_deadline(). */
void bulk_check(struct bulk *b, uint64_t now);

/* UINT64_MAX: nobody waits. */
uint64_t bulk_deadline(const struct bulk *b);

#endif
