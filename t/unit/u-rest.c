/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * What lies in memory while nothing happens: a buddy's device, and a link.
 * Counted by the allocator, with its own overhead, in the core's part of them; the
 * whole of a broker is measured by t/perf/rest.sh.
 */

#include <features.h>
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "alloc.h"
#include "announcements.h"
#include "channel.h"
#include "link.h"
#include "negotiation.h"
#include "nothing.h"
#include "presence.h"
#include "tap.h"
#include "tls.h"
#include "trust.h"

enum {
	DEVICES = 5000,
	DEVICE_MAX = 1152,		/* bytes for each */
	LINKS = 8,
	LINK_MAX = 40 * 1024,		/* the other 24 of 64 KiB are the shell's: handles, the
					   path */
	BURST = 4 * 1024 * 1024,
};

/*
 * Bytes in use, what the allocator adds included; 0 where it does not tell (or
 * is a sanitizer's).
 */
static size_t in_use(void)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
#else
	return 0;
#endif
}

static bool allocator_tells(void)
{
	size_t before = in_use();
	char *some = xmalloc(5000);
	bool tells = in_use() >= before + 5000;

	free(some);
	return tells;
}

static bool never_permitted(void *owner, const char *jid, const char *device, const char *share)
{
	return false;
}

static const struct announcements_events announcements_events = { .permitted = never_permitted };

static void add_device(struct presence *presence, struct announcements *ledger, struct trust *trust,
		       unsigned n)
{
	unsigned char fp[FINGERPRINT_BYTES] = { n >> 8, n };
	char jid[64], full[128], device[DEVICE_ID_LEN + 1];
	struct resource *resource;
	bool changed;

	snprintf(jid, sizeof(jid), "a.person.with.a.name.%u@chat.example.org", n);
	device_id_of(fp, device);
	snprintf(full, sizeof(full), "%s/git.%s", jid, device);
	trust_invite(trust, jid, 1);
	trust_observe(trust, jid, fp, 1, &changed);
	presence_roster_item(presence, jid, SUBSCRIPTION_BOTH, false, false);
	presence_available(presence, full, device, 1, &resource);
	announcements_device_online(ledger, jid, device, 1);
}

static void test_devices(void)
{
	size_t before = in_use(), each;
	struct presence *presence = presence_create();
	struct announcements *ledger = announcements_create(&announcements_events, NULL);
	struct trust *trust = trust_create();

	for (unsigned n = 0; n < DEVICES; n++)
		add_device(presence, ledger, trust, n);
	each = (in_use() - before) / DEVICES;
	ok(each <= DEVICE_MAX, "a trusted device that is online costs %zu bytes, at most %d", each,
	   DEVICE_MAX);
	is_int(announcements_deadline(ledger), UINT64_MAX, "and no timer, while no share moves");

	trust_destroy(trust);
	announcements_destroy(ledger);
	presence_destroy(presence);
	/* The allocator still counts the few chunks that it keeps at hand. */
	ok(in_use() < before + 16 * 1024, "all of which comes back");
}

struct end {
	struct tls *tls;
	struct link link;
	struct channels channels;
	struct negotiations negotiations;
	struct buf plain, cipher;
	size_t to_send, received;
};

static struct device_key *key;

static void on_deliver(void *owner, const struct record *record)
{
	struct end *e = owner;

	e->received += record->len;
}

static bool on_fill(void *owner)
{
	static const char zeros[RECORD_PAYLOAD_MAX];
	struct end *e = owner;
	size_t n = link_fill_size(&e->link);

	if (!e->to_send)
		return false;
	n = n < e->to_send ? n : e->to_send;
	e->to_send -= n;
	return link_send(&e->link, RECORD_DATA, zeros, n);
}

static void on_ended(void *owner, const char *reason)
{
	ok(false, "a link ended: %s", reason);
}

static const struct link_events link_events = {
	.up = nothing_up,
	.down = nothing,
	.deliver = on_deliver,
	.fill = on_fill,
	.ended = on_ended,
	.kick = nothing,
};

static const struct negotiation_events negotiation_events;

static struct end *end_create(bool client)
{
	static const struct link_ends both = { "somebody@example.org", "somebody@example.org" };
	struct end *e = xcalloc(1, sizeof(*e));
	uint8_t id[LINK_ID_BYTES] = { 0 }, instance[INSTANCE_BYTES] = { client };

	e->tls = tls_create(key, client, NULL, &e->cipher);
	link_init(&e->link, &link_events, e, id, instance, &both, "a peer");
	channels_init(&e->channels, &e->link, client);
	negotiations_init(&e->negotiations, &negotiation_events, e, &e->channels);
	return e;
}

static void end_destroy(struct end *e)
{
	negotiations_finish(&e->negotiations, "over", 1);
	channels_finish(&e->channels, "over");
	link_finish(&e->link);
	tls_destroy(e->tls);
	buf_finish(&e->plain);
	buf_finish(&e->cipher);
	free(e);
}

/* What one end has to say, encrypted and decrypted; false if that was nothing. */
static bool carry(struct end *from, struct end *to, uint64_t now)
{
	struct buf plain = { 0 };

	if (from->link.state != LINK_IDLE) {
		link_output(&from->link, &plain, 64 * 1024, now);
		tls_write(from->tls, buf_data(&plain), buf_len(&plain));
		buf_finish(&plain);
	}
	if (!buf_len(&from->cipher))
		return false;
	tls_input(to->tls, buf_data(&from->cipher), buf_len(&from->cipher), &to->plain);
	if (buf_len(&to->plain))
		link_input(&to->link, &to->plain, now);
	/* As a path does. */
	buf_finish(&from->cipher);
	if (!buf_len(&to->plain))
		buf_finish(&to->plain);
	return true;
}

static void settle(struct end *a, struct end *b, uint64_t now)
{
	bool more = true;

	while (more) {
		more = carry(a, b, now);
		more |= carry(b, a, now);
		link_tick(&a->link, now);
		link_tick(&b->link, now);
	}
}

static void connect(struct end *a, struct end *b)
{
	settle(a, b, 1000);
	link_attach(&b->link, false, 1000);
	link_attach(&a->link, true, 1000);
	settle(a, b, 1000);
}

/* A pack goes over it, is acknowledged, and then the two ask each other whether they are there. */
static void use(struct end *a, struct end *b)
{
	uint64_t now = 1000;

	a->to_send = BURST;
	settle(a, b, now);
	for (int i = 0; i < 3; i++) {
		now += LINK_PING_IDLE;
		link_tick(&a->link, now);
		link_tick(&b->link, now);
		settle(a, b, now);
	}
}

static void test_links(void)
{
	struct end *a[LINKS], *b[LINKS];
	size_t before, each;

	key = device_key_generate();
	/* The first one makes what all share. */
	a[0] = end_create(true);
	b[0] = end_create(false);
	connect(a[0], b[0]);
	before = in_use();
	for (int i = 1; i < LINKS; i++) {
		a[i] = end_create(true);
		b[i] = end_create(false);
		connect(a[i], b[i]);
	}
	is_int(a[LINKS - 1]->link.state, LINK_UP, "links come up");
	each = (in_use() - before) / (2 * (LINKS - 1));
	ok(each <= LINK_MAX, "one end of a link costs %zu bytes, at most %d", each, LINK_MAX);
	for (int i = 1; i < LINKS; i++)
		use(a[i], b[i]);
	is_int(b[LINKS - 1]->received, BURST, "they carry some megabytes");
	each = (in_use() - before) / (2 * (LINKS - 1));
	ok(each <= LINK_MAX, "at rest again it costs %zu bytes", each);
	for (int i = 0; i < LINKS; i++) {
		end_destroy(a[i]);
		end_destroy(b[i]);
	}
	device_key_destroy(key);
}

int main(void)
{
	/* Its buffer would be counted. */
	setvbuf(stdout, NULL, _IONBF, 0);
	if (!allocator_tells()) {
		puts("1..0 # SKIP this allocator does not tell how much is in use");
		return 0;
	}
	test_devices();
	test_links();
	return tap_done();
}
