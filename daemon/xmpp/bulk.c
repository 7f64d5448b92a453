/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bulk.h"

enum {
	UNSENT_MAX = 16 * 1024,	/* bytes; no room for another block beyond this */
	RETRY = 50,		/* ms; no event tells when a socket's buffer is half empty */
};

void bulk_init(struct bulk *b, struct stream *stanzas)
{
	*b = (struct bulk){ .stanzas = stanzas };
}

void bulk_allow(struct bulk *b, bool online)
{
	b->online = online;
	b->wanted = b->wanted && online;
}

static bool has_room(const struct bulk *b)
{
	return b->online && stream_path_fits(b->stanzas) &&
	       strophe_loop_unsent(b->stanzas->stream) < UNSENT_MAX;
}

bool bulk_ready(struct bulk *b, uint64_t now)
{
	if (has_room(b))
		return true;
	if (b->online && !b->wanted) {
		b->wanted = true;
		b->look_at = now + RETRY;
	}
	return false;
}

void bulk_check(struct bulk *b, uint64_t now)
{
	if (!b->wanted)
		return;
	if (!has_room(b)) {
		if (now >= b->look_at)
			b->look_at = now + RETRY;
		return;
	}
	b->wanted = false;
	if (b->stanzas->events)
		b->stanzas->events->bulk(b->stanzas->owner);
}

uint64_t bulk_deadline(const struct bulk *b)
{
	return b->wanted ? b->look_at : UINT64_MAX;
}
