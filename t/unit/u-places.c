/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who finds a place among pending devices, and among those who want to be a
 * buddy, however many others do.
 */
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "presence.h"
#include "tap.h"
#include "trust.h"

/* The 64 digits of a fingerprint; fp() is that of a number. */
#define KEY "00000000000000000000000000000000000000000000000000000000000000"

static const unsigned char *fp(unsigned n)
{
	static unsigned char bytes[FINGERPRINT_BYTES];

	memset(bytes, 0, sizeof(bytes));
	bytes[0] = n >> 8;
	bytes[31] = n;
	return bytes;
}

static struct trust *read_back(const char *text)
{
	struct trust *t = trust_create();

	trust_parse(t, text, strlen(text));
	return t;
}

static bool meet(struct trust *t, const char *jid, unsigned key, uint64_t now)
{
	bool changed;

	trust_observe(t, jid, fp(key), now, &changed);
	return changed;
}

static unsigned pending_of(const struct trust *t, const char *jid)
{
	unsigned count = 0;

	for (const struct trusted_device *d = trust_first(t); d; d = d->next)
		count += d->state == TRUST_PENDING && (!jid || !strcmp(d->jid, jid));
	return count;
}

/* One who shows one key after the other. */
static void test_one_jid(void)
{
	struct trust *t =
		read_back("alice@example.org 01" KEY " seen 1\nbob@example.org 02" KEY " seen 1\n");

	for (unsigned i = 0; i < 100; i++)
		meet(t, "eve@evil.example", i, 1000);
	is_int(pending_of(t, "eve@evil.example"), 2,
	       "who is not trusted holds a part of the half that all of those have");
	ok(meet(t, "carol@evil.example", 200, 1000),
	   "another one of the same server finds a place");
	ok(meet(t, "carol@good.example", 200, 1000), "one of another server as well");
	for (unsigned i = 0; i < 100; i++)
		meet(t, "bob@example.org", 300 + i, 1000);
	ok(pending_of(t, "bob@example.org") <= PENDING_DEVICES_MAX / 2,
	   "who has a trusted device holds half at most");
	ok(meet(t, "alice@example.org", 500, 1000),
	   "and leaves room for the second machine of another");
	ok(!meet(t, "bob@example.org", 600, 1000 + PENDING_SETTLED - 1),
	   "the next key of theirs does not drive out one met just now");
	ok(meet(t, "bob@example.org", 600, 1000 + PENDING_SETTLED), "but one that was met before");
	ok(trust_lookup(t, "bob@example.org", fp(300)) == TRUST_UNKNOWN, "which is the oldest");
	ok(trust_lookup(t, "alice@example.org", fp(500)) == TRUST_PENDING, "of their own");
	trust_destroy(t);
}

/* A server that makes as many JIDs as it likes. */
static void test_one_domain(void)
{
	struct trust *t = trust_create();
	char jid[64];

	for (unsigned i = 0; i < 100; i++) {
		snprintf(jid, sizeof(jid), "e%u@evil.example", i);
		meet(t, jid, i, 1000);
	}
	is_int(pending_of(t, NULL), PENDING_DEVICES_MAX / 4,
	       "a server's JIDs share what one domain may hold");
	ok(meet(t, "carol@good.example", 200, 1000) && pending_of(t, "carol@good.example") == 1,
	   "and another server's find places");
	trust_destroy(t);
}

static void test_restart(void)
{
	struct trust *t = trust_create(), *again;
	struct buf text = { 0 };

	for (unsigned i = 0; i < 100; i++)
		meet(t, "eve@evil.example", i, 1000);
	trust_write(t, &text);
	again = read_back(buf_str(&text));
	is_int(pending_of(again, "eve@evil.example"), 2, "what was written is there again");
	ok(!meet(again, "eve@evil.example", 200, 1000), "and counts");
	trust_destroy(t);
	trust_destroy(again);
	buf_finish(&text);

	t = read_back("eve@evil.example 03" KEY " pending 1\neve@evil.example 04" KEY " pending 1\n"
		      "eve@evil.example 05" KEY " pending 1\nbob@example.org 02" KEY
		      " pending 1\n");
	is_int(pending_of(t, NULL), 4, "what was kept by another rule stays");
	trust_destroy(t);
}

static bool wants(struct presence *p, const char *jid)
{
	return presence_pending_in(p, jid) != NULL;
}

static unsigned strangers(const struct presence *p)
{
	unsigned count = 0;

	for (const struct buddy *b = presence_buddies(p); b; b = b->next)
		count += b->pending_in && !b->in_roster;
	return count;
}

static void test_strangers(void)
{
	struct presence *p = presence_create();
	char jid[64];

	presence_roster_item(p, "friend@evil.example", SUBSCRIPTION_NONE, true, false);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(jid, sizeof(jid), "s%u@evil.example", i);
		ok(wants(p, jid), "every stranger is noted, for a while");
	}
	is_int(strangers(p), STRANGERS_MAX / 2, "one domain holds half of the places");
	ok(!presence_buddy(p, "s0@evil.example") && presence_buddy(p, "s99@evil.example"),
	   "its oldest ones made room");
	ok(wants(p, "s99@evil.example"), "asking again is no new one");
	is_int(strangers(p), STRANGERS_MAX / 2, "nor takes a place");
	ok(wants(p, "carol@good.example"), "one of another server finds a place");
	for (unsigned i = 0; i < 7; i++) {
		snprintf(jid, sizeof(jid), "s@d%u.example", i);
		ok(wants(p, jid), "so do others");
	}
	is_int(strangers(p), STRANGERS_MAX, "until all are taken");
	ok(wants(p, "dave@new.example"), "then the domain that holds most makes room");
	ok(presence_buddy(p, "carol@good.example") != NULL, "and nobody else");
	ok(presence_buddy(p, "friend@evil.example") != NULL,
	   "whom the user asked is pushed out by nobody");
	presence_roster_item(p, "carol@good.example", SUBSCRIPTION_FROM, false, false);
	presence_roster_item(p, "s99@evil.example", SUBSCRIPTION_NONE, false, true);
	is_int(strangers(p), STRANGERS_MAX - 2, "who is answered holds no place any more");
	presence_destroy(p);
}

int main(void)
{
	test_one_jid();
	test_one_domain();
	test_restart();
	test_strangers();
	return tap_done();
}
