/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One life of a broker: dispatches what comes from XMPP as daemon/broker/broker.c does. What
 * is on its disk (keys, trust, shares, refs) is in struct broker and outlives it.
 */
#include "sim.h"

#include <string.h>

#include "fields.h"

struct broker *device_find(struct world *w, const char *device)
{
	for (unsigned i = 0; i < w->count; i++)
		if (!strcmp(w->brokers[i].device, device))
			return &w->brokers[i];
	return NULL;
}

void broker_instance(uint32_t index, uint32_t life, uint8_t out[INSTANCE_BYTES])
{
	put_be32(out, index);
	put_be32(out + 4, life);
}

/* Whatever the core decides, it asks for the time, and so is seen to do something. */
static uint64_t on_now(void *owner)
{
	struct broker *b = owner;

	b->touched = true;
	return b->world->now;
}

static uint64_t on_time(void *owner)
{
	const struct broker *b = owner;

	return b->world->now / 1000;
}

static void on_random(void *owner, void *out, size_t n)
{
	const struct broker *b = owner;

	draw_id(b->world, out, n);
}

static const struct context_ops context_ops = {
	.now = on_now,
	.time = on_time,
	.random = on_random,
};

uint64_t broker_deadline(const struct broker *b, const void *owner)
{
	const struct timers *t = &b->context.timers;
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < t->n; i++)
		if (t->heap[i]->owner == owner && t->heap[i]->at < least)
			least = t->heap[i]->at;
	return least;
}

static void share_with(struct broker *b, unsigned share)
{
	const struct world *w = b->world;
	struct share *s = policy_share(b->context.policy, share_name(share));

	share_set_path(s, share_path(share));
	for (unsigned i = 0; i < w->count; i++)
		if (w->brokers[i].account == i && i != b->account &&
		    (b->may_push[share][i] || b->may_fetch[share][i]))
			share_allow(s, w->brokers[i].jid, b->may_push[share][i]);
}

/*
 * Applies the user's trust in one device. For a device that becomes trusted the inquirer is
 * told to ask.
 */
static void decide_trust(struct broker *b, const struct broker *other)
{
	bool changed, before = trust_allows(trust_lookup(b->trust, other->jid, other->fp));

	if (b->trusts[other->index]) {
		trust_observe(b->trust, other->jid, other->fp, b->world->now / 1000, &changed);
		trust_by_hand(b, other);
		if (!before && b->inquirer)
			inquirer_unseen(b->inquirer, other->jid);
	} else {
		trust_distrust(b->trust, other->jid, other->fp, b->world->now / 1000);
	}
}

/*
 * Only a few devices of a person wait for a decision at a time, and none of them makes room so
 * soon. So those that wait come first: a decision about them makes room for the others.
 */
static void decide_anew(struct broker *b)
{
	const struct world *w = b->world;

	for (unsigned i = 0; i < w->count; i++) {
		const struct broker *other = &w->brokers[i];

		if (trust_lookup(b->trust, other->jid, other->fp) == TRUST_PENDING)
			decide_trust(b, other);
	}
	for (unsigned i = 0; i < w->count; i++)
		if (i != b->index)
			decide_trust(b, &w->brokers[i]);
}

void broker_configure(struct broker *b)
{
	const struct world *w = b->world;
	/* Else the table is what its user and the words of devices have made of it. */
	bool decides = !w->swarm.trust_events || w->phase != PHASE_TROUBLE || b->life == 1;

	if (!b->running)
		return;
	policy_destroy(b->context.policy);
	b->context.policy = policy_create(b->jid);
	for (unsigned i = 0; i < SHARES; i++)
		share_with(b, i);
	if (decides)
		decide_anew(b);
	announcer_reload(b->announcer);
}

void broker_met(struct broker *b, const char *jid, const unsigned char *fp)
{
	const struct world *w = b->world;

	for (unsigned i = 0; i < w->count; i++) {
		const struct broker *other = &w->brokers[i];

		if (i != b->index && b->trusts[i] && !strcmp(other->jid, jid) &&
		    !memcmp(other->fp, fp, FINGERPRINT_BYTES) &&
		    trust_lookup(b->trust, jid, fp) == TRUST_PENDING)
			decide_trust(b, other);
	}
}

static void make_context(struct broker *b)
{
	b->context = (struct context){
		.ops = &context_ops,
		.digests = &sim_digests,
		.owner = b,
		.jid = b->jid,
		.fp = b->fp,
		.trust = b->trust,
		.presence = b->presence,
		.blocked = blocklist_create(),
		.roster_known = true,
		.path_timeout = LINK_SUSPEND_MAX,
		.transport = b->transport,
	};
	timers_init(&b->context.timers);
	strcpy(b->context.self, b->jid);
	strcpy(b->context.device, b->device);
	memcpy(b->context.instance, b->instance, INSTANCE_BYTES);
}

static bool on_may_answer(void *arg, const char *bare)
{
	return true;
}

static struct path *on_accept(void *arg, const void *offer, enum ibb_path_standing standing,
			      const struct path_events *events, void *owner)
{
	return ibb_path_accept((struct wire *)offer, standing, events, owner);
}

static void make_peers(struct broker *b)
{
	peers_init(&b->peers, &b->context);
	announcer_look_on(&b->peers);
	b->peers.events = &peer_events;
	b->peers.owner = b->peers.arg = b->peers.connectors.arg = b;
	b->peers.connectors.ops = &attempt_ops;
	b->peers.may_answer = on_may_answer;
	b->peers.accept_inband = on_accept;
	if (!b->hostile)
		compare_start(b);
}

void broker_timers(struct broker *b)
{
	timers_run(&b->context.timers, b->world->now);
}

void broker_start(struct broker *b)
{
	struct world *w = b->world;

	b->running = true;
	b->life++;
	broker_instance(b->index, b->life, b->instance);
	b->presence = presence_create();
	quota_init(&b->ibb_paths, INBANDS_MAX, false);
	b->trust = trust_create();
	trust_load(b);
	for (unsigned i = 0; i < w->count; i++)
		if (!are_strangers(b, &w->brokers[i]))
			presence_roster_item(b->presence, w->brokers[i].jid, SUBSCRIPTION_BOTH,
					     false, false);
	make_context(b);
	trust_load_blocks(b);
	make_peers(b);
	trust_start(b);
	join_start(b);
	list_start(b);
	b->host.broker = b;
	git_services_init(&b->git_services, &b->context, &b->peers, &process_ops, &b->host,
			  &git_service_events, b);
	broker_configure(b);
	inquirer_start(b);
	sessions_init(&b->sessions, &b->context, &b->peers, b->inquirer, &helper_ops,
		      &session_account_ops, &session_events, b);
	if (!b->hostile) {
		announcer_start(b);
		follower_start(b);
	}
	join_begin(b);
	trace(w, "%s starts", b->name);
}

/* Frees all that lasts for one life, and checks that nothing was left open. */
static void forget(struct broker *b)
{
	announcer_finish(b);
	follower_finish(b);
	inquirer_finish(b);
	join_finish(b);
	trust_finish(b);
	list_finish(b);
	compare_finish(b);
	trust_keep(b);
	presence_destroy(b->presence);
	trust_destroy(b->trust);
	timers_run(&b->context.timers, b->world->now);
	timers_finish(&b->context.timers);
	peers_finish(&b->peers);
	policy_destroy(b->context.policy);
	blocklist_destroy(b->context.blocked);
	b->context = (struct context){ 0 };
	b->presence = NULL;
	b->trust = NULL;
	b->running = b->online = false;
	if (b->git_services.services.quota.used || b->helpers)
		violation(b->world, "%s ends with %u children", b->name,
			  b->git_services.services.quota.used);
	if (b->sessions.first || b->noted)
		violation(b->world,
			  "%s ends, and a session goes on, or one of %u pushes that were noted",
			  b->name, b->noted);
	git_services_finish(&b->git_services);
	if (b->ibb_paths.used)
		violation(b->world, "%s ends with %u in-band paths", b->name, b->ibb_paths.used);
	quota_finish(&b->ibb_paths);
}

void broker_crash(struct broker *b)
{
	struct world *w = b->world;

	trace(w, "%s crashes", b->name);
	b->running = false;
	/* Its paths die first, so nothing that follows is sent. */
	for (unsigned i = 0; i < w->wires_used; i++)
		if (w->wires[i].used &&
		    (w->wires[i].end[0].broker == b || w->wires[i].end[1].broker == b))
			path_lose(w, &w->wires[i], chance(w, w->swarm.path_silent));
	helpers_kill(b, "crashed");
	while (b->peers.first)
		peer_abandon(b->peers.first);
	git_service_end_orphans(&b->git_services);
	processes_end(b);
	b->online = false;
	paths_end(b);
	forget(b);
}

void broker_stop(struct broker *b)
{
	if (!b->running)
		return;
	helpers_kill(b, "stopped");
	peers_end(&b->peers, "stopped");
	git_service_end_orphans(&b->git_services);
	processes_end(b);
	forget(b);
}

void broker_online(struct broker *b)
{
	b->online = true;
	b->online_at = b->world->now;
	/* 0 would mean offline. */
	b->context.online_at = b->world->now ? b->world->now : 1;
	memset(b->presence_at, 0, sizeof(b->presence_at));
	trace(b->world, "%s is online", b->name);
	peers_online(&b->peers, b->online);
	inquirer_online(b->inquirer, true);
	sessions_wake(&b->sessions);
	if (b->join_waiting)
		join_waiting_online(b->join_waiting);
}

void broker_offline(struct broker *b)
{
	b->online = false;
	b->context.online_at = 0;
	questions_lost(b);
	presence_reset(b->presence, b->world->now);
	inquirer_online(b->inquirer, false);
	for (unsigned i = 0; i < b->world->count; i++)
		announcer_device(b, &b->world->brokers[i], false);
	ibb_paths_lost(b);
	peers_online(&b->peers, b->online);
	join_waiting_wake(b->join_waiting);
	sessions_wake(&b->sessions);
}

static void note_here(struct broker *b, const struct broker *from, enum presence_change change)
{
	struct peer *p;

	if (change != PRESENCE_APPEARED && change != PRESENCE_AGAIN)
		return;
	p = peer_with(b, from);
	if (p)
		peer_presence(p, true);
	announcer_device(b, from, true);
	if (change == PRESENCE_AGAIN)
		return;
	follower_online(b, from->index);
	sessions_wake(&b->sessions);
}

void broker_available(struct broker *b, const struct broker *from, uint32_t resource)
{
	struct resource *r = NULL;
	enum presence_change change;
	char full[64];

	full_jid(from, resource, full);
	inquirer_heard(b->inquirer, from->jid, NULL);
	change = presence_available(b->presence, full, from->device, b->world->now, &r);
	note_here(b, from, change);
	join_waiting_wake(b->join_waiting);
}

void broker_answered(struct broker *b, const char *full)
{
	struct resource *r;
	enum presence_change change = presence_answered(b->presence, full, b->world->now, &r);

	if (change != PRESENCE_SAME && r)
		note_here(b, device_find(b->world, r->device), change);
	join_waiting_wake(b->join_waiting);
	sessions_wake(&b->sessions);
}

void broker_doubts(struct broker *b, const struct broker *from)
{
	struct peer *p = peer_with(b, from);

	inquirer_heard(b->inquirer, from->jid, "remote-server-timeout");
	if (p)
		peer_doubt(p);
}

static void device_gone(struct broker *b, const struct broker *from)
{
	struct peer *p;

	announcer_device(b, from, false);
	join_waiting_wake(b->join_waiting);
	p = peer_with(b, from);
	if (p)
		peer_presence(p, false);
	inquirer_unseen(b->inquirer, from->jid);
}

void broker_device_gone(struct broker *b, const char *full, const char *device)
{
	const struct world *w = b->world;

	for (unsigned i = 0; i < w->count; i++)
		if (!strcmp(w->brokers[i].device, device))
			device_gone(b, &w->brokers[i]);
}

void broker_unavailable(struct broker *b, const struct broker *from, uint32_t resource)
{
	char device[DEVICE_ID_LEN + 1], full[64];

	full_jid(from, resource, full);
	if (presence_unavailable(b->presence, full, b->world->now, device) == PRESENCE_GONE)
		device_gone(b, from);
}
