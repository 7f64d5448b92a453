/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A list is enough, for a broker has few peers at a time: one for each device that something
 * is done with, until its link ends.
 */
#include <string.h>

#include "acceptor.h"
#include "peer.h"

static void on_met_key(void *owner, const char *jid, const unsigned char *fp)
{
	const struct peers *all = owner;

	all->events->met_key(all->owner, jid, fp);
}

static void on_doubted(void *owner, const char *full, const char *why)
{
	const struct peers *all = owner;

	all->events->doubted(all->owner, full, why);
}

static const struct meetings_events meetings_events = {
	.met_key = on_met_key,
	.doubted = on_doubted,
};

void peers_init(struct peers *all, struct context *context)
{
	*all = (struct peers){ .context = context };
	all->connectors.context = context;
	all->connectors.lookups = &all->lookups;
	quota_init(&all->lookups, LOOKUPS_MAX, false);
	list_init(&all->acceptors);
	meetings_init(&all->meetings, &all->connectors, &meetings_events, all);
}

void peers_finish(struct peers *all)
{
	quota_finish(&all->lookups);
}

struct peer *peer_find(const struct peers *all, const char *jid, const char *device)
{
	for (struct peer *p = all->first; p; p = p->next)
		if (!strcmp(p->device, device) && !strcmp(p->jid, jid))
			return p;
	return NULL;
}

struct peer *peer_by_token(const struct peers *all, const char *token)
{
	for (struct peer *p = all->first; p; p = p->next)
		if (connector_expects(p->connector, token))
			return p;
	return NULL;
}

bool peers_linked(const struct peers *all, const char *jid, const char *device)
{
	const struct peer *p = peer_find(all, jid, device);

	return p && p->link.state == LINK_UP;
}

bool peer_is_there(const struct peers *all, const char *jid, const char *device)
{
	return peers_linked(all, jid, device) ||
	       presence_device(all->context->presence, jid, device);
}

void peers_end(struct peers *all, const char *reason)
{
	while (all->first)
		peer_end(all->first, reason);
	acceptors_end(all);
	meetings_end(&all->meetings);
}

void peers_online(struct peers *all, bool online)
{
	for (struct peer *p = all->first; p; p = p->next) {
		/* While we are offline, the server's word about others is worth nothing. */
		absence_end(&p->absence);
		if (online)
			peer_note_absence(p, ABSENCE_RETURN);
		connector_refresh(p->connector);
		peer_touch(p);
	}
}

void peers_refresh(struct peers *all)
{
	for (struct peer *p = all->first; p; p = p->next) {
		connector_refresh(p->connector);
		peer_touch(p);
	}
}

void peers_network_changed(struct peers *all)
{
	for (struct peer *p = all->first; p; p = p->next) {
		link_probe(&p->link, context_now(all->context));
		connector_network_changed(p->connector);
		peer_touch(p);
	}
}

void peers_reload(struct peers *all)
{
	for (struct peer *p = all->first; p; p = p->next) {
		p->link.suspend_max = all->context->path_timeout;
		connector_candidates_changed(p->connector);
		peer_touch(p);
	}
}

const char *peer_path_name(const struct peer *p)
{
	return p->path && p->link.state == LINK_UP ? path_name(p->path) : "";
}

uint64_t peer_patience(const struct peer *p)
{
	uint64_t now = context_now(p->all->context), until = link_patience(&p->link);

	return until > now ? until - now : 0;
}

uint64_t peer_limit(const struct peer *p)
{
	return p->path && path_throttled(p->path) ? path_rate(p->path) : 0;
}

/*
 * Bytes a second of what a meter counts that goes out. Bytes that have left may not have arrived.
 * So where the path knows the rate of acknowledged bytes, that one counts; of several transfers
 * each has its part of that.
 */
static uint64_t sent_rate(const struct peer *p, const struct meter *out, uint64_t now)
{
	uint64_t sent = meter_rate(out, now), all = meter_rate(&p->meter_out, now);
	uint64_t arrives = path_rate(p->path);

	if (!arrives)
		return sent;
	return all > sent ? arrives * sent / all : arrives;
}

static void describe(const struct peer *p, const struct meter *in, const struct meter *out,
		     struct buf *row)
{
	uint64_t now = context_now(p->all->context), received = meter_rate(in, now), sent;

	fields_add(row, "path", peer_path_name(p));
	if (peer_patience(p))
		fields_add_u64(row, "waits", (peer_patience(p) + 999) / 1000);
	if (!p->path || p->link.state != LINK_UP)
		return;
	/* Where nothing has left, as on a path that stands still, what comes is what moves. */
	sent = meter_rate(out, now) || !received ? sent_rate(p, out, now) : 0;
	if (sent || received) {
		fields_add_u64(row, "rate", sent >= received ? sent : received);
		fields_add(row, "moves", sent >= received ? "out" : "in");
	}
	if (sent >= received && path_throttled(p->path))
		fields_add(row, "limited", "1");
}

/*
 * Adds how much of a transfer that goes out has arrived, and of how much, once its size is known:
 * git has then written all of it. What other transfers of the link have under way is taken for
 * this one's, so that a bar is rather too short than full too soon.
 */
static void describe_progress(const struct peer *p, const struct peer_transfer *t, struct buf *row)
{
	bool ours = !strcmp(t->direction, "out"), pushes = t->service == SERVICE_RECEIVE_PACK;
	uint64_t sent = channel_sent(t->channel), under_way = link_unacked(&p->link), left;

	if (ours != pushes || !channel_rest(t->channel, &left))
		return;
	fields_add_u64(row, "done", sent > under_way ? sent - under_way : 0);
	fields_add_u64(row, "total", sent + left);
}

void peer_describe_transfer(const struct peer *p, const struct peer_transfer *t, struct buf *row)
{
	fields_add(row, "id", t->id);
	fields_add(row, "jid", p->jid);
	fields_add(row, "device", p->device);
	fields_add(row, "share", t->share);
	fields_add(row, "service", service_name(t->service));
	fields_add(row, "direction", t->direction);
	fields_add_u64(row, "sent", channel_sent(t->channel));
	fields_add_u64(row, "received", channel_received(t->channel));
	describe_progress(p, t, row);
	describe(p, t->in, t->out, row);
}

void peer_describe_path(const struct peer *p, struct buf *row)
{
	char congestion[PATH_CONGESTION_SIZE];

	if (p->path && path_congestion(p->path, congestion))
		fields_add(row, "congestion", congestion);
	describe(p, &p->meter_in, &p->meter_out, row);
}

void peer_demand(struct peer *p, const void *by, unsigned kinds)
{
	connector_demand(p->connector, by, kinds);
	peer_touch(p);
}

void peer_release(struct peer *p, const void *by)
{
	connector_release(p->connector, by);
	peer_touch(p);
}

bool peer_is_on(const struct peer *p, unsigned kinds)
{
	return p->path && p->link.state == LINK_UP &&
	       PATH_MASK(path_kind(p->path)) & kinds & connector_allowed(p->connector);
}
