/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TRAFFIC_H
#define CORE_TRAFFIC_H

/*
 * The traffic of one git process, ours or theirs, over a channel: counts and measures it, and
 * tells people, once, if a server limits it.
 */

#include "channel.h"
#include "meter.h"
#include "peer.h"

/* Zero it before the first use. */
struct traffic {
	uint64_t written;		/* bytes for the channel, with those that still wait */
	uint64_t received;		/* bytes from the channel */
	uint64_t counted;		/* bytes sent that are counted in out */
	struct meter in, out;
	bool limit_told;
};

void traffic_received(struct traffic *t, size_t n, uint64_t now);

/* The channel has room: counts what has left. */
void traffic_left(struct traffic *t, const struct channel *ch, uint64_t now);

/*
 * True, once, if a server on the way holds back what was written. Then text, without an end of
 * line, is appended for the user. to: the JID that there is no direct path to; NULL: not
 * named.
 */
bool traffic_limited(struct traffic *t, const struct channel *ch, const struct peer *p,
		     const char *to, struct buf *text);

#endif
