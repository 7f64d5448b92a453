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
	IN_TIME = 1500,		/* ms beyond two round trips, from when both sides are ready */
};

enum packet { SYN, SYN_ACK, ACK, RESET, HELLO, ANSWER, FINISHED, PACKETS };
enum tcp { TCP_NONE, TCP_SYN_SENT, TCP_SYN_RECEIVED, TCP_OPEN };

static const struct nat_kind
	open_host = { .name = "open" },
	dropping = { "dropping NAT", true, false, true, true, false },
	refusing = { "refusing NAT", true, false, true, true, true },
	cone = { "NAT that changes ports", true, false, false, true, false },
	symmetric = { "NAT by destination", true, true, false, true, false },
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

enum { SIDES = sizeof(sides) / sizeof(sides[0]) };

struct socket {
	enum tcp state;
	unsigned generation;
	struct netaddr local, remote;
	bool finished;		/* the handshake, for this side */
};

struct host {
	struct nat nat[2];		/* of IPv4, of IPv6 */
	struct netaddr inner[2];
	struct punch punch;
	struct socket sockets[PUNCH_ADDRESSES_MAX];
	struct netaddr told[PUNCH_ADDRESSES_MAX];
	unsigned n_told;
	bool client, begun;
	uint64_t proven_at, failed_at;
	int slot;			/* the one that was proven */
	unsigned syns;
};

struct event {
	uint64_t at;
	enum { PACKET, RETRY, RECORD } kind;
	enum packet packet;
	struct netaddr from, to;
	unsigned host, slot, generation, times;
	struct punch_record record;
};

static struct event events[EVENTS];
static unsigned n_events;
static struct host hosts[2];
static uint64_t now, seed, random_state;
static unsigned way, told_way, loss;	/* ms, ms, in 1000 */

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
	struct netaddr with = h->nat[a->v6].address;

	with.port = a->port;
	return h->nat[a->v6].kind && netaddr_equal(&with, a);
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
	struct nat *n = &h->nat[local->v6];
	struct netaddr from;

	/* A private address of the other network leads nowhere. */
	if (!n->kind || netaddr_scope(remote) != NETADDR_GLOBAL)
		return;
	from = nat_out(n, local, remote);
	if (packet == RESET)
		nat_close(n, local, remote);
	h->syns += packet == SYN;
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
	struct event *e = plan(told_way);

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

static const struct punch_events punch_events = {
	.connect = on_connect,
	.drop = on_drop,
	.failed = on_failed,
};

/* Packets */

static void ended(struct host *h, unsigned slot)
{
	struct socket *s = &h->sockets[slot];

	nat_close(&h->nat[s->local.v6], &s->local, &s->remote);
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
		struct netaddr inner;
		unsigned slot;

		if (!is_of(h, &e->to))
			continue;
		if (!nat_in(&h->nat[e->to.v6], &e->from, &e->to, &inner)) {
			if (h->nat[e->to.v6].kind->refuses && e->packet != RESET)
				fly(RESET, &e->to, &e->from);
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

static void hear(const struct event *e)
{
	struct host *h = &hosts[e->host];

	if (e->record.step != PUNCH_OFFER) {
		punch_hear(&h->punch, &e->record, now);
		return;
	}
	h->begun = true;
	tell(h, PUNCH_READY);
	if (!punch_answer(&h->punch, &punch_events, h, false, &e->record, now))
		violation("an offer names nothing that may be dialled");
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
	const struct netaddr probe = address("9.9.9.9:3478");
	struct netaddr own[2], mapped;
	bool kept;
	size_t n = 0;

	*h = (struct host){ .client = client, .slot = -1 };
	h->nat[0] = (struct nat){ .kind = side->v4,
				  .next_port = 30000,
				  .address = address(client ? "8.8.8.1:1" : "8.8.8.2:1") };
	h->nat[1] = (struct nat){ .kind = side->v6,
				  .address = address(client ? "[2a00::1]:1" : "[2a00::2]:1") };
	h->inner[0] = side->v4->translates ? address("192.168.1.7:5000") : h->nat[0].address;
	h->inner[1] = h->nat[1].address;
	h->inner[0].port = h->inner[1].port = 5000;
	mapped = nat_out(&h->nat[0], &h->inner[0], &probe);
	own[n++] = h->inner[0];
	if (side->v6)
		own[n++] = h->inner[1];
	/* Who maps by destination cannot know, and believes what the probe said. */
	kept = side->v4->translates;
	h->n_told = (unsigned)punch_addresses(own, n, kept ? &mapped : NULL, 5000,
					      side->v6 ? 5000 : 0, false, h->told);
}

static bool meets(const struct nat_kind *a, const struct nat_kind *b)
{
	if (!a || !b)
		return false;
	return !a->by_destination && !b->by_destination;
}

/* Runs the event or timer that is next; false: nothing is left to happen. */
static bool step(void)
{
	unsigned first = 0;
	struct event e;
	uint64_t at = UINT64_MAX;

	for (unsigned i = 1; i < n_events; i++)
		if (events[i].at < events[first].at)
			first = i;
	if (n_events)
		at = events[first].at;
	for (unsigned i = 0; i < 2; i++) {
		struct host *h = &hosts[i];
		uint64_t due = h->begun ? punch_deadline(&h->punch) : UINT64_MAX;

		if (due < UINT64_MAX && due <= at) {
			now = due > now ? due : now;
			punch_step(&h->punch, now);
			if (punch_deadline(&h->punch) <= now)
				violation("what was due is due again");
			return true;
		}
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
	else
		hear(&e);
	return true;
}

struct tally {
	unsigned runs, in_time, late, missed;
	uint64_t sum, most;
};

static void check(const struct side *a, const struct side *b, uint64_t ready, struct tally *t)
{
	bool possible = meets(a->v4, b->v4) || meets(a->v6, b->v6);
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
	if (!hosts[0].proven_at || !hosts[1].proven_at) {
		t->missed++;
		if (possible && !loss)
			violation("there is a path, and it was not found");
		return;
	}
	took = (hosts[0].proven_at > hosts[1].proven_at ? hosts[0] : hosts[1]).proven_at - ready;
	t->sum += took;
	t->most = took > t->most ? took : t->most;
	if (took <= IN_TIME + 4 * way)
		t->in_time++;
	else
		t->late++;
}

static void run(const struct side *a, const struct side *b, unsigned percent, struct tally *t)
{
	uint64_t ready;
	struct event *offer;

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
	ready = now + told_way + between(0, 500);
	hosts[0].begun = true;
	punch_offer(&hosts[0].punch, &punch_events, &hosts[0], false, now);
	offer = plan(ready - now);
	offer->kind = RECORD;
	offer->host = 1;
	offer->record.step = PUNCH_OFFER;
	memcpy(offer->record.addresses, hosts[0].told, sizeof(hosts[0].told));
	offer->record.n = hosts[0].n_told;
	loss = percent * 10;
	while (step())
		;
	/* The later side is ready when it has heard the answer. */
	check(a, b, ready + told_way, t);
}

static uint64_t number(const char *arg, const char *name, uint64_t otherwise)
{
	size_t n = strlen(name);

	return !strncmp(arg, name, n) ? strtoull(arg + n, NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	uint64_t first = 1, count = 2000, percent = 0;
	struct tally all[SIDES][SIDES] = { 0 };
	bool bad = false;

	for (int i = 1; i < argc; i++) {
		first = number(argv[i], "--first=", first);
		count = number(argv[i], "--count=", count);
		percent = number(argv[i], "--loss=", percent);
	}
	for (seed = first; seed < first + count; seed++) {
		unsigned pair = seed % (SIDES * SIDES);

		run(&sides[pair / SIDES], &sides[pair % SIDES], (unsigned)percent,
		    &all[pair / SIDES][pair % SIDES]);
	}
	for (unsigned i = 0; i < SIDES; i++) {
		for (unsigned k = 0; k < SIDES; k++) {
			const struct tally *t = &all[i][k];
			unsigned met = t->in_time + t->late;

			printf("%-24s %-24s %6u runs, %6u in time, %4u late, %6u not; "
			       "mean %4u, most %5u ms\n",
			       sides[i].name, sides[k].name, t->runs, t->in_time, t->late,
			       t->missed, met ? (unsigned)(t->sum / met) : 0, (unsigned)t->most);
			/* 48 of 50, where one packet in a hundred is lost. */
			if (met && (percent ? (t->late + t->missed) * 50 > t->runs * 2
					    : t->late * 200 > t->runs))
				bad = true;
		}
	}
	if (bad)
		printf("too few of a pair in time\n");
	return bad;
}
