/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A greedy account, of one device or several. It breaks no rule, and takes all it can from
 * everybody: fetches that it never reads, and pushes whose hooks never end. It cuts the
 * links of such pushes so that they run on, as many as there is room for. A domain, too,
 * shows key after key, and sends subscription requests under name after name. Its world has
 * no other faults. Everybody else must be served within SERVED (sim-helper.c checks), and
 * find a place in the tables.
 */
#include "sim.h"

#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "fingerprint.h"
#include "hex.h"

void greedy_draw(struct world *w)
{
	struct swarm *s = &w->swarm;
	bool long_one = chance(w, 30);

	*s = (struct swarm){ .greedy = true, .block = IBB_BLOCK, .window = IBB_IN_FLIGHT_MAX };
	s->delay_max = between(w, 5, 40);
	/* All places are taken within seconds, so that most worlds need not be long. */
	s->span = long_one ? between(w, 20000, 90000) : between(w, 9000, 16000);
	s->every = long_one ? between(w, 100, 1000) : between(w, 300, 2000);
	s->helpers = between(w, 10, 30);
	s->announcements = below(w, 2);
	s->hostile = (int)below(w, w->count);
}

static void fields_begin(struct world *w, struct buf *f)
{
	uint8_t random[NEG_ID_LEN / 2];
	char id[NEG_ID_LEN + 1];

	for (size_t i = 0; i < sizeof(random); i++)
		random[i] = draw(w);
	hex_encode(random, sizeof(random), id);
	fields_add(f, "id", id);
	fields_add(f, "share", share_name(below(w, SHARES)));
}

static void ask_for_one(struct peer *p)
{
	struct world *w = broker_of(p)->world;
	bool push = below(w, 2);
	struct buf f = { 0 };

	w->stats->hostile++;
	fields_begin(w, &f);
	if (!push)
		fields_add(&f, "service", below(w, 4) ? "upload-pack" : "upload-archive");
	link_send(&p->link, push ? RECORD_CAN_PUSH : RECORD_PUSH_REQUEST, buf_data(&f),
		  buf_len(&f));
	buf_finish(&f);
}

static void answer(struct peer *p, enum record_type type, const char *id, uint64_t channel)
{
	struct buf f = { 0 };

	fields_add(&f, "id", id);
	fields_add_u64(&f, "channel", channel);
	link_send(&p->link, type, buf_data(&f), buf_len(&f));
	buf_finish(&f);
}

static void say_channel(struct peer *p, enum record_type type, uint32_t number, uint32_t value,
			size_t len)
{
	uint8_t payload[8];

	put_be32(payload, number);
	put_be32(payload + 4, value);
	link_send(&p->link, type, payload, len);
}

void greedy_hears(struct peer *p, const struct record *record)
{
	struct fields f = { (const char *)record->payload, record->len };
	const char *id = record->type < RECORD_ACCEPT ? fields_get(f, "id") : NULL;

	switch (record->type) {
	case RECORD_PUSH_REQUEST:
		answer(p, RECORD_STARTING_PUSH, id, p->channels.next);
		p->channels.next += 2;
		break;
	case RECORD_STARTING_PUSH:
		say_channel(p, RECORD_ACCEPT, fields_get_u64(f, "channel", 0), CHANNEL_WINDOW, 8);
		break;
	case RECORD_ACCEPT:
		/* The push is complete, and its hook never ends. */
		say_channel(p, RECORD_END, get_be32(record->payload), 0, 4);
		break;
	default:
		break;
	}
}

/*
 * Fills the tables with unexpected keys and requests of one domain; then somebody of another
 * domain must find a place.
 */
static void fill_tables(struct broker *to)
{
	struct world *w = to->world;
	unsigned char fp[FINGERPRINT_BYTES];
	bool changed;
	char jid[64];

	for (unsigned i = 0; i < 20; i++) {
		for (size_t k = 0; k < sizeof(fp); k++)
			fp[k] = draw(w);
		snprintf(jid, sizeof(jid), "e%u@evil", below(w, 100));
		trust_observe(to->trust, jid, fp, w->now / 1000, &changed);
		presence_pending_in(to->presence, jid);
	}
	snprintf(jid, sizeof(jid), "carol%u@good", below(w, 3));
	trust_observe(to->trust, jid, to->fp, w->now / 1000, &changed);
	if (trust_lookup(to->trust, jid, to->fp) != TRUST_PENDING)
		violation(w, "%s: a device of %s is not remembered, so many has one domain",
			  to->name, jid);
	if (!presence_pending_in(to->presence, jid))
		violation(w, "%s: the request of %s is not remembered, so many has one domain",
			  to->name, jid);
	w->stats->met[MET_STRANGERS]++;
}

void greedy_acts(struct broker *b)
{
	struct world *w = b->world;

	for (unsigned i = 0; i < w->count; i++) {
		struct broker *to = &w->brokers[i];
		struct peer *p =
			to->hostile || !b->online || !to->shown ? NULL : peer_wanted(b, to);

		if (!p)
			continue;
		for (unsigned n = between(w, 5, 40); n-- && p->link.state == LINK_UP && !p->ended;)
			ask_for_one(p);
		if (chance(w, 300))
			fill_tables(to);
		if (p->ended)
			continue;
		peer_touch(p);
		if (chance(w, 100))
			peer_abandon(p);
	}
}

/*
 * An account may hold half of the places at most. A process that made room for another holds
 * none.
 */
void check_places(const struct broker *b)
{
	struct world *w = b->world;
	const struct list *runs = &b->git_services.services.runs;
	unsigned held[BROKERS_MAX] = { 0 };

	const struct service_process *p;

	for (p = first_busy(b); p; p = next_busy(p))
		if (p->used)
			held[p->of->account]++;
	for (const struct list *r = runs->next; r != runs; r = r->next) {
		const struct service_run *run = (const struct service_run *)r;

		if (!run->place.quota)
			held[device_find(w, run->device)->account]--;
	}
	for (unsigned i = 0; i < BROKERS_MAX; i++) {
		w->stats->met[MET_HALF] += held[i] == SERVICES_MAX / 2;
		if (held[i] > SERVICES_MAX / 2)
			violation(w, "%s: %u processes serve %s", b->name, held[i],
				  w->brokers[i].name);
	}
}
