/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the link of a peer tells. When the other side's HELLO has named both accounts, the key is
 * checked against the trust table, and only then does the link come up. Each record goes to the
 * part that it is for: the connector, the negotiations, the channels, or the owner of all peers.
 */
#include "peer-internal.h"

#include <string.h>

#include "log.h"

static bool on_link_admit(void *owner)
{
	struct peer *p = owner;

	p->all->events->met_key(p->all->owner, p->jid, p->fp);
	return context_admits(p->all->context, p->jid, p->fp);
}

static void on_link_up(void *owner, bool resumed)
{
	struct peer *p = owner;
	struct netaddr ours, theirs;

	log_about(p->jid, LOG_INFO, "link with %s/%s is %s, %s", p->jid, p->device,
		  resumed ? "up again" : "up", path_name(p->path));
	absence_end(&p->absence);
	presence_our_protocol(p->all->context->presence, p->jid, p->device);
	peer_drop_left(p);
	connector_refresh(p->connector);
	/* Not before both sides are on it: until then the device speaks of the path before. */
	if (path_ends(p->path, &ours, &theirs))
		connector_ends(p->connector, &ours, &theirs);
	if (!resumed)
		connector_tell(p->connector);
	peer_note_stall(p, context_now(p->all->context));
	p->all->events->up(p->all->owner, p, resumed);
}

static void on_link_down(void *owner)
{
	struct peer *p = owner;

	log_about(p->jid, LOG_INFO, "link with %s/%s waits for a path", p->jid, p->device);
	p->all->events->down(p->all->owner, p);
}

static void on_link_deliver(void *owner, const struct record *record)
{
	struct peer *p = owner;
	const char *fault;

	if (record->type == RECORD_CANDIDATES || record->type == RECORD_BYTESTREAM ||
	    record->type == RECORD_PUNCH)
		fault = connector_record(p->connector, record);
	else if (record->type >= RECORD_DEVICE)
		fault = p->all->events->word(p->all->owner, p, record);
	else if (record->type < RECORD_ACCEPT)
		fault = negotiations_record(&p->negotiations, record, context_now(p->all->context));
	else
		fault = channels_record(&p->channels, record);
	if (record->type >= RECORD_ACCEPT && record->type < RECORD_DEVICE)
		stall_moved(&p->stall);
	if (fault && !p->ended) {
		log_about(p->jid, LOG_WARNING, "%s/%s: broke the protocol: %s record: %s", p->jid,
			  p->device, record_type_name(record->type), fault);
		peer_end(p, "protocol");
	}
}

static bool on_link_fill(void *owner)
{
	struct peer *p = owner;

	return peer_may_carry(p) && !absence_pauses(&p->absence) && channels_fill(&p->channels);
}

static void on_link_ended(void *owner, const char *reason)
{
	struct peer *p = owner;

	if (!strcmp(reason, "version") && p->link.peer_protocol)
		presence_other_protocol(p->all->context->presence, p->jid, p->device,
					p->link.peer_protocol, context_now(p->all->context));
	peer_over(p, reason);
}

static void on_link_kick(void *owner)
{
	struct peer *p = owner;

	if (p->path)
		path_kick(p->path);
}

const struct link_events peer_link_events = {
	.admit = on_link_admit,
	.up = on_link_up,
	.down = on_link_down,
	.deliver = on_link_deliver,
	.fill = on_link_fill,
	.ended = on_link_ended,
	.kick = on_link_kick,
};

static void on_send(void *owner, enum record_type type, struct buf *fields)
{
	struct peer *p = owner;

	link_send(&p->link, type, buf_data(fields), buf_len(fields));
	/*
	 * The end of another peer may have sent a request on to this one, so the timers have
	 * to be set.
	 */
	peer_touch(p);
}

static const char *on_authorize(void *owner, enum service service, const char *share)
{
	struct peer *p = owner;

	return p->all->events->authorize(p->all->owner, p, service, share);
}

static void *on_start(void *owner, struct negotiation *neg)
{
	struct peer *p = owner;

	return p->all->events->start(p->all->owner, p, neg);
}

static void on_stop(void *owner, void *serving)
{
	struct peer *p = owner;

	p->all->events->stop(p->all->owner, serving);
}

static void on_announced(void *owner, const char *share, struct fields f)
{
	struct peer *p = owner;

	p->all->events->announced(p->all->owner, p, share, f);
}

static void on_outcome(void *owner, const char *id, uint64_t received, struct buf *fields)
{
	struct peer *p = owner;

	p->all->events->outcome(p->all->owner, p, id, received, fields);
}

static bool on_turn_held(void *owner, const char *share)
{
	const struct peer *p = owner;

	return p->all->events->turn_held(p->all->owner, p, share);
}

const struct negotiation_events peer_negotiation_events = {
	.send = on_send,
	.outcome = on_outcome,
	.announced = on_announced,
	.authorize = on_authorize,
	.start = on_start,
	.stop = on_stop,
	.turn_held = on_turn_held,
};
