/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The attacks of somebody who has a device key, trusted or not.
 *
 * keys: one link after the other, each with a key of its own; each key is judged and
 * refused.
 * fetch: asks --each times for the service of the share, and then sends nothing on the
 * channel. With --accept it accepts the channel; with --drip it sends a byte of an endless
 * line now and then. It repeats requests that are refused.
 * leave: begins a push that gives a new name to an existing object. When all of the push
 * has arrived, the attacker drops the link, and begins another push on a new one. Outcomes
 * that come are printed.
 *
 * Each JID has one link, and another one as soon as it is lost. --tcp moves it to TCP at
 * once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "attack-device.h"
#include "fields.h"
#include "hex.h"
#include "pass-key.h"
#include "random.h"

enum { AGAIN = 300, GIVE_UP = 10 * 1000, DRIP = 500, WINDOW = 65536 };

struct hand {
	struct raw_link link;
	struct device_key *key;		/* owned */
	bool open, there;		/* there: the link is on the path that it shall use */
	bool pushing, ended;
	uint64_t again;
	char id[NEG_ID_LEN + 1];
	uint32_t channel, next_channel;
	unsigned heard;			/* bytes received on the channel */
	uint32_t channels[64];		/* the accepted ones, for --drip */
	unsigned n_channels, wanted;
};

static struct hand *hand_of(struct who *who)
{
	if (!who->own)
		who->own = xcalloc(1, sizeof(struct hand));
	return who->own;
}

void device_new_id(char id[NEG_ID_LEN + 1])
{
	unsigned char bytes[NEG_ID_BYTES];

	random_bytes(bytes, sizeof(bytes));
	hex_encode(bytes, sizeof(bytes), id);
}

/*
 * Odd channel numbers belong to the side with the lower fingerprint, which may be the
 * victim.
 */
static uint32_t first_channel(const struct raw_link *l)
{
	return memcmp(device_key_fingerprint(l->key), tls_peer_fingerprint(l->tls),
		      FINGERPRINT_BYTES) < 0
		       ? 1
		       : 2;
}

static const struct raw_events events;

/* Opens the link and moves it on. True once it is up on the path that it shall use. */
static bool keep_up(struct attack *a, struct who *who, uint64_t now, bool fresh_key)
{
	struct hand *h = hand_of(who);

	if (!h->open) {
		if (now < h->again)
			return false;
		if (fresh_key || !h->key) {
			device_key_destroy(h->key);
			h->key = fresh_key ? device_key_generate() : raw_key(a->key);
		}
		h->open = true;
		h->there = h->pushing = h->ended = false;
		h->wanted = h->n_channels = 0;
		h->again = now + GIVE_UP;
		raw_open(&h->link, who, h->key, 0, NULL, &events, h);
	}
	raw_step(&h->link);
	if (h->open && h->link.state != RAW_UP && now > h->again) {
		raw_drop(&h->link);
		h->open = false;
	}
	if (h->open && h->link.state == RAW_UP && a->tcp && !h->there && h->link.port) {
		unsigned port = h->link.port;
		struct pass_use use;

		pass_use(&h->link.pass, 1, true, device_key_fingerprint(h->key),
			 tls_peer_fingerprint(h->link.tls), &use);
		raw_drop(&h->link);
		h->there = true;
		raw_open(&h->link, who, h->key, port, &use, &events, h);
		return false;
	}
	return h->open && h->link.state == RAW_UP && (h->there || !a->tcp);
}

struct raw_link *device_link(struct attack *a, struct who *who, uint64_t now)
{
	return keep_up(a, who, now, false) ? &hand_of(who)->link : NULL;
}

static void on_up(struct raw_link *l)
{
	struct hand *h = l->owner;

	h->next_channel = first_channel(l);
}

static void on_over(struct raw_link *l, const char *why)
{
	struct hand *h = l->owner;
	struct attack *a = l->who->attack;

	if (!strcmp(why, "untrusted"))
		a->done++;
	else if (strcmp(why, "closed"))
		printf("over: %s\n", why);
	h->open = false;
	h->again = !strcmp(why, "untrusted") ? 0 : attack_now() + AGAIN;
}

void device_take(struct attack *a, struct who *who, const char *stanza)
{
	struct hand *h = hand_of(who);

	if (h->open)
		raw_take(&h->link, stanza);
}

void device_end(struct who *who)
{
	struct hand *h = who->own;

	if (!h)
		return;
	if (h->open)
		raw_drop(&h->link);
	device_key_destroy(h->key);
	free(h);
}

/* The attack "keys". */

static void keys_step(struct attack *a, uint64_t now)
{
	for (size_t i = 0; i < a->n; i++)
		keep_up(a, &a->who[i], now, true);
	attack_ready_if(a, a->done >= a->count, now);
}

const struct attack_kind attack_keys = {
	.name = "keys",
	.usage = "keys    [--count N]    ready after so many",
	.step = keys_step,
	.take = device_take,
	.end = device_end,
};

/* The attack "fetch". */

static void say_fields(struct hand *h, enum record_type type, struct buf *fields)
{
	raw_say(&h->link, type, buf_data(fields), buf_len(fields));
	buf_finish(fields);
}

static void request(struct attack *a, struct hand *h)
{
	struct buf fields = { 0 };
	char id[NEG_ID_LEN + 1];

	device_new_id(id);
	fields_add(&fields, "id", id);
	fields_add(&fields, "share", a->share);
	fields_add(&fields, "service", a->service);
	fields_add(&fields, "git-protocol", "2");
	say_fields(h, RECORD_PUSH_REQUEST, &fields);
}

static void say_channel(struct hand *h, enum record_type type, uint32_t channel, const void *data,
			size_t n)
{
	struct buf payload = { 0 };

	put_be32(buf_reserve(&payload, 4), channel);
	buf_added(&payload, 4);
	buf_append(&payload, data, n);
	raw_say(&h->link, type, buf_data(&payload), buf_len(&payload));
	buf_finish(&payload);
}

static void fetch_step(struct attack *a, uint64_t now)
{
	for (size_t i = 0; i < a->n; i++) {
		struct who *who = &a->who[i];
		struct hand *h = hand_of(who);

		if (!keep_up(a, who, now, false))
			continue;
		while (h->wanted < a->each && now >= who->next) {
			request(a, h);
			h->wanted++;
		}
		if (a->drip && now >= h->again) {
			h->again = now + DRIP;
			for (unsigned n = 0; n < h->n_channels; n++)
				say_channel(h, RECORD_DATA, h->channels[n], "f", 1);
		}
	}
	attack_ready_if(a, a->done + a->refused >= a->each * a->n, now);
}

static void take_channel(struct attack *a, struct hand *h, uint32_t channel)
{
	uint8_t window[4];

	a->done++;
	if (h->n_channels == ARRAY_SIZE(h->channels) || !a->accept)
		return;
	put_be32(window, WINDOW);
	say_channel(h, RECORD_ACCEPT, channel, window, sizeof(window));
	h->channels[h->n_channels++] = channel;
	if (a->drip)
		say_channel(h, RECORD_DATA, channel, "fff0", 4);
}

const struct attack_kind attack_fetch = {
	.name = "fetch",
	.usage = "fetch   [--each N] [--accept [--drip]] [--tcp] --key FILE --share S",
	.step = fetch_step,
	.take = device_take,
	.end = device_end,
};

/* The attack "leave". */

static void leave_step(struct attack *a, uint64_t now)
{
	for (size_t i = 0; i < a->n; i++) {
		struct who *who = &a->who[i];
		struct hand *h = hand_of(who);
		struct buf fields = { 0 };

		if (!keep_up(a, who, now, false))
			continue;
		if (!h->pushing && now >= who->next) {
			h->pushing = true;
			h->heard = 0;
			device_new_id(h->id);
			fields_add(&fields, "id", h->id);
			fields_add(&fields, "share", a->share);
			say_fields(h, RECORD_CAN_PUSH, &fields);
		}
		if (h->ended && h->link.heard_of == h->link.sent) {
			printf("left %s received=%u\n", h->id, h->heard);
			fflush(stdout);
			raw_drop(&h->link);
			h->open = false;
			h->again = now;
			a->done++;
		}
	}
	attack_ready_if(a, a->done >= a->count, now);
}

/* Pushes an existing object: receive-pack's first line begins with an object name. */
static void push(struct hand *h, const uint8_t *advertised, size_t n)
{
	static const char empty_pack[] =
		"PACK\0\0\0\2\0\0\0\0\x02\x9d\x08\x82\x3b\xd8\xa8\xea\xb5\x10\xad\x6a\xc7\x5c"
		"\x82\x3c\xfd\x3e\xd3\x1e";
	struct buf line = { 0 }, data = { 0 };

	if (n < 44 || h->ended)
		return;
	buf_printf(&line, "%040d %.40s refs/heads/left-%s", 0, (const char *)advertised + 4, h->id);
	buf_append(&line, "\0 report-status\n", 16);
	buf_printf(&data, "%04zx", buf_len(&line) + 4);
	buf_append(&data, buf_data(&line), buf_len(&line));
	buf_puts(&data, "0000");
	buf_append(&data, empty_pack, sizeof(empty_pack) - 1);
	say_channel(h, RECORD_DATA, h->channel, buf_data(&data), buf_len(&data));
	say_channel(h, RECORD_END, h->channel, "", 0);
	h->ended = true;
	buf_finish(&line);
	buf_finish(&data);
}

const struct attack_kind attack_leave = {
	.name = "leave",
	.usage = "leave   [--count N] [--tcp] --key FILE --share S    ready after so many",
	.step = leave_step,
	.take = device_take,
	.end = device_end,
};

/* Records from the victim. */

static void print_outcome(const struct record *record)
{
	struct fields f = { (const char *)record->payload, record->len };
	const char *state = fields_valid(f) ? fields_get(f, "state") : NULL;

	printf("outcome %s\n", state ? state : "-");
	fflush(stdout);
}

static void starting(struct attack *a, struct hand *h, struct fields f)
{
	take_channel(a, h, (uint32_t)fields_get_u64(f, "channel", 0));
}

static void requested(struct hand *h, struct fields f)
{
	const char *id = fields_get(f, "id");
	struct buf fields = { 0 };

	if (!id || strcmp(id, h->id) || !h->pushing)
		return;
	h->channel = h->next_channel;
	h->next_channel += 2;
	fields_add(&fields, "id", id);
	fields_add_u64(&fields, "channel", h->channel);
	say_fields(h, RECORD_STARTING_PUSH, &fields);
}

static void refused(struct attack *a, struct who *who, struct hand *h)
{
	a->refused++;
	h->pushing = false;
	if (h->wanted)
		h->wanted--;
	who->next = attack_now() + AGAIN;
}

static void on_record(struct raw_link *l, const struct record *record)
{
	struct fields f = { (const char *)record->payload, record->len };
	struct hand *h = l->owner;
	struct attack *a = l->who->attack;

	switch (record->type) {
	case RECORD_STARTING_PUSH:
		if (fields_valid(f))
			starting(a, h, f);
		break;
	case RECORD_PUSH_REQUEST:
		if (fields_valid(f))
			requested(h, f);
		break;
	case RECORD_REFUSE:
		refused(a, l->who, h);
		break;
	case RECORD_DATA:
		if (!h->pushing || record->len < 4 || get_be32(record->payload) != h->channel)
			break;
		h->heard += (unsigned)record->len - 4;
		push(h, record->payload + 4, record->len - 4);
		break;
	case RECORD_OUTCOME:
		print_outcome(record);
		break;
	default:
		break;
	}
}

static const struct raw_events events = {
	.up = on_up,
	.record = on_record,
	.over = on_over,
};
