/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table by which those who have something to say to devices reach peers. It is a file of its
 * own, because it needs all of the peer, and what finds a peer does not.
 */
#include "peer.h"

static uint64_t on_say(struct peer *p, enum record_type type, const struct buf *fields)
{
	bool queued = link_send(&p->link, type, buf_data(fields), buf_len(fields));
	uint64_t number = queued ? link_queued(&p->link) : 0;

	peer_touch(p);
	return number;
}

static bool on_acknowledged(const struct peer *p, uint64_t number)
{
	return link_acknowledged(&p->link) >= number;
}

static struct negotiation *on_announce(struct peer *p, const uint8_t id[NEG_ID_BYTES],
				       const char *share, const void *tips, size_t len,
				       const struct initiator_events *events, void *owner)
{
	struct negotiation *neg = neg_announce(&p->negotiations, id, share, tips, len, events,
					       owner, context_now(p->all->context));

	peer_touch(p);
	return neg;
}

static struct meeting *on_meet(struct peers *all, const char *full, const char *device,
			       const struct meeting_kind *kind)
{
	return meeting_open(&all->meetings, full, device, kind);
}

const struct peers_ops peers_ops = {
	.find = peer_find,
	.want = peer_want,
	.say = on_say,
	.acknowledged = on_acknowledged,
	.announce = on_announce,
	.withdraw = neg_withdraw,
	.meet = on_meet,
	.end = peer_end,
};
