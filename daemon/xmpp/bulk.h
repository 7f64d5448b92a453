/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_BULK_H
#define DAEMON_BULK_H

/*
 * When the blocks of in-band bytestreams may be sent. Blocks wait with their owner and not in
 * libstrophe. There is room while libstrophe's queue and the socket's unsent bytes together
 * are few and the answer has a place. An owner who found no room is told by events->bulk when
 * there is some. No clock here: the caller passes `now` (ms).
 */

#include "stream.h"

struct bulk {
	struct stream *stanzas;		/* borrowed */
	bool online;			/* the account is online */
	bool wanted;			/* somebody was told to wait */
	uint64_t look_at;		/* when to look again */
};

void bulk_init(struct bulk *b, struct stream *stanzas);

/* Tells whether the account is online. While it is not, there is no room and no event. */
void bulk_allow(struct bulk *b, bool online);

/* Whether there is room. If not, and the account is online, events->bulk will follow. */
bool bulk_ready(struct bulk *b, uint64_t now);

/*
 * Calls events->bulk if the owner waits and there is room. To be called after a pump, and at
 * bulk_deadline().
 */
void bulk_check(struct bulk *b, uint64_t now);

/* UINT64_MAX: nobody waits. */
uint64_t bulk_deadline(const struct bulk *b);

#endif
