/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device says of its person's other devices, and what may follow from it. */
#include <stdlib.h>

#include "tap.h"
#include "vouching.h"

#define ALICE "alice@example.org"
#define BOB   "bob@example.org"
#define CAROL "carol@example.org"

enum { OWN = 200 };

static unsigned char keys[256][FINGERPRINT_BYTES];
static struct word_effect effect;
static uint64_t now = 1000;

static const unsigned char *fp(unsigned n)
{
	keys[n][0] = keys[n][31] = (unsigned char)n;
	return keys[n];
}

/* A device of bob in this state. */
static void put(struct trust *t, unsigned key, enum trust_state state)
{
	bool changed;

	if (state == TRUST_SEEN) {
		trust_invite(t, BOB, now);
		trust_observe(t, BOB, fp(key), now, &changed);
		return;
	}
	trust_observe(t, BOB, fp(key), now, &changed);
	if (state == TRUST_VERIFIED)
		trust_verify(t, BOB, fp(key), now);
	else if (state == TRUST_DISTRUSTED)
		trust_distrust(t, BOB, fp(key), now);
}

static int state(const struct trust *t, unsigned key)
{
	return trust_lookup(t, BOB, fp(key));
}

/* The device `from` of bob says that it vouches for one list and revokes another; 0 ends each. */
static void says(struct trust *t, unsigned from, const unsigned *vouches, const unsigned *revokes)
{
	struct device_word word = { 0 };

	for (; vouches && *vouches; vouches++)
		memcpy(word.vouches[word.vouch_count++], fp(*vouches), FINGERPRINT_BYTES);
	for (; revokes && *revokes; revokes++)
		memcpy(word.revokes[word.revoke_count++], fp(*revokes), FINGERPRINT_BYTES);
	trust_hear(t, BOB, fp(from), &word, fp(OWN), ++now, &effect);
}

#define KEYS(...) ((const unsigned[]){ __VA_ARGS__, 0 })

static bool lost(unsigned key)
{
	for (unsigned i = 0; i < effect.lost_count; i++)
		if (!memcmp(effect.lost[i], fp(key), FINGERPRINT_BYTES))
			return true;
	return false;
}

static void t_vouching(void)
{
	struct trust *t = trust_create();
	bool changed;

	put(t, 1, TRUST_VERIFIED);
	says(t, 1, KEYS(2), NULL);
	is_int(state(t, 2), TRUST_VOUCHED, "a verified device vouches for one that never came");
	is_int(effect.vouched_count, 1, "which is said");
	is_int(trust_observe(t, BOB, fp(2), now, &changed), TRUST_VOUCHED, "it comes");
	ok(trust_note_seen(t, BOB, fp(2), now), "and was seen");
	put(t, 3, TRUST_PENDING);
	says(t, 1, KEYS(2, 3), NULL);
	is_int(state(t, 3), TRUST_VOUCHED, "one that waits is admitted");
	says(t, 2, KEYS(2, 4), NULL);
	is_int(state(t, 4), TRUST_UNKNOWN, "a device that is vouched for cannot vouch");
	says(t, 1, KEYS(3), NULL);
	is_int(state(t, 2), TRUST_PENDING, "whom it vouches for no more waits again");
	ok(lost(2) && !lost(3), "and has lost what it had");
	says(t, 1, KEYS(2, 3, 5), NULL);
	says(t, 1, KEYS(2, 3), NULL);
	is_int(state(t, 5), TRUST_UNKNOWN, "one that never came is forgotten");
	trust_distrust(t, BOB, fp(1), now);
	ok(state(t, 2) == TRUST_PENDING && state(t, 3) == TRUST_PENDING,
	   "with the voucher both lose what they had");
	says(t, 1, KEYS(2), NULL);
	is_int(state(t, 2), TRUST_PENDING, "a distrusted one is not listened to");
	trust_destroy(t);

	t = trust_create();
	put(t, 1, TRUST_SEEN);
	says(t, 1, KEYS(2), NULL);
	is_int(state(t, 2), TRUST_UNKNOWN, "a device that was only the first cannot vouch");
	trust_verify(t, BOB, fp(1), now);
	says(t, 1, KEYS(2, 3), NULL);
	is_int(state(t, 2), TRUST_VOUCHED, "once verified it can");
	trust_verify(t, BOB, fp(2), now);
	says(t, 1, NULL, NULL);
	is_int(state(t, 2), TRUST_VERIFIED, "what the user has compared needs no voucher");
	says(t, 2, KEYS(4), NULL);
	is_int(state(t, 4), TRUST_VOUCHED, "and vouches itself");
	trust_suspend(t, BOB, now);
	ok(state(t, 1) == TRUST_SUSPENDED && state(t, 4) == TRUST_SUSPENDED,
	   "removing bob suspends all of them");
	trust_verify(t, BOB, fp(1), now);
	says(t, 1, KEYS(4), NULL);
	is_int(state(t, 4), TRUST_SUSPENDED, "a word does not bring back what was suspended");
	trust_destroy(t);

	t = trust_create();
	put(t, 1, TRUST_VERIFIED);
	put(t, 2, TRUST_DISTRUSTED);
	put(t, 3, TRUST_PENDING);
	put(t, 4, TRUST_VERIFIED);
	says(t, 4, NULL, KEYS(3));
	says(t, 1, KEYS(2, 3), NULL);
	is_int(state(t, 2), TRUST_DISTRUSTED, "nor what the user threw out");
	is_int(state(t, 3), TRUST_REVOKED, "nor what was revoked");
	trust_observe(t, CAROL, fp(5), now, &changed);
	says(t, 1, KEYS(5, OWN), NULL);
	is_int(state(t, 5), TRUST_UNKNOWN, "nor is a key of somebody else admitted");
	is_int(state(t, OWN), TRUST_UNKNOWN, "nor our own");
	says(t, 1, KEYS(6), KEYS(6));
	is_int(state(t, 6), TRUST_REVOKED, "to vouch for it and to revoke it is to revoke it");
	trust_destroy(t);
}

static void t_revoking(void)
{
	struct trust *t = trust_create();

	put(t, 1, TRUST_VERIFIED);
	put(t, 2, TRUST_VERIFIED);
	says(t, 1, KEYS(4), NULL);
	says(t, 2, NULL, KEYS(1));
	is_int(state(t, 1), TRUST_REVOKED, "a verified device throws out another");
	is_int(state(t, 4), TRUST_UNKNOWN, "and with it whom that had vouched for");
	ok(lost(1) && lost(4) && effect.revoked_count == 1, "both are said");
	says(t, 2, NULL, NULL);
	is_int(state(t, 1), TRUST_REVOKED, "to say it no more does not bring it back");
	is_int(trust_invite(t, BOB, now), TRUST_COMPARE, "nor does add");
	says(t, 1, KEYS(5), KEYS(2));
	is_int(state(t, 2), TRUST_REVOKED, "of two that revoke each other neither is trusted");
	is_int(state(t, 5), TRUST_UNKNOWN, "and none of them vouches");
	trust_verify(t, BOB, fp(2), now);
	says(t, 1, NULL, KEYS(2));
	is_int(state(t, 2), TRUST_VERIFIED, "the one that the user verifies stays");
	is_int(state(t, 1), TRUST_REVOKED, "and the other is out");
	trust_verify(t, BOB, fp(1), now);
	says(t, 1, NULL, KEYS(2));
	is_int(state(t, 2), TRUST_VERIFIED, "what the user has overruled is not believed again");
	says(t, 1, NULL, NULL);
	says(t, 1, NULL, KEYS(2));
	is_int(state(t, 2), TRUST_REVOKED, "but a second loss is");
	trust_destroy(t);

	t = trust_create();
	put(t, 1, TRUST_SEEN);
	put(t, 2, TRUST_VERIFIED);
	put(t, 3, TRUST_PENDING);
	says(t, 2, KEYS(4), NULL);
	says(t, 1, NULL, KEYS(2, 3, 4));
	is_int(state(t, 2), TRUST_VERIFIED, "the first to come does not throw out a verified one");
	is_int(state(t, 4), TRUST_VOUCHED, "nor one for which that vouches");
	is_int(state(t, 3), TRUST_REVOKED, "but one that waits");
	says(t, 2, KEYS(4), KEYS(1));
	is_int(state(t, 1), TRUST_REVOKED, "it is thrown out by it");
	says(t, 1, NULL, KEYS(2));
	is_int(state(t, 2), TRUST_VERIFIED, "and cannot answer in kind");
	trust_destroy(t);

	t = trust_create();
	put(t, 1, TRUST_VERIFIED);
	put(t, 2, TRUST_VERIFIED);
	put(t, 3, TRUST_VERIFIED);
	says(t, 1, KEYS(4), NULL);
	says(t, 4, NULL, KEYS(2));
	is_int(state(t, 2), TRUST_REVOKED, "a device that is vouched for can throw out a verified");
	says(t, 2, NULL, KEYS(3));
	is_int(state(t, 3), TRUST_VERIFIED, "what was revoked throws out nobody else");
	says(t, 4, NULL, KEYS(1));
	is_int(state(t, 1), TRUST_REVOKED, "whoever throws out its own voucher");
	ok(!trust_allows(state(t, 4)), "loses what it had by it");
	trust_destroy(t);

	t = trust_create();
	put(t, 1, TRUST_VERIFIED);
	put(t, 2, TRUST_PENDING);
	put(t, 3, TRUST_DISTRUSTED);
	says(t, 2, NULL, KEYS(1));
	says(t, 3, NULL, KEYS(1));
	says(t, 7, NULL, KEYS(1));
	is_int(state(t, 1), TRUST_VERIFIED, "who is not trusted throws out nobody");
	says(t, 1, NULL, KEYS(3, 8));
	is_int(state(t, 3), TRUST_DISTRUSTED, "what the user threw out stays so");
	is_int(state(t, 8), TRUST_REVOKED, "a key that never came is known as revoked");
	says(t, 1, KEYS(2), KEYS(1));
	is_int(state(t, 1), TRUST_REVOKED, "a device can retire itself");
	is_int(state(t, 2), TRUST_PENDING, "and vouches no more then");
	trust_destroy(t);
}

/* A sibling may vouch that has not heard yet. */
static void t_unmet(void)
{
	struct trust *t = trust_create();
	struct buf file = { 0 };
	bool changed;

	put(t, 1, TRUST_VERIFIED);
	put(t, 2, TRUST_VERIFIED);
	put(t, 3, TRUST_PENDING);
	says(t, 1, NULL, KEYS(5));
	ok(effect.noted && !effect.revoked_count, "a key that never came is revoked: to be saved");
	says(t, 2, KEYS(5), NULL);
	is_int(state(t, 5), TRUST_REVOKED, "a sibling that has not heard does not bring it in");
	trust_write(t, &file);
	trust_destroy(t);
	t = trust_create();
	is_int(trust_parse(t, buf_str(&file), buf_len(&file)), 0, "that is kept");
	says(t, 2, KEYS(5), NULL);
	is_int(trust_observe(t, BOB, fp(5), now, &changed), TRUST_REVOKED,
	       "and holds when it comes");
	says(t, 1, NULL, KEYS(5));
	ok(!effect.noted && !effect.revoked_count, "to say it again changes nothing");
	says(t, 3, NULL, KEYS(6));
	is_int(state(t, 6), TRUST_UNKNOWN, "a device that waits has no say in it");
	trust_observe(t, CAROL, fp(7), now, &changed);
	says(t, 1, NULL, KEYS(7, OWN));
	ok(state(t, 7) == TRUST_UNKNOWN && state(t, OWN) == TRUST_UNKNOWN,
	   "nor is it for keys of others");
	says(t, 1, NULL, KEYS(11, 12, 13, 14, 15, 16, 17));
	ok(state(t, 13) == TRUST_REVOKED && state(t, 14) == TRUST_UNKNOWN,
	   "such keys take a few places only");
	for (unsigned key = 21; key < 61; key += 8) {
		const unsigned all[] = { key, key + 1, key + 2, key + 3, key + 4, 0 };

		says(t, 1, all, NULL);
		says(t, 1, NULL, all);
	}
	is_int(trust_observe(t, BOB, fp(9), now, &changed), TRUST_PENDING, "a device comes");
	is_int(state(t, 9), TRUST_PENDING, "for which no word has left too little room");
	says(t, 2, NULL, KEYS(1));
	says(t, 1, NULL, KEYS(2, 18));
	is_int(state(t, 18), TRUST_UNKNOWN, "who was revoked speaks of no third one");
	buf_finish(&file);
	trust_destroy(t);
}

static void t_own(void)
{
	struct trust *t = trust_create();
	struct device_word word;
	bool changed;

	trust_observe(t, BOB, fp(20), now, &changed);
	trust_observe(t, ALICE, fp(1), now, &changed);
	device_word_compose(&word, t, ALICE, fp(OWN), BOB, fp(20));
	ok(!word.vouch_count && !word.revoke_count && !word.compared && !*word.name,
	   "a device has nothing to say about those that wait");
	trust_verify(t, BOB, fp(20), now);
	trust_verify(t, ALICE, fp(1), now);
	trust_observe(t, ALICE, fp(2), now, &changed);
	trust_distrust(t, ALICE, fp(2), now);
	trust_observe(t, ALICE, fp(3), now, &changed);
	trust_observe(t, ALICE, fp(5), now, &changed);
	trust_name_self(t, "desk", now);
	trust_note_told(t, BOB, fp(20));
	ok(trust_retire(t, ALICE, fp(3), fp(OWN), now), "a device is retired");
	ok(!trust_retire(t, ALICE, fp(3), fp(OWN), now), "once");
	ok(!trust_device(t, BOB, fp(20))->told, "and everybody has to be told");
	word = (struct device_word){ .vouch_count = 1 };
	memcpy(word.vouches[0], fp(4), FINGERPRINT_BYTES);
	trust_hear(t, ALICE, fp(1), &word, fp(OWN), now, &effect);
	is_int(trust_lookup(t, ALICE, fp(4)), TRUST_VOUCHED, "an own device is vouched for");
	device_word_compose(&word, t, ALICE, fp(OWN), BOB, fp(20));
	is_str(word.name, "desk", "the name is said");
	ok(word.compared, "and that it was compared");
	ok(word.vouch_count == 1 && !memcmp(word.vouches[0], fp(1), FINGERPRINT_BYTES),
	   "it vouches for what was verified here, and for nothing on the word of another");
	is_int(word.revoke_count, 2, "it revokes what was retired or distrusted here");
	word = (struct device_word){ .revoke_count = 2 };
	memcpy(word.revokes[0], fp(5), FINGERPRINT_BYTES);
	memcpy(word.revokes[1], fp(1), FINGERPRINT_BYTES);
	trust_hear(t, ALICE, fp(1), &word, fp(OWN), now, &effect);
	device_word_compose(&word, t, ALICE, fp(OWN), BOB, fp(20));
	is_int(word.revoke_count, 3, "and what retired itself, but not what another one revoked");
	is_int(trust_lookup(t, ALICE, fp(5)), TRUST_REVOKED, "which is revoked here all the same");
	ok(trust_retire_self(t, now), "this device is retired");
	device_word_compose(&word, t, ALICE, fp(OWN), BOB, fp(20));
	ok(word.revoke_count == 1 && !memcmp(word.revokes[0], fp(OWN), FINGERPRINT_BYTES) &&
		   !word.vouch_count,
	   "then it has that to say, and nothing else");
	trust_destroy(t);
}

static struct fields view(const struct buf *b)
{
	return (struct fields){ buf_data(b), buf_len(b) };
}

static void t_wire(void)
{
	static const char *const bad_names[] = {
		"", " x", "x ", "a\nb", "a\x1b[31mb", "a\xe2\x80\xae" "b", "a\xe2\x80\x8b" "b",
		"a\xff" "b", "\xc2\xa0", "a\xef\xbb\xbf", "x\xc2\xad",
		"0123456789012345678901234567890123456789012345678901234567890123",
	};
	static const char *const good_names[] = {
		"x", "Bob's laptop", "B\xc3\xbcro", "\xe6\x9c\xba", "a=b",
		"012345678901234567890123456789012345678901234567890123456789012",
	};
	struct device_word word = { .compared = true, .vouch_count = 1, .revoke_count = 1 }, back;
	char hex[2 * FINGERPRINT_BYTES + 1];
	struct buf out = { 0 };
	const char *why = NULL;

	strcpy(word.name, "desk");
	memcpy(word.vouches[0], fp(1), FINGERPRINT_BYTES);
	memcpy(word.revokes[0], fp(2), FINGERPRINT_BYTES);
	device_word_put(&word, &out);
	ok(device_word_parse(view(&out), &back, &why) && !memcmp(&word, &back, sizeof(word)),
	   "what is said is understood");
	buf_reset(&out);
	for (unsigned i = 0; i < 40; i++) {
		fields_addf(&out, "vouches", "%064x", i);
		fields_addf(&out, "revokes", "%064x", i);
		fields_addf(&out, "revokes", "%064x", i);
	}
	ok(device_word_parse(view(&out), &back, &why) && back.vouch_count == DEVICE_VOUCHES_MAX &&
		   back.revoke_count == DEVICE_REVOKES_MAX,
	   "what is too many is passed over");
	for (size_t i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++) {
		buf_reset(&out);
		fields_add(&out, "name", bad_names[i]);
		ok(device_word_parse(view(&out), &back, &why) && !*back.name,
		   "bad name %zu is none", i);
	}
	for (size_t i = 0; i < sizeof(good_names) / sizeof(good_names[0]); i++) {
		buf_reset(&out);
		fields_add(&out, "name", good_names[i]);
		device_word_parse(view(&out), &back, &why);
		is_str(back.name, good_names[i], "a good name is kept");
	}
	for (unsigned i = 0; i < 4; i++) {
		static const char *const bad[] = { "", "00", "x", "g" };

		buf_reset(&out);
		snprintf(hex, sizeof(hex), "%063d", 0);
		fields_addf(&out, i % 2 ? "vouches" : "revokes", "%s%s", i < 2 ? "" : hex, bad[i]);
		ok(!device_word_parse(view(&out), &back, &why) && why, "bad key %u is a fault", i);
	}
	buf_finish(&out);
}

/* A name is taken from a device that is trusted, and two may be alike. */
static void t_names(void)
{
	struct trust *t = trust_create();
	struct device_word word = { .compared = true };

	put(t, 1, TRUST_VERIFIED);
	put(t, 2, TRUST_VERIFIED);
	put(t, 3, TRUST_PENDING);
	strcpy(word.name, "laptop");
	for (unsigned i = 1; i <= 3; i++)
		trust_hear(t, BOB, fp(i), &word, fp(OWN), now, &effect);
	is_str(trust_device(t, BOB, fp(1))->name, "laptop", "a name is kept");
	is_str(trust_device(t, BOB, fp(2))->name, "laptop", "another device may have it, too");
	ok(!trust_device(t, BOB, fp(3))->name, "one that waits has none");
	trust_hear(t, BOB, fp(1), &word, fp(OWN), now, &effect);
	ok(!effect.noted && !effect.now_compared, "saying it again changes nothing");
	word = (struct device_word){ 0 };
	trust_hear(t, BOB, fp(1), &word, fp(OWN), now, &effect);
	ok(effect.noted && !trust_device(t, BOB, fp(1))->name, "it can be taken away");
	trust_destroy(t);
}

/*
 * Whatever the devices say, in whatever order: who was not trusted by the user, nor vouched
 * for by one that is verified, is not trusted; and what the user threw out does not return.
 */
static void t_random(void)
{
	unsigned bad = 0;

	srand(13);
	for (unsigned round = 0; round < 2000; round++) {
		struct trust *t = trust_create();
		bool out[10] = { false };

		for (unsigned step = 0; step < 60; step++) {
			unsigned from = 1 + rand() % 8, a = 1 + rand() % 8, b = 1 + rand() % 8;
			int before[10];

			for (unsigned i = 1; i < 10; i++)
				before[i] = state(t, i);
			switch (rand() % 8) {
			case 0:
				put(t, from, TRUST_PENDING);
				break;
			case 1:
				out[from] &= !trust_verify(t, BOB, fp(from), now);
				continue;
			case 2:
				if (rand() % 4)
					break;
				trust_distrust(t, BOB, fp(from), now);
				break;
			case 3:
				says(t, from, KEYS(a, b), NULL);
				break;
			case 4:
				says(t, from, KEYS(a), KEYS(b));
				break;
			default:
				says(t, from, NULL, KEYS(a));
			}
			for (unsigned i = 1; i < 10; i++) {
				int s = state(t, i);
				const struct trusted_device *d = trust_device(t, BOB, fp(i));

				out[i] |= trust_rejects(s);
				bad += out[i] && trust_allows(s);
				bad += trust_allows(s) && !trust_allows(before[i]) &&
				       (s != TRUST_VOUCHED ||
					trust_lookup(t, BOB, d->by) != TRUST_VERIFIED);
				bad += s == TRUST_VOUCHED &&
				       trust_lookup(t, BOB, d->by) != TRUST_VERIFIED;
			}
		}
		trust_destroy(t);
	}
	is_int(bad, 0, "no order of words trusts anybody whom the user did not");
}

int main(void)
{
	t_vouching();
	t_revoking();
	t_unmet();
	t_own();
	t_wire();
	t_names();
	t_random();
	return tap_done();
}
