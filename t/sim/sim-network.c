/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The networks between the brokers: who can dial whom and reach which proxy, and how that
 * changes. Each failure that is caused is noted with its time, so that the checks know when
 * a link has no excuse.
 */
#include "sim.h"

/* ms until a broker notices that its network has changed. */
enum { NOTICE = 500 };

void harm(struct broker *a, const struct broker *b)
{
	struct world *w = a->world;

	w->harmed_at[a->index][b->index] = w->harmed_at[b->index][a->index] = w->now;
}

void harm_all(struct broker *b)
{
	for (unsigned k = 0; k < b->world->count; k++)
		harm(b, &b->world->brokers[k]);
}

static enum dialling draw_dialling(struct world *w)
{
	static const enum dialling outcomes[] = { DIAL_REFUSED, DIAL_WORKS, DIAL_WORKS,
						  DIAL_SILENT };

	if (chance(w, w->swarm.holes))
		return below(w, 2) ? DIAL_HOLE : DIAL_NARROW;
	return outcomes[below(w, 4)];
}

static void draw_network(struct world *w, unsigned i)
{
	for (unsigned k = 0; k < w->count; k++) {
		w->dialling[i][k] = draw_dialling(w);
		w->dialling[k][i] = draw_dialling(w);
		w->joins[i][k] = !chance(w, 200);
		if (w->swarm.punches)
			w->punches[i][k] = w->punches[k][i] = below(w, 2);
		w->rerouted_at[i][k] = w->rerouted_at[k][i] = w->now;
	}
}

bool networks_are_one(const struct world *w, unsigned a, unsigned b)
{
	return w->one_nat && a < 2 && b < 2;
}

/* The first two: what one dials of the other is the inside, where both connect the outside. */
static void share_nat(struct world *w)
{
	w->one_nat = true;
	w->dialling[0][1] = w->dialling[1][0] = w->swarm.isolates ? DIAL_SILENT : DIAL_WORKS;
	w->punches[0][1] = w->punches[1][0] = w->swarm.hairpins;
}

void networks_draw(struct world *w)
{
	for (unsigned i = 0; i < w->count; i++)
		draw_network(w, i);
	if (w->swarm.one_nat)
		share_nat(w);
}

/* Paths over TCP between the two die; those of a with anybody if b is NULL. */
static void lose_tcp(struct world *w, const struct broker *a, const struct broker *b)
{
	for (unsigned i = 0; i < w->wires_used; i++) {
		struct wire *wire = &w->wires[i];
		const struct broker *from = wire->end[0].broker, *to = wire->end[1].broker;

		if (wire->used && wire->kind != PATH_INBAND && (from == a || to == a) &&
		    (!b || from == b || to == b))
			path_lose(w, wire, chance(w, 700));
	}
}

void network_changes(struct broker *b)
{
	struct world *w = b->world;

	trace(w, "%s is in another network", b->name);
	b->network++;
	if (b->index < 2)
		w->one_nat = false;
	lose_tcp(w, b, NULL);
	draw_network(w, b->index);
	event_add(w, NOTICE, EVENT_NETWORK, b->index, b->life, 0);
}

void network_noticed(struct broker *b)
{
	trace(b->world, "%s notices its network", b->name);
	peers_network_changed(&b->peers);
}

/* Something changes on the way; no broker is told. */
void dialling_changes(struct world *w)
{
	struct broker *a = &w->brokers[below(w, w->count)], *b = &w->brokers[below(w, w->count)];

	lose_tcp(w, a, b);
	w->dialling[a->index][b->index] = below(w, DIAL_NARROW + 1);
	w->joins[a->index][b->index] = below(w, 2);
	w->rerouted_at[a->index][b->index] = w->now;
}

static void allow(struct broker *b, unsigned kinds)
{
	b->transport = kinds;
	trace(b->world, "%s allows %s", b->name, transport_name(b->transport));
	for (unsigned k = 0; k < b->world->count; k++)
		b->world->rerouted_at[b->index][k] = b->world->rerouted_at[k][b->index] =
			b->world->now;
	b->context.transport = b->transport;
	if (b->running)
		peers_reload(&b->peers);
}

void transport_changes(struct broker *b)
{
	static const char *const transports[] = { "auto", "direct", "proxy", "inband" };

	allow(b, transport_kinds(transports[below(b->world, 4)]));
}

void transport_heals(struct broker *b)
{
	if (!(b->transport & PATH_MASK(PATH_INBAND)))
		allow(b, PATH_MASK_ALL);
}

/*
 * Notes that this link must end. Only a busy link, or one without a path: a link at rest may
 * take a minute to notice.
 */
static void remember_link(struct broker *b, const struct broker *other)
{
	struct peer *p = peer_with(b, other);

	if (p && !b->hostile && !other->hostile && note_of(p)->first_up &&
	    (p->link.busy || p->link.state != LINK_UP))
		note_of(p)->parted_at = b->world->now;
}

void networks_part(struct broker *a, struct broker *b)
{
	struct world *w = a->world;

	trace(w, "%s and %s lose each other for good", a->name, b->name);
	w->parted[a->index][b->index] = w->parted[b->index][a->index] = true;
	remember_link(a, b);
	remember_link(b, a);
	for (unsigned i = 0; i < w->wires_used; i++) {
		const struct broker *from = w->wires[i].end[0].broker,
				    *to = w->wires[i].end[1].broker;

		if (w->wires[i].used && ((from == a && to == b) || (from == b && to == a)))
			path_lose(w, &w->wires[i], chance(w, 700));
	}
}

static void check_parted(const struct broker *a, const struct broker *b)
{
	const struct peer *p = peer_with(a, b);

	if (p && note_of(p)->parted_at)
		violation(a->world, "%s has a link with %s, and nothing has passed for %u ms",
			  a->name, b->name, (unsigned)(a->world->now - note_of(p)->parted_at));
}

void networks_meet(struct broker *a, struct broker *b)
{
	struct world *w = a->world;

	check_parted(a, b);
	check_parted(b, a);
	w->parted[a->index][b->index] = w->parted[b->index][a->index] = false;
}
