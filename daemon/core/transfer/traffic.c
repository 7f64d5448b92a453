/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A limit is mentioned only if enough bytes wait: few bytes have left before the user has read
 * it.
 */
#include "traffic.h"

enum { LIMIT_WORTH = 32 * 1024 };	/* bytes that have to wait before the limit is mentioned */

void traffic_received(struct traffic *t, size_t n, uint64_t now)
{
	t->received += n;
	meter_add(&t->in, n, now);
}

void traffic_left(struct traffic *t, const struct channel *ch, uint64_t now)
{
	meter_add(&t->out, channel_sent(ch) - t->counted, now);
	t->counted = channel_sent(ch);
}

bool traffic_limited(struct traffic *t, const struct channel *ch, const struct peer *p,
		     const char *to, struct buf *text)
{
	uint64_t limit = t->limit_told ? 0 : peer_limit(p);

	if (!limit || t->written - channel_sent(ch) < LIMIT_WORTH)
		return false;
	t->limit_told = true;
	buf_printf(text, "no direct path%s%s; through the server it goes at %.1f KiB a second",
		   to ? " to " : "", to ? to : "", limit / 1024.0);
	return true;
}
