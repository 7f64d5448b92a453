/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hostile broker with a trusted key. Its links are real, so that its records are heard. It
 * sends anything: records of every type, with ids, channels, shares and states that are new,
 * made up, or repeated; floods; bytes that are no record; HELLOs that lie; and now and then
 * the right answer, to get further.
 */
#include "sim.h"

#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "hello.h"
#include "hex.h"

static const char *one_of(struct world *w, const char *const *words, unsigned n)
{
	return words[below(w, n)];
}

#define ONE_OF(w, ...) \
	one_of(w, (const char *const[]){ __VA_ARGS__ }, \
	       sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void put_random(struct world *w, void *out, size_t n)
{
	uint8_t *p = out;

	while (n--)
		*p++ = draw(w);
}

static void remember(struct peer *p, const char *id)
{
	if (strlen(id) == NEG_ID_LEN)
		strcpy(note_of(p)->ids[note_of(p)->id_count++ % IDS_KEPT], id);
}

/* Chooses an id: a new one, one heard before, or nonsense. */
static void choose_id(struct peer *p, char id[NEG_ID_LEN + 1])
{
	struct world *w = broker_of(p)->world;
	unsigned kept = note_of(p)->id_count < IDS_KEPT ? note_of(p)->id_count : IDS_KEPT;
	uint8_t random[NEG_ID_LEN / 2];

	if (kept && chance(w, 700)) {
		strcpy(id, note_of(p)->ids[below(w, kept)]);
		return;
	}
	put_random(w, random, sizeof(random));
	hex_encode(random, sizeof(random), id);
	if (chance(w, 10))
		id[below(w, NEG_ID_LEN)] = 'G';
	else
		remember(p, id);
}

static uint32_t choose_channel(struct peer *p)
{
	struct world *w = broker_of(p)->world;

	switch (below(w, 5)) {
	case 0:
		return note_of(p)->channel_heard;
	case 1:
		return draw(w);
	case 2:
		return below(w, 12);
	default:
		/* Its next channel, as it should be. */
		p->channels.next += 2;
		return p->channels.next - 2;
	}
}

static void add_secret(struct buf *f, const char *token)
{
	char text[2 * PASS_TOKEN_LEN + 1];

	snprintf(text, sizeof(text), "%s%s", token, token);
	fields_add(f, "secret", text);
}

/* The sid of a bytestream that is under way with it; or NULL. */
static const char *sid_of(const struct peer *p)
{
	const struct world *w = broker_of(p)->world;

	for (unsigned i = 0; i < w->streams_used; i++)
		if (w->streams[i].used && w->streams[i].broker == broker_of(p) &&
		    w->streams[i].other == other_of(p))
			return w->streams[i].sid;
	return NULL;
}

/* Sends candidates with any transport and somebody else's address, or an offer of a proxy. */
static void say_candidates(struct peer *p, enum record_type type, struct buf *f)
{
	struct world *w = broker_of(p)->world;
	char token[PASS_TOKEN_LEN + 1], ours[64], theirs[64];
	uint8_t random[PASS_TOKEN_BYTES];

	put_random(w, random, sizeof(random));
	hex_encode(random, sizeof(random), token);
	if (type == RECORD_CANDIDATES) {
		fields_add(f, "transport",
			   ONE_OF(w, "auto", "auto", "direct", "proxy", "inband", "x"));
		if (below(w, 4))
			fields_add(f, "token", token);
		if (below(w, 8))
			add_secret(f, token);
		fields_add(
			f, "address",
			ONE_OF(w, "8.8.8.1:10001", "8.8.8.2:10000", "127.0.0.1:1", "224.0.0.1:1"));
		fields_add(f, "seen", ONE_OF(w, "8.8.8.3:10001", "127.0.0.1:1", "", "x"));
		return;
	}
	full_jid(broker_of(p), broker_of(p)->resource, ours);
	full_jid(other_of(p), other_of(p)->resource, theirs);
	fields_add(f, "sid", sid_of(p) && below(w, 2) ? sid_of(p) : token);
	fields_add(f, "state", ONE_OF(w, "offer", "offer", "joined", "failed", "x"));
	fields_add(f, "jid", "proxy.1");
	fields_add(f, "host", "192.0.2.1");
	fields_add(f, "port", "7777");
	fields_add(f, "from", ONE_OF(w, ours, ours, "u0@sim/x"));
	fields_add(f, "to", ONE_OF(w, theirs, theirs, "u1@sim/x"));
	if (below(w, 8))
		add_secret(f, token);
}

/* Offers and answers to punch, which name anybody's address. */
static void say_punch(struct peer *p)
{
	struct world *w = broker_of(p)->world;
	const char *sid = punch_sid_of(p);
	struct buf f = { 0 };
	char token[PASS_TOKEN_LEN + 1];
	uint8_t random[PASS_TOKEN_BYTES];

	put_random(w, random, sizeof(random));
	hex_encode(random, sizeof(random), token);
	fields_add(&f, "sid", sid && below(w, 2) ? sid : token);
	fields_add(&f, "state", ONE_OF(w, "offer", "offer", "ready", "failed", "x"));
	if (below(w, 8))
		add_secret(&f, token);
	fields_add(&f, "address",
		   ONE_OF(w, "8.8.8.1:10001", "8.8.8.2:10000", "127.0.0.1:1", "224.0.0.1:1"));
	link_send(&p->link, RECORD_PUNCH, buf_data(&f), buf_len(&f));
	buf_finish(&f);
}

static void say_fields(struct peer *p, enum record_type type, const char *id)
{
	struct world *w = broker_of(p)->world;
	struct buf f = { 0 };

	if (!chance(w, 5))
		fields_add(&f, "id", id);
	if (type == RECORD_CAN_PUSH || type == RECORD_PUSH_REQUEST || chance(w, 100))
		fields_add(&f, "share",
			   ONE_OF(w, share_name(0), share_name(0), share_name(1), "unknown", "../x",
				  ""));
	if (type == RECORD_PUSH_REQUEST || chance(w, 100))
		fields_add(&f, "service",
			   ONE_OF(w, "receive-pack", "upload-pack", "upload-archive", "sh"));
	if (type == RECORD_CAN_PUSH && chance(w, 300))
		fields_add(&f, "kind", ONE_OF(w, "announcement", "announcement", "x"));
	if (type == RECORD_STARTING_PUSH || chance(w, 100))
		fields_add_u64(&f, "channel", choose_channel(p));
	if (type == RECORD_SEEN || chance(w, 100))
		fields_add(&f, "state",
			   ONE_OF(w, "deferred", "starting", "announcement", "open", ""));
	if (type == RECORD_REFUSE || type == RECORD_WITHDRAW)
		fields_add(&f, "reason",
			   ONE_OF(w, "busy", "ended", "not-shared", "any\nthing", ""));
	if (type == RECORD_CANDIDATES || type == RECORD_BYTESTREAM)
		say_candidates(p, type, &f);
	if (chance(w, 5))
		buf_append(&f, "\xff=", 2);
	link_send(&p->link, type, buf_data(&f), buf_len(&f));
	buf_finish(&f);
}

static void say_channel(struct peer *p, enum record_type type, uint32_t number, uint32_t value,
			size_t more)
{
	uint8_t payload[4 + 4 + 2000] = { 0 };

	put_be32(payload, number);
	put_be32(payload + 4, value);
	link_send(&p->link, type, payload, 8 + more);
}

/* Sends a correct can-push, which needs an answer. */
static void say_question(struct peer *p)
{
	struct world *w = broker_of(p)->world;
	uint8_t random[NEG_ID_LEN / 2];
	char id[NEG_ID_LEN + 1];
	struct buf f = { 0 };

	put_random(w, random, sizeof(random));
	hex_encode(random, sizeof(random), id);
	fields_add(&f, "id", id);
	fields_add(&f, "share", share_name(below(w, SHARES)));
	if (chance(w, 800))
		fields_add(&f, "kind", "announcement");
	link_send(&p->link, RECORD_CAN_PUSH, buf_data(&f), buf_len(&f));
	buf_finish(&f);
}

/* Sends any record of any channel. */
static void say_of_channel(struct peer *p)
{
	struct world *w = broker_of(p)->world;
	enum record_type type = RECORD_ACCEPT + below(w, RECORD_CLOSE - RECORD_ACCEPT + 1);
	size_t more = chance(w, 200) ? below(w, 2000) : 0;
	uint32_t value = below(w, 3) ? below(w, 100000) : draw(w);

	say_channel(p, type, choose_channel(p), value, more);
}

/* Sends a record of an unknown type that has to be skipped. */
static void say_unknown(struct peer *p)
{
	struct world *w = broker_of(p)->world;
	enum record_type type;
	uint8_t garbage[64];
	size_t len;

	put_random(w, garbage, sizeof(garbage));
	len = below(w, sizeof(garbage));
	type = RECORD_SKIPPED + below(w, RECORD_SKIPPED_LAST - RECORD_SKIPPED + 1);
	link_send(&p->link, type, garbage, len);
}

/* Puts garbage on the path, which may look like a record of it. */
static void say_garbage(struct peer *p)
{
	struct world *w = broker_of(p)->world;
	uint8_t garbage[64];

	put_random(w, garbage, sizeof(garbage));
	if (below(w, 2)) {
		uint32_t type = 1 + below(w, 9);

		put_be32(garbage, type << 24 | below(w, 50));
	}
	path_write(p->path, garbage, below(w, sizeof(garbage)));
	path_kick(p->path);
}

static void say_anything(struct peer *p)
{
	struct world *w = broker_of(p)->world;
	enum record_type type = RECORD_CAN_PUSH + below(w, RECORD_BYTESTREAM - RECORD_CAN_PUSH + 1);
	char id[NEG_ID_LEN + 1];

	w->stats->hostile++;
	if (w->swarm.mute) {
		say_question(p);
		return;
	}
	switch (below(w, 20)) {
	case 0:
	case 1:
	case 2:
		say_of_channel(p);
		break;
	case 3:
		if (w->swarm.punches && below(w, 2))
			say_punch(p);
		else if (chance(w, 100))
			say_unknown(p);
		else if (p->path && chance(w, 100))
			say_garbage(p);
		break;
	default:
		choose_id(p, id);
		say_fields(p, type, id);
		break;
	}
}

void hostile_acts(struct broker *b)
{
	struct world *w = b->world;
	struct broker *to = &w->brokers[below(w, w->count)];
	unsigned n = chance(w, w->swarm.mute ? 500 : 30) ? between(w, 60, 150) : between(w, 1, 6);
	struct peer *p;

	if (to == b || !b->online || !to->shown)
		return;
	if (chance(w, 100))
		path_open_raw(b, to, false);
	p = peer_wanted(b, to);
	/*
	 * Near the limit that the link bears, sends little at a time, so that any kind of
	 * record may be the one too many.
	 */
	if (p && w->swarm.mute && note_of(p)->heard > LINK_CONTROL_QUEUE_MAX - 40)
		n = below(w, 3);
	while (p && n-- && !p->ended)
		say_anything(p);
	if (p && !p->ended && chance(w, 30))
		peer_end(p, "protocol");
	if (p && !p->ended)
		peer_touch(p);
}

void hostile_hears(struct peer *p, const struct record *record)
{
	struct world *w = broker_of(p)->world;
	struct fields f = { (const char *)record->payload, record->len };
	const char *id;

	if (broker_of(p)->puppet)
		return;
	if (broker_of(p)->world->swarm.greedy) {
		greedy_hears(p, record);
		return;
	}
	note_of(p)->heard++;
	if (record->type >= RECORD_ACCEPT) {
		if (record->len >= 4)
			note_of(p)->channel_heard = get_be32(record->payload);
		if (chance(w, 200)) {
			size_t more = below(w, 1000);

			say_channel(p, RECORD_DATA, note_of(p)->channel_heard, draw(w), more);
		}
		return;
	}
	id = fields_get(f, "id");
	if (id)
		remember(p, id);
	if (!id || chance(w, 300))
		return;
	switch (record->type) {
	case RECORD_CAN_PUSH:
		say_fields(p, RECORD_PUSH_REQUEST, id);
		break;
	case RECORD_PUSH_REQUEST:
		say_fields(p, RECORD_STARTING_PUSH, id);
		break;
	case RECORD_STARTING_PUSH:
		note_of(p)->channel_heard = fields_get_u64(f, "channel", 0);
		say_channel(p, RECORD_ACCEPT, note_of(p)->channel_heard,
			    chance(w, 500) ? CHANNEL_WINDOW : 0, 0);
		break;
	default:
		break;
	}
}

void hostile_withholds(struct buf *out)
{
	size_t left = buf_len(out);

	while (left) {
		struct record record;
		const char *at;
		bool ack;
		long size;

		/* Reserve first, so that appending does not move the data. */
		buf_reserve(out, left);
		at = buf_data(out);
		size = record_parse(at, left, &record);
		ack = size > 0 && record.type == RECORD_ACK;

		/* Bytes that are no record are its own garbage. */
		size = size > 0 ? size : (long)left;
		if (!ack)
			buf_append(out, at, size);
		buf_consume(out, size);
		left -= size;
	}
}

/* What it says in a meeting: in any order, and now and then what has no place there. */
static void say_meets(struct world *w, struct buf *out)
{
	char hex[2 * DIGEST_BYTES + 1];
	unsigned char bytes[DIGEST_BYTES];

	for (unsigned n = below(w, 6); n > 0; n--) {
		struct buf f = { 0 };

		fields_add(&f, "kind", ONE_OF(w, "compare", "compare", "result", "unheard-of"));
		put_random(w, bytes, sizeof(bytes));
		hex_encode(bytes, sizeof(bytes), hex);
		if (below(w, 4))
			fields_add(&f, ONE_OF(w, "commit", "nonce"), hex);
		if (!below(w, 3))
			fields_add(&f, "state", ONE_OF(w, "refused", "same", "different"));
		if (!below(w, 4))
			fields_add(&f, "reason", ONE_OF(w, "collision", "too-often"));
		record_put(out, below(w, 8) ? RECORD_MEET : RECORD_PING, 0, buf_data(&f),
			   below(w, 8) ? buf_len(&f) : buf_len(&f) / 2);
		buf_finish(&f);
	}
}

void hostile_greets(struct world *w, struct path *path)
{
	struct broker *b = end_of(path)->broker;
	const struct broker *to = wire_of(w, path)->end[1].broker;
	struct peer *p = peer_with(b, to);
	/* Now and then claims the account of the receiver. */
	struct link_ends ends = { chance(w, 100) ? to->jid : b->jid, to->jid };
	uint8_t id[LINK_ID_BYTES], instance[INSTANCE_BYTES];
	struct buf hello = { 0 };

	w->stats->hostile++;
	put_random(w, id, sizeof(id));
	memcpy(instance, b->instance, sizeof(instance));
	if (p && below(w, 2))
		memcpy(id, p->link.id, sizeof(id));
	if (chance(w, 300))
		put_random(w, instance, sizeof(instance));
	if (below(w, 5)) {
		uint64_t received = below(w, 2) ? 0 : below(w, 100);

		if (w->swarm.compares && below(w, 2)) {
			hello_put(&hello, "meet", &ends, instance, id, 0);
			say_meets(w, &hello);
		} else {
			hello_put(&hello, ONE_OF(w, "new", "resume", "resumed"), &ends, instance,
				  id, received);
		}
	}
	if (below(w, 3))
		path_say(w, path, buf_data(&hello), buf_len(&hello));
	if (below(w, 2))
		path_close(path);
	buf_finish(&hello);
}

static void on_raw_established(void *owner, const unsigned char *fp)
{
}

static void on_raw_plain(void *owner, struct buf *plain)
{
	buf_reset(plain);
}

static size_t on_raw_fill(void *owner, struct buf *out, size_t max)
{
	return 0;
}

static void on_raw_closed(void *owner, const char *why)
{
}

const struct path_events raw_events = {
	.established = on_raw_established,
	.plain = on_raw_plain,
	.fill = on_raw_fill,
	.closed = on_raw_closed,
};
