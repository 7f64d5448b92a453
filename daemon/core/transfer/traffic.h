/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TRAFFIC_H
#define CORE_TRAFFIC_H

/*
 * What goes over a channel for one git, ours or theirs: counted, measured, and the
 * one thing that is said of it to people while it goes.
 */

#include "channel.h"
#include "meter.h"
#include "peer.h"

/* Zero it before the first use. */
struct traffic {
	uint64_t written;		/* bytes for the channel, those included that still wait */
	uint64_t received;		/* bytes from it */
	uint64_t counted;		/* bytes sent that out has */
	struct meter in, out;
	bool limit_told;
};

void traffic_received(struct traffic *t, size_t n, uint64_t now);

/* The channel has room: some of what was written has left. */
void traffic_left(struct traffic *t, const struct channel *ch, uint64_t now);

/*
 * True, once, if a server on the way holds back what was written: then people are to be told the
 * text, which is appended, without an end of line. to: whom there is no direct path to, or NULL
 * where that is plain.
 */
bool traffic_limited(struct traffic *t, const struct channel *ch, const struct peer *p,
		     const char *to, struct buf *text);

#endif
