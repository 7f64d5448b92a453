/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two hosts behind all pairs of NATs punch holes (punch.h), packet by packet: a seed draws the
 * round trip, by how much one side is later, the loss, and all pauses. Where a path exists,
 * both sides have to have it in time; where none can be, both sides have to say so, and in
 * both cases nothing may be left open. Documentation/simulation.md
 */
#include "nat.h"
#include "punch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	EVENTS = 4096,
	RESEND = 300,		/* ms, of a flight of the handshake, with the round trip added */
	SYN_AGAIN = 1000,	/* ms, the kernel's, then doubled */
	ANSWERS = 900,		/* in 1000: so often a STUN server answers in time */
	IN_TIME = 1500,		/* ms beyond two round trips, from when both sides are ready */
};

enum packet { SYN, SYN_ACK, ACK, RESET, HELLO, ANSWER, FINISHED, PACKETS };
enum tcp { TCP_NONE, TCP_SYN_SENT, TCP_SYN_RECEIVED, TCP_OPEN };

static const struct nat_kind
	open_host = { .name = "open" },
	dropping = { .name = "dropping NAT",
		     .translates = true,
		     .keeps_ports = true,
		     .filters = true },
	refusing = { .name = "refusing NAT",
		     .translates = true,
		     .keeps_ports = true,
		     .filters = true,
		     .refuses = true },
	cone = { .name = "NAT that changes ports", .translates = true, .filters = true },
	symmetric = { .name = "NAT by destination",
		      .translates = true,
		      .by_destination = true,
		      .filters = true },
	hairpin = { .name = "NAT",
		    .translates = true,
		    .keeps_ports = true,
		    .filters = true,
		    .hairpins = true },
	firewall = { .name = "firewall", .filters = true },
	rejecting = { .name = "refusing firewall", .filters = true, .refuses = true };

/* What a host has of each family; NULL: nothing. */
static const struct side {
	const char *name;
	const struct nat_kind *v4, *v6;
} sides[] = {
	{ "open", &open_host, &open_host },
	{ "dropping NAT", &dropping, NULL },
	{ "refusing NAT", &refusing, NULL },
	{ "NAT that changes ports", &cone, NULL },
	{ "IPv6 firewall", &symmetric, &firewall },
	{ "refusing IPv6 firewall", &symmetric, &rejecting },
	{ "NAT by destination", &symmetric, NULL },
};

/* Two hosts behind one NAT. */
static const struct home {
	const char *name;
	const struct nat_kind *kind;
	bool lan;		/* they reach each other inside */
} homes[] = {
	{ "one network", &dropping, true },
	{ "one network, hairpin", &hairpin, true },
	{ "no way inside, hairpin", &hairpin, false },
	{ "no way inside", &dropping, false },
};

enum { HOMES = sizeof(homes) / sizeof(homes[0]) };

enum { SIDES = sizeof(sides) / sizeof(sides[0]) };

struct socket {
	enum tcp state;
	unsigned generation;
	struct netaddr local, remote;
	bool finished;		/* the handshake, for this side */
};

struct host {
	struct nat *nat[2];		/* of IPv4, of IPv6; of both hosts in one home */
	struct netaddr inner[2];
	struct punch punch;
	struct socket sockets[PUNCH_ADDRESSES_MAX];
	struct netaddr told[PUNCH_ADDRESSES_MAX];
	struct netaddr mapped;		/* among them, as far as it is known at first */
	unsigned n_told;
	bool client, begun;
	bool asks;			/* how its port is seen, since its NAT changes ports */
	bool knows;			/* ... and it was told */
	uint64_t proven_at, failed_at;
	int slot;			/* the one that was proven */
	unsigned syns;
};

struct event {
	uint64_t at;
	enum { PACKET, RETRY, RECORD, SEEN } kind;
	enum packet packet;
	struct netaddr from, to;
	unsigned host, slot, generation, times;
	struct punch_record record;
};

static struct event events[EVENTS];
static unsigned n_events;
static struct host hosts[2];
static struct nat nats[2][2];
static const struct home *home;		/* of both; NULL: each has one */
static uint64_t now, seed, random_state, ready_at;
static unsigned way, told_way, skew, loss;	/* ms, ms, ms, in 1000 */

static uint32_t draw(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 16);
}

static unsigned between(unsigned low, unsigned high)
{
	return low + draw() % (high - low + 1);
}

static void violation(const char *what)
{
	printf("seed %llu, at %llu ms: %s\n", (unsigned long long)seed, (unsigned long long)now,
	       what);
	exit(1);
}

static struct event *plan(uint64_t delay)
{
	struct event *e = &events[n_events++];

	if (n_events == EVENTS)
		violation("too many events");
	*e = (struct event){ .at = now + delay };
	return e;
}

static bool is_of(const struct host *h, const struct netaddr *a)
{
	struct netaddr with = h->nat[a->v6]->address;

	with.port = a->port;
	return h->nat[a->v6]->kind && netaddr_equal(&with, a);
}

/* From an outer address to an outer one. */
static void fly(enum packet packet, const struct netaddr *from, const struct netaddr *to)
{
	struct event *e;

	if (draw() % 1000 < loss)
		return;
	e = plan(way);
	e->kind = PACKET;
	e->packet = packet;
	e->from = *from;
	e->to = *to;
}

static void send_packet(struct host *h, enum packet packet, const struct netaddr *local,
			const struct netaddr *remote)
{
	struct nat *n = h->nat[local->v6];
	struct netaddr from;

	if (!n->kind)
		return;
	h->syns += packet == SYN;
	/* A private address of another network leads nowhere. */
	if (netaddr_scope(remote) != NETADDR_GLOBAL) {
		if (home && home->lan)
			fly(packet, local, remote);
		return;
	}
	from = nat_out(n, local, remote);
	if (packet == RESET)
		nat_close(n, local, remote);
	if (!home || home->kind->hairpins)
		fly(packet, &from, remote);
}

static void retry(struct host *h, unsigned slot, uint64_t delay, unsigned times)
{
	struct event *e = plan(delay);

	e->kind = RETRY;
	e->host = h == &hosts[1];
	e->slot = slot;
	e->generation = h->sockets[slot].generation;
	e->times = times;
}

static void say(struct host *h, unsigned slot, enum packet packet)
{
	send_packet(h, packet, &h->sockets[slot].local, &h->sockets[slot].remote);
}

/* Events of the machine */

static void on_connect(void *owner, unsigned slot, const struct netaddr *to)
{
	struct host *h = owner;
	struct socket *s = &h->sockets[slot];

	if (s->state != TCP_NONE)
		violation("a slot connects twice");
	s->state = TCP_SYN_SENT;
	s->generation++;
	s->local = h->inner[to->v6];
	s->remote = *to;
	say(h, slot, SYN);
	retry(h, slot, SYN_AGAIN, 1);
}

static void on_drop(void *owner, unsigned slot)
{
	struct host *h = owner;

	if (h->sockets[slot].state == TCP_NONE)
		violation("a slot is dropped that is not open");
	if (h->sockets[slot].state != TCP_SYN_SENT)
		say(h, slot, RESET);
	h->sockets[slot].state = TCP_NONE;
	h->sockets[slot].generation++;
}

static void tell(struct host *h, enum punch_step step)
{
	/* The other side is later by the skew. */
	struct event *e = plan(told_way + (step == PUNCH_OFFER ? skew : 0));

	/* Both are ready when the answer is heard. */
	if (step == PUNCH_READY)
		ready_at = now + told_way;
	e->kind = RECORD;
	e->host = h == &hosts[0];
	e->record.step = step;
	memcpy(e->record.addresses, h->told, sizeof(h->told));
	e->record.n = h->n_told;
	strcpy(e->record.reason, "timeout");
}

static void on_failed(void *owner, const char *why, bool told)
{
	struct host *h = owner;

	h->failed_at = now;
	if (told)
		tell(h, PUNCH_FAILED);
}

static void on_tell(void *owner)
{
	struct host *h = owner;

	tell(h, h->client ? PUNCH_OFFER : PUNCH_READY);
}

static const struct punch_events punch_events = {
	.tell = on_tell,
	.connect = on_connect,
	.drop = on_drop,
	.failed = on_failed,
};

/* Packets */

static void ended(struct host *h, unsigned slot)
{
	struct socket *s = &h->sockets[slot];

	nat_close(h->nat[s->local.v6], &s->local, &s->remote);
	s->state = TCP_NONE;
	s->generation++;
	if (h->slot == (int)slot)
		violation("the path that was found is reset");
	punch_refused(&h->punch, slot, draw(), now);
}

static void opened(struct host *h, unsigned slot)
{
	if (h->sockets[slot].state == TCP_OPEN)
		return;
	h->sockets[slot].state = TCP_OPEN;
	punch_connected(&h->punch, slot);
	if (!h->client)
		return;
	say(h, slot, HELLO);
	retry(h, slot, RESEND + 2 * way, 1);
}

static void prove(struct host *h, unsigned slot)
{
	if (h->proven_at)
		return;
	h->proven_at = now;
	h->slot = (int)slot;
	punch_proven(&h->punch, slot);
}

static void take(struct host *h, unsigned slot, enum packet packet)
{
	struct socket *s = &h->sockets[slot];

	switch (packet) {
	case SYN:
		if (s->state == TCP_SYN_SENT) {
			s->state = TCP_SYN_RECEIVED;
			retry(h, slot, SYN_AGAIN, 1);
		}
		say(h, slot, SYN_ACK);
		break;
	case SYN_ACK:
		say(h, slot, ACK);
		opened(h, slot);
		break;
	case ACK:
		if (s->state == TCP_SYN_RECEIVED)
			opened(h, slot);
		break;
	case RESET:
		ended(h, slot);
		break;
	case HELLO:
		opened(h, slot);
		say(h, slot, ANSWER);
		break;
	case ANSWER:
		say(h, slot, FINISHED);
		prove(h, slot);
		break;
	case FINISHED:
		if (h->proven_at && h->slot != (int)slot)
			violation("the two sides chose two paths");
		prove(h, slot);
		break;
	case PACKETS:
		break;
	}
}

static struct socket *socket_of(struct host *h, const struct netaddr *local,
				const struct netaddr *remote, unsigned *slot)
{
	for (*slot = 0; *slot < PUNCH_ADDRESSES_MAX; ++*slot) {
		struct socket *s = &h->sockets[*slot];

		if (s->state != TCP_NONE && netaddr_equal(&s->local, local) &&
		    netaddr_equal(&s->remote, remote))
			return s;
	}
	return NULL;
}

static void arrive(const struct event *e)
{
	for (unsigned i = 0; i < 2; i++) {
		struct host *h = &hosts[i];
		bool inside = netaddr_scope(&e->to) != NETADDR_GLOBAL;
		struct netaddr inner = e->to;
		unsigned slot;

		if (!inside && !is_of(h, &e->to))
			continue;
		if (!inside && !nat_in(h->nat[e->to.v6], &e->from, &e->to, &inner)) {
			if (h->nat[e->to.v6]->kind->refuses && e->packet != RESET)
				fly(RESET, &e->to, &e->from);
		} else if (!netaddr_equal(&h->inner[e->to.v6], &inner)) {
			continue;	/* it is for the other host of this NAT */
		} else if (socket_of(h, &inner, &e->from, &slot)) {
			take(h, slot, e->packet);
		} else if (e->packet != RESET) {
			send_packet(h, RESET, &inner, &e->from);
		}
	}
}

static void again(const struct event *e)
{
	struct host *h = &hosts[e->host];
	struct socket *s = &h->sockets[e->slot];

	if (s->generation != e->generation || e->times > 6)
		return;
	if (s->state == TCP_SYN_SENT || s->state == TCP_SYN_RECEIVED) {
		say(h, e->slot, s->state == TCP_SYN_SENT ? SYN : SYN_ACK);
		retry(h, e->slot, (uint64_t)SYN_AGAIN << e->times, e->times + 1);
	} else if (h->client && !h->proven_at) {
		say(h, e->slot, HELLO);
		retry(h, e->slot, RESEND + 2 * way, e->times + 1);
	} else if (!h->client && !h->proven_at && s->state == TCP_OPEN) {
		say(h, e->slot, ANSWER);
		retry(h, e->slot, RESEND + 2 * way, e->times + 1);
	}
}

/* A STUN server is asked how our port is seen, and answers, or not. */
static void ask(struct host *h)
{
	struct event *e;

	punch_wait(&h->punch, now);
	if (draw() % 1000 >= ANSWERS)
		return;
	e = plan(between(1, 300));
	e->kind = SEEN;
	e->host = h == &hosts[1];
}

static void seen(const struct event *e)
{
	struct host *h = &hosts[e->host];
	struct netaddr server, outer;

	if (!netaddr_parse("9.9.9.9:3478", &server))
		violation("a bad address");
	outer = nat_out(h->nat[0], &h->inner[0], &server);
	for (unsigned i = 0; i < h->n_told; i++)
		if (netaddr_equal(&h->told[i], &h->mapped))
			h->told[i] = outer;
	h->knows = true;
	punch_go(&h->punch, now);
}

static void hear(const struct event *e)
{
	struct host *h = &hosts[e->host];

	if (e->record.step != PUNCH_OFFER) {
		punch_hear(&h->punch, &e->record, now);
		return;
	}
	h->begun = true;
	if (!punch_answer(&h->punch, &punch_events, h, false, &e->record, now))
		violation("an offer names nothing that may be dialled");
	if (h->asks)
		ask(h);
	else
		tell(h, PUNCH_READY);
}

/* The world */

static struct netaddr address(const char *text)
{
	struct netaddr a;

	if (!netaddr_parse(text, &a))
		violation("a bad address");
	return a;
}

static void host_init(struct host *h, const struct side *side, bool client)
{
	unsigned at = client ? 0 : 1;
	struct netaddr own[2];
	size_t n = 0;

	*h = (struct host){ .client = client, .slot = -1 };
	for (unsigned v6 = 0; v6 < 2; v6++)
		h->nat[v6] = &nats[home && !v6 ? 0 : at][v6];
	if (!home || client)
		*h->nat[0] = (struct nat){ .kind = side->v4,
					   .next_port = 30000,
					   .address = address(client ? "8.8.8.1:1" : "8.8.8.2:1") };
	*h->nat[1] = (struct nat){ .kind = side->v6,
				   .address = address(client ? "[2a00::1]:1" : "[2a00::2]:1") };
	h->inner[0] = !side->v4->translates ? h->nat[0]->address
		      : client		    ? address("192.168.1.7:5000")
					    : address("192.168.1.8:5000");
	h->inner[1] = h->nat[1]->address;
	h->inner[0].port = h->inner[1].port = 5000;
	/* In one home, two ports that would be the same outside are a NAT that changes them. */
	if (home && !client)
		h->inner[0].port = 5001;
	own[n++] = h->inner[0];
	if (side->v6)
		own[n++] = h->inner[1];
	h->mapped = h->nat[0]->address;
	h->mapped.port = h->inner[0].port;
	h->asks = side->v4->translates && !side->v4->keeps_ports;
	h->n_told =
		(unsigned)punch_addresses(own, n, side->v4->translates ? &h->mapped : NULL,
					  h->inner[0].port, side->v6 ? 5000 : 0, false, h->told);
}

/* Whether what the host tells is what the other one has to connect to. */
static bool tells(const struct host *h, const struct nat_kind *kind)
{
	return kind && !kind->by_destination && (!h->asks || h->knows);
}

static bool meets(const struct side *a, const struct side *b)
{
	if (home)
		return home->lan || home->kind->hairpins;
	return (tells(&hosts[0], a->v4) && tells(&hosts[1], b->v4)) || (a->v6 && b->v6);
}

/* Runs the event or timer that is next; false: nothing is left to happen. */
static bool step(void)
{
	unsigned first = 0;
	struct host *h = NULL;
	struct event e;
	uint64_t at = UINT64_MAX, due = UINT64_MAX;

	for (unsigned i = 1; i < n_events; i++)
		if (events[i].at < events[first].at)
			first = i;
	if (n_events)
		at = events[first].at;
	for (unsigned i = 0; i < 2; i++)
		if (hosts[i].begun && punch_deadline(&hosts[i].punch) < due) {
			h = &hosts[i];
			due = punch_deadline(&h->punch);
		}
	if (h && due <= at) {
		now = due > now ? due : now;
		punch_step(&h->punch, now);
		if (punch_deadline(&h->punch) <= now)
			violation("what was due is due again");
		return true;
	}
	if (!n_events)
		return false;
	e = events[first];
	events[first] = events[--n_events];
	now = e.at;
	if (e.kind == PACKET)
		arrive(&e);
	else if (e.kind == RETRY)
		again(&e);
	else if (e.kind == SEEN)
		seen(&e);
	else
		hear(&e);
	return true;
}

struct tally {
	unsigned runs, in_time, late, missed, cannot;
	uint64_t sum, most;
};

static void check(const struct side *a, const struct side *b, struct tally *t)
{
	bool possible = meets(a, b);
	uint64_t took;

	for (unsigned i = 0; i < 2; i++) {
		struct host *h = &hosts[i];

		if (!h->proven_at && !h->failed_at)
			violation("a side waits for ever");
		if (h->proven_at && h->failed_at)
			violation("a side has a path and has failed");
		if (h->syns > PUNCH_ADDRESSES_MAX * PUNCH_TRIES)
			violation("too many packets");
		for (unsigned slot = 0; slot < PUNCH_ADDRESSES_MAX; slot++)
			if (h->sockets[slot].state != TCP_NONE && (int)slot != h->slot)
				violation("something is left open");
	}
	t->runs++;
	if (!possible)
		t->cannot++;
	if (!hosts[0].proven_at || !hosts[1].proven_at) {
		t->missed += possible;
		if (possible && !loss)
			violation("there is a path, and it was not found");
		return;
	}
	took = (hosts[0].proven_at > hosts[1].proven_at ? hosts[0] : hosts[1]).proven_at - ready_at;
	t->sum += took;
	t->most = took > t->most ? took : t->most;
	if (took <= IN_TIME + 4 * way)
		t->in_time++;
	else
		t->late++;
}

static void run(const struct side *a, const struct side *b, unsigned percent, struct tally *t)
{
	random_state = seed * 0x9e3779b97f4a7c15 + 1;
	for (unsigned i = 0; i < 8; i++)
		draw();
	now = 1000;
	n_events = 0;
	way = between(1, 150);
	told_way = between(way, 2 * way + 20);
	loss = 0;
	host_init(&hosts[0], a, true);
	host_init(&hosts[1], b, false);
	skew = between(0, 500);
	hosts[0].begun = true;
	punch_offer(&hosts[0].punch, &punch_events, &hosts[0], false, now);
	if (hosts[0].asks)
		ask(&hosts[0]);
	else
		tell(&hosts[0], PUNCH_OFFER);
	loss = percent * 10;
	while (step())
		;
	check(a, b, t);
}

static uint64_t number(const char *arg, const char *name, uint64_t otherwise)
{
	size_t n = strlen(name);

	return !strncmp(arg, name, n) ? strtoull(arg + n, NULL, 10) : otherwise;
}

/* Prints a row. False if too few met in time: 48 of 50, where one packet in a hundred is lost. */
static bool show(const char *one, const char *other, const struct tally *t, bool lossy)
{
	unsigned met = t->in_time + t->late;

	printf("%-24s %-24s %6u runs, %6u in time, %4u late, %4u not, %6u have no way; "
	       "mean %4u, most %5u ms\n",
	       one, other, t->runs, t->in_time, t->late, t->missed, t->cannot,
	       met ? (unsigned)(t->sum / met) : 0, (unsigned)t->most);
	return !met ||
	       (lossy ? (t->late + t->missed) * 50 <= t->runs * 2 : t->late * 200 <= t->runs);
}

/* Both in one home. */
static void run_home(const struct home *h, unsigned percent, struct tally *t)
{
	const struct side side = { h->name, h->kind, NULL };

	home = h;
	run(&side, &side, percent, t);
	home = NULL;
}

int main(int argc, char **argv)
{
	uint64_t first = 1, count = 2000, percent = 0;
	struct tally all[SIDES][SIDES] = { 0 }, at_home[HOMES] = { 0 };
	bool good = true;

	for (int i = 1; i < argc; i++) {
		first = number(argv[i], "--first=", first);
		count = number(argv[i], "--count=", count);
		percent = number(argv[i], "--loss=", percent);
	}
	for (seed = first; seed < first + count; seed++) {
		unsigned pair = seed % (SIDES * SIDES + HOMES);
		unsigned one = pair / SIDES, other = pair % SIDES;

		if (one < SIDES)
			run(&sides[one], &sides[other], (unsigned)percent, &all[one][other]);
		else
			run_home(&homes[other], (unsigned)percent, &at_home[other]);
	}
	for (unsigned i = 0; i < SIDES; i++)
		for (unsigned k = 0; k < SIDES; k++)
			good &= show(sides[i].name, sides[k].name, &all[i][k], percent);
	for (unsigned i = 0; i < HOMES; i++)
		good &= show(homes[i].name, "", &at_home[i], percent);
	if (!good)
		printf("too few of a pair in time\n");
	return !good;
}
