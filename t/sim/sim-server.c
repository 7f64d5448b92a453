/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server knows who is online and tells the others: early, late, twice or never. Fate
 * cuts paths and connections and kills brokers, until everything heals.
 */
#include "sim.h"

#include <stdio.h>
#include <string.h>

enum { LATE = 20 * 1000 };

/*
 * A presence, packed into the argument of an event: sender, resource, life, and whether it
 * is available, asks for ours, or is an error.
 */
struct saying {
	unsigned from;
	bool available, asks, error;
	uint32_t resource, life;
};

static uint64_t pack(struct saying s)
{
	return (uint64_t)s.from << 60 | (uint64_t)s.available << 56 | (uint64_t)s.asks << 57 |
	       (uint64_t)s.error << 58 | (uint64_t)s.resource << 28 | s.life;
}

static struct saying unpack(uint64_t arg)
{
	return (struct saying){
		.from = arg >> 60,
		.available = arg >> 56 & 1,
		.asks = arg >> 57 & 1,
		.error = arg >> 58 & 1,
		.resource = arg >> 28 & 0xfffffff,
		.life = arg & 0xfffffff,
	};
}

void full_jid(const struct broker *b, uint32_t resource, char out[64])
{
	char digits[16];
	size_t n = sizeof(digits);

	digits[--n] = '\0';
	do
		digits[--n] = '0' + resource % 10;
	while (resource /= 10);
	/* Not snprintf(): this is called for each fact that a connector asks for. */
	stpcpy(stpcpy(stpcpy(stpcpy(stpcpy(out, b->jid), "/git."), b->device), "."), digits + n);
}

static void send_once(struct broker *to, struct saying s, uint64_t delay)
{
	struct world *w = to->world;
	uint64_t at = w->now + delay, *last = &to->presence_at[s.from];

	if (at < *last && (!w->swarm.presence_disorder || w->phase != PHASE_TROUBLE))
		at = *last;
	*last = at > *last ? at : *last;
	event_add(w, at - w->now, EVENT_PRESENCE, to->index, to->login, pack(s));
}

static void send(struct broker *to, struct saying s)
{
	struct world *w = to->world;
	bool trouble = w->phase == PHASE_TROUBLE;
	uint64_t delay = between(w, 1, w->swarm.delay_max);

	w->said++;
	if (are_strangers(to, &w->brokers[s.from]))
		return;
	if (!to->online || to->index == s.from || (trouble && chance(w, w->swarm.presence_lost)))
		return;
	if (trouble && chance(w, w->swarm.presence_late))
		delay += below(w, LATE);
	send_once(to, s, delay);
	if (trouble && chance(w, w->swarm.presence_twice))
		send_once(to, s, delay + below(w, 2000));
}

void server_login(struct broker *b)
{
	struct world *w = b->world;

	b->login++;
	/*
	 * Without a new resource the old one is replaced; with one, it stays on the server
	 * as a ghost.
	 */
	if (!b->resource || chance(w, 150))
		b->resource = b->login;
	b->shown = true;
	b->shown_life = b->life;
	b->shown_resource = b->resource;
	broker_online(b);
	for (unsigned i = 0; i < w->count; i++) {
		struct broker *o = &w->brokers[i];

		if (o == b)
			continue;
		harm(o, b);
		send(o, (struct saying){ .from = b->index,
					 .available = true,
					 .resource = b->resource,
					 .life = b->life });
		if (o->shown)
			send(b, (struct saying){ .from = o->index,
						 .available = true,
						 .resource = o->shown_resource,
						 .life = o->shown_life });
	}
	event_add(w, 3001, EVENT_GRACE, b->index, b->login, 0);
}

void server_logout(struct broker *b, bool noticed)
{
	struct world *w = b->world;

	if (!noticed)
		return;
	b->shown = false;
	for (unsigned i = 0; i < w->count; i++)
		send(&w->brokers[i], (struct saying){ .from = b->index, .resource = b->resource });
}

void server_directs(struct broker *from, const char *bare, struct broker *only, bool asks)
{
	struct world *w = from->world;

	for (unsigned i = 0; i < w->count; i++)
		if (only ? only == &w->brokers[i] : !strcmp(w->brokers[i].jid, bare))
			send(&w->brokers[i], (struct saying){
						     .from = from->index,
						     .available = true,
						     .asks = asks,
						     .resource = from->resource,
						     .life = from->life,
					     });
}

/*
 * Invents a presence or an error that nobody sent, of a resource that is, was or will be
 * there.
 */
static void invent(struct world *w)
{
	struct broker *to = &w->brokers[below(w, w->count)],
		      *from = &w->brokers[below(w, w->count)];
	struct saying s = { .from = from->index, .life = from->life };

	s.resource = chance(w, 700) ? from->resource : 1 + below(w, from->login + 1);
	s.error = chance(w, 300);
	s.available = !s.error && chance(w, 300);
	if (s.resource)
		send(to, s);
}

void server_says(struct broker *to, uint64_t arg)
{
	struct saying s = unpack(arg);
	struct broker *from = &to->world->brokers[s.from];

	if (s.error) {
		trace(to->world, "%s hears that %s could not be told", to->name, from->name);
		broker_doubts(to, from);
		return;
	}
	if (s.available)
		trace(to->world, "%s hears that %s is online, in its life %u", to->name, from->name,
		      s.life);
	else
		trace(to->world, "%s hears that %s is offline", to->name, from->name);
	if (s.available)
		broker_available(to, from, s.resource);
	else
		broker_unavailable(to, from, s.resource);
	if (s.asks && !to->hostile)
		server_directs(to, NULL, from, false);
}

static void tell_truth(struct broker *to, const struct broker *from)
{
	/*
	 * Presences on their way or invented may bring back old resources, or some that
	 * never existed.
	 */
	for (uint32_t r = 1; r <= from->login + 1; r++)
		if (r != from->resource)
			send(to, (struct saying){ .from = from->index, .resource = r });
	if (!to->world->swarm.forgetful)
		send(to, (struct saying){ .from = from->index,
					  .available = true,
					  .resource = from->resource,
					  .life = from->life });
}

void server_tells_truth(struct world *w)
{
	for (unsigned i = 0; i < w->count; i++)
		for (unsigned k = 0; k < w->count; k++)
			if (i != k)
				tell_truth(&w->brokers[i], &w->brokers[k]);
}

static void lose_account(struct broker *b, bool noticed)
{
	struct world *w = b->world;

	trace(w, "%s loses its connection with the server", b->name);
	harm_all(b);
	broker_offline(b);
	server_logout(b, noticed);
	event_add(w, between(w, 100, 8000), EVENT_LOGIN, b->index, b->life, 0);
}

void server_cuts_off(struct broker *b)
{
	if (b->online && b->world->phase == PHASE_TROUBLE)
		lose_account(b, true);
}

static void crash(struct broker *b)
{
	struct world *w = b->world;

	w->stats->restarts++;
	harm_all(b);
	broker_crash(b);
	server_logout(b, chance(w, 500));
	event_add(w, between(w, 10, 8000), EVENT_LOGIN, b->index, b->life, 0);
}

static void lose_some_path(struct world *w)
{
	unsigned start = below(w, WIRES_MAX);

	for (unsigned i = 0; i < WIRES_MAX; i++) {
		struct wire *wire = &w->wires[(start + i) % WIRES_MAX];

		if (!wire->used || !wire->up || wire->dead)
			continue;
		path_lose(w, wire, chance(w, w->swarm.path_silent));
		return;
	}
}

void fate(struct world *w)
{
	struct broker *b = &w->brokers[below(w, w->count)];

	if (w->phase != PHASE_TROUBLE)
		return;
	event_add(w, between(w, 1, 2 * w->swarm.every), EVENT_FATE, 0, 0, 0);
	if (chance(w, w->swarm.path_loss))
		lose_some_path(w);
	if (b->online && chance(w, w->swarm.account_loss))
		lose_account(b, chance(w, 500));
	if (b->running && chance(w, w->swarm.crash))
		crash(b);
	if (chance(w, w->swarm.inventions))
		invent(w);
	if (chance(w, w->swarm.trust_events))
		trust_event(w);
	if (chance(w, w->swarm.invites))
		join_event(w);
	if (chance(w, w->swarm.network_changes))
		network_changes(&w->brokers[below(w, w->count)]);
	if (chance(w, w->swarm.dial_changes))
		dialling_changes(w);
	if (chance(w, w->swarm.reloads))
		transport_changes(&w->brokers[below(w, w->count)]);
	for (unsigned i = 0; w->swarm.greedy && i < w->count; i++)
		if (w->brokers[i].hostile)
			greedy_acts(&w->brokers[i]);
	if (w->swarm.hostile >= 0 && !w->swarm.greedy)
		hostile_acts(&w->brokers[w->swarm.hostile]);
}

void heal(struct world *w)
{
	trace(w, "everything heals");
	w->phase = PHASE_HEALING;
	w->healed_at = w->now;
	w->swarm.delay_max = w->swarm.delay_max < 50 ? w->swarm.delay_max : 50;
	w->swarm.window = IBB_IN_FLIGHT_MAX;
	w->swarm.block = w->swarm.block > 500 ? w->swarm.block : 500;
	befriend_all(w);
	for (unsigned i = 0; i < w->count; i++) {
		struct broker *b = &w->brokers[i];

		for (unsigned k = 0; k < w->count; k++) {
			b->trusts[k] = true;
			for (unsigned s = 0; s < SHARES; s++)
				b->may_push[s][k] = true;
		}
		/* What devices have said of each other is not to arrive any more. */
		if ((b->hostile || w->swarm.trust_events) && b->running)
			broker_crash(b);
		b->hostile = false;
	}
	for (unsigned i = 0; i < w->count; i++) {
		struct broker *b = &w->brokers[i];

		if (!b->running)
			broker_start(b);
		if (!b->online)
			server_login(b);
		broker_configure(b);
		transport_heals(b);
	}
	w->swarm.holes = below(w, 2) ? w->swarm.holes : 0;
	for (unsigned i = 0; !w->swarm.holes && i < w->wires_used; i++) {
		w->wires[i].hole = -1;
		w->wires[i].narrow = false;
	}
	for (unsigned i = 0; w->swarm.paths && i < w->count; i++)
		network_changes(&w->brokers[i]);
	processes_unhang(w);
	server_tells_truth(w);
}
