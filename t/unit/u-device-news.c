/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The devices are those of bob and carol, and an own one of alice; their links are made up.
 * What is said on a link, and what happened by it, is written down.
 */
#include "device-news.h"

#include <stdlib.h>

#include "alloc.h"
#include "hex.h"
#include "meeting.h"
#include "peer.h"
#include "tap.h"

#define ALICE "alice@x.org"
#define BOB   "bob@x.org"

enum { OWN = 200, PEERS = 40 };

static struct context context;
static struct peers peers;
static struct device_news *news;
static struct buf trace;
static uint64_t now;
static bool disk_fails, link_full;
static struct buf kept;

static struct peer devices[PEERS];
static unsigned wanted;
static uint64_t queued[PEERS], acked[PEERS];

static const unsigned char *fp(unsigned n)
{
	static unsigned char keys[256][FINGERPRINT_BYTES];

	keys[n][0] = keys[n][31] = (unsigned char)n;
	return keys[n];
}

static void note(const char *fmt, unsigned n)
{
	buf_printf(&trace, fmt, n);
}

static void expect(const char *expected, const char *what)
{
	is_str(buf_str(&trace), expected, what);
	buf_reset(&trace);
}

static struct peer *on_find(const struct peers *all, const char *jid, const char *device)
{
	for (unsigned i = 0; i < PEERS; i++)
		if (devices[i].jid && !strcmp(devices[i].jid, jid) &&
		    !strcmp(devices[i].device, device))
			return &devices[i];
	return NULL;
}

/* A peer is there from now on, and its link not up. */
static struct peer *on_want(struct peers *all, const char *jid, const char *device)
{
	const struct trusted_device *d = trust_devices(context.trust, jid);
	char id[DEVICE_ID_LEN + 1];

	for (; d; d = d->sibling) {
		device_id_of(d->fp, id);
		if (strcmp(id, device))
			continue;
		wanted++;
		devices[d->fp[0]].jid = strcmp(jid, BOB) ? (char *)ALICE : (char *)BOB;
		strcpy(devices[d->fp[0]].device, device);
		memcpy(devices[d->fp[0]].fp, d->fp, FINGERPRINT_BYTES);
		return &devices[d->fp[0]];
	}
	return NULL;
}

static void on_end(struct peer *p, const char *reason)
{
	note("end %u;", p->fp[0]);
	device_news_ended(news, p);
	p->jid = NULL;
}

static uint64_t on_say(struct peer *p, enum record_type type, const struct buf *fields)
{
	struct fields f = { buf_data(fields), buf_len(fields) };
	const char *key, *value;
	size_t pos = 0, n;

	if (link_full || type != RECORD_DEVICE)
		return 0;
	queued[p->fp[0]]++;
	note("to %u:", p->fp[0]);
	while (fields_next(f, &pos, &key, &n, &value))
		buf_printf(&trace, " %.*s=%.2s", (int)n, key, value);
	buf_puts(&trace, ";");
	return queued[p->fp[0]];
}

static bool on_acknowledged(const struct peer *p, uint64_t number)
{
	return acked[p->fp[0]] >= number;
}

static uint64_t on_now(void *owner)
{
	return now;
}

static uint64_t on_time(void *owner)
{
	return 1000 + now / 1000;
}

static struct meeting *on_meet(struct peers *all, const char *full, const char *device,
			       const struct meeting_kind *kind)
{
	buf_printf(&trace, "%s;", kind->name);
	return NULL;
}

static const struct peers_ops made_up = {
	.find = on_find,
	.want = on_want,
	.say = on_say,
	.acknowledged = on_acknowledged,
	.meet = on_meet,
	.end = on_end,
};

static const struct context_ops context_ops = { .now = on_now, .time = on_time };

static void on_remember(void *arg)
{
	buf_reset(&kept);
	trust_write(context.trust, &kept);
}

/* What was remembered is good for one time. */
static bool on_keep(void *arg)
{
	bool good = !disk_fails;

	if (!good) {
		trust_destroy(context.trust);
		context.trust = trust_create();
		trust_parse(context.trust, buf_str(&kept), buf_len(&kept));
	}
	buf_reset(&kept);
	return good;
}

static void on_save(void *arg)
{
	buf_puts(&trace, "save;");
}

static void on_vouched(void *arg, const char *jid, const unsigned char *d, const unsigned char *by)
{
	note("vouched %u", d[0]);
	note(" by %u;", by[0]);
}

static void on_lost(void *arg, const char *jid, const unsigned char *d, const unsigned char *by)
{
	note("lost %u;", d[0]);
	if (devices[d[0]].jid)
		on_end(&devices[d[0]], "untrusted");
}

static void on_revoked(void *arg, const char *jid, const unsigned char *d, const unsigned char *by)
{
	note("revoked %u", d[0]);
	note(" by %u;", by[0]);
}

static void on_compared(void *arg, const char *jid, const unsigned char *d)
{
	note("compared by %u;", d[0]);
}

static const struct device_news_ops ops = {
	.remember = on_remember,
	.keep = on_keep,
	.save = on_save,
	.vouched = on_vouched,
	.lost = on_lost,
	.revoked = on_revoked,
	.compared = on_compared,
};

static void begin(void)
{
	now = 1000;
	disk_fails = false;
	wanted = 0;
	memset(devices, 0, sizeof(devices));
	memset(queued, 0, sizeof(queued));
	memset(acked, 0, sizeof(acked));
	context = (struct context){ .ops = &context_ops, .jid = ALICE, .fp = fp(OWN) };
	context.online_at = 1;
	peers = (struct peers){ .ops = &made_up };
	timers_init(&context.timers);
	context.trust = trust_create();
	context.presence = presence_create();
	context.blocked = blocklist_create();
	presence_roster_item(context.presence, BOB, SUBSCRIPTION_BOTH, false, false);
	presence_roster_item(context.presence, ALICE, SUBSCRIPTION_BOTH, false, false);
	news = device_news_create(&context, &peers, &ops, NULL);
	buf_reset(&trace);
}

static void finish(void)
{
	device_news_destroy(news);
	is_int(timers_next(&context.timers) == UINT64_MAX, 1, "no timer is left");
	timers_finish(&context.timers);
	trust_destroy(context.trust);
	presence_destroy(context.presence);
	blocklist_destroy(context.blocked);
	buf_reset(&trace);
}

static void meet(const char *jid, unsigned key, enum trust_state state)
{
	bool changed;

	if (state == TRUST_SEEN)
		trust_invite(context.trust, jid, on_time(NULL));
	trust_observe(context.trust, jid, fp(key), on_time(NULL), &changed);
	if (state == TRUST_VERIFIED)
		trust_verify(context.trust, jid, fp(key), on_time(NULL));
}

static void comes_online(const char *jid, unsigned key)
{
	char full[64], id[DEVICE_ID_LEN + 1];
	struct resource *r;

	device_id_of(fp(key), id);
	snprintf(full, sizeof(full), "%s/git.%s", jid, id);
	presence_available(context.presence, full, id, on_time(NULL), &r);
	device_news_appeared(news);
}

static void goes_offline(const char *jid, unsigned key)
{
	char full[64], id[DEVICE_ID_LEN + 1];

	device_id_of(fp(key), id);
	snprintf(full, sizeof(full), "%s/git.%s", jid, id);
	presence_unavailable(context.presence, full, now, id);
}

static void link_up(const char *jid, unsigned key)
{
	char id[DEVICE_ID_LEN + 1];

	device_id_of(fp(key), id);
	if (!devices[key].jid)
		on_want(&peers, jid, id);
	devices[key].link.state = LINK_UP;
	device_news_up(news, &devices[key]);
}

static const char *says(unsigned key, const char *text)
{
	struct record record = { .type = RECORD_DEVICE };
	struct buf fields = { 0 };
	const char *why;
	char hex[2 * FINGERPRINT_BYTES + 1];

	for (; *text; text++) {
		unsigned n = (unsigned)strtoul(text + 1, NULL, 10);

		hex_encode(fp(n), FINGERPRINT_BYTES, hex);
		if (*text == 'v' || *text == 'r')
			fields_add(&fields, *text == 'v' ? "vouches" : "revokes", hex);
		else if (*text == 'c')
			fields_add(&fields, "compared", "1");
		else if (*text == 'n')
			fields_add(&fields, "name", "desk");
		else if (*text == 'x')
			fields_add(&fields, "vouches", "x");
	}
	record.payload = (const uint8_t *)buf_data(&fields);
	record.len = buf_len(&fields);
	why = device_news_record(news, &devices[key], &record);
	buf_finish(&fields);
	return why;
}

static void pass(uint64_t ms)
{
	for (uint64_t end = now + ms; timers_next(&context.timers) <= end;) {
		if (timers_next(&context.timers) > now)
			now = timers_next(&context.timers);
		timers_run(&context.timers, now);
		/* A timer that is due at once runs once, and the clock goes on. */
		now++;
	}
}

static int state(unsigned key)
{
	return trust_lookup(context.trust, BOB, fp(key));
}

static void t_word(void)
{
	begin();
	meet(BOB, 1, TRUST_VERIFIED);
	meet(ALICE, 9, TRUST_VERIFIED);
	link_up(BOB, 1);
	expect("to 1: compared=1 vouches=09;", "our word is said when a link comes up");
	device_news_decided(news, NULL);
	expect("", "and not again while it is the same");
	trust_name_self(context.trust, "desk", now);
	device_news_decided(news, NULL);
	expect("to 1: name=de compared=1 vouches=09;", "but when it has changed");
	is_str(says(1, "x"), "vouches: 64 hex digits", "what is malformed is a fault");
	ok(!says(1, "nc"), "a word is taken");
	expect("save;compared by 1;", "and what it says is told to the user");
	ok(!says(1, "nc"), "taken again");
	expect("", "it changes nothing");
	says(1, "ncv2");
	expect("vouched 2 by 1;", "who is vouched for is trusted once the table is kept");
	disk_fails = true;
	says(1, "ncv2 v3");
	expect("save;", "nobody is who could not be kept");
	ok(state(2) == TRUST_VOUCHED && state(3) == TRUST_UNKNOWN, "and those before stay");
	link_up(BOB, 2);
	says(1, "ncr2");
	expect("to 2: name=de vouches=09;save;lost 2;end 2;revoked 2 by 1;",
	       "who is revoked loses what runs, on a full disk, too");
	finish();

	begin();
	meet(BOB, 1, TRUST_VERIFIED);
	meet(BOB, 2, TRUST_VERIFIED);
	link_up(BOB, 1);
	link_up(BOB, 2);
	says(1, "v3");
	disk_fails = true;
	says(2, "v3 r1");
	ok(state(2) == TRUST_VERIFIED && state(1) == TRUST_REVOKED && state(3) == TRUST_UNKNOWN,
	   "nor does a word on a full disk undo more, that takes over whom another vouched for");
	finish();

	begin();
	meet(BOB, 1, TRUST_SEEN);
	meet(BOB, 2, TRUST_PENDING);
	link_up(BOB, 1);
	buf_reset(&trace);
	says(1, "v2");
	expect("", "the word of a device that was not compared waits");
	trust_verify(context.trust, BOB, fp(1), now);
	device_news_decided(news, BOB);
	expect("vouched 2 by 1;to 1: compared=1;", "and counts when its user has verified it");
	link_up(BOB, 2);
	buf_reset(&trace);
	says(1, "r1");
	expect("save;lost 2;end 2;lost 1;end 1;revoked 1 by 1;",
	       "a device that retires itself takes along whom it vouched for");
	finish();
}

/* Two that revoke each other; the second has no link any more. */
static void t_quarrel(void)
{
	struct device_word word = { .revoke_count = 1 };
	char id[DEVICE_ID_LEN + 1];
	unsigned told = 0;

	begin();
	meet(BOB, 1, TRUST_VERIFIED);
	meet(BOB, 2, TRUST_VERIFIED);
	link_up(BOB, 1);
	link_up(BOB, 2);
	buf_reset(&trace);
	says(1, "r2");
	expect("save;lost 2;end 2;revoked 2 by 1;", "one revokes the other");
	memcpy(word.revokes[0], fp(1), FINGERPRINT_BYTES);
	word.vouch_count = 1;
	memcpy(word.vouches[0], fp(3), FINGERPRINT_BYTES);
	device_news_revokes(news, BOB, fp(2), &word);
	expect("save;lost 1;end 1;revoked 1 by 2;", "which answers in kind");
	device_news_revokes(news, BOB, fp(2), &word);
	device_news_revokes(news, BOB, fp(7), &word);
	expect("", "once, and a stranger is not heard");
	is_int(state(3), TRUST_UNKNOWN, "nor does a revoked one vouch");
	trust_verify(context.trust, BOB, fp(1), now);
	device_news_revokes(news, BOB, fp(2), &word);
	is_int(state(1), TRUST_VERIFIED, "the user decides between them");
	finish();

	begin();
	meet(ALICE, 9, TRUST_VERIFIED);
	meet(BOB, 1, TRUST_VERIFIED);
	comes_online(BOB, 1);
	device_id_of(fp(1), id);
	device_news_refused(news, BOB, id);
	expect("", "who has nothing to revoke says nothing to a device that refuses");
	trust_retire(context.trust, ALICE, fp(9), fp(OWN), on_time(NULL));
	device_news_refused(news, BOB, id);
	device_news_refused(news, BOB, id);
	expect("revoke;", "else it is told in a meeting, once");
	device_news_decided(news, NULL);
	device_news_refused(news, BOB, id);
	expect("revoke;", "and again when that has changed");
	for (unsigned key = 20; key < 120; key++) {
		device_id_of(fp(key), id);
		comes_online(BOB, key);
		device_news_refused(news, BOB, id);
		told += buf_len(&trace) != 0;
		buf_reset(&trace);
		goes_offline(BOB, key);
	}
	is_int(told, 63, "new keys without end are not told");
	finish();
}

static void retire(unsigned key)
{
	trust_retire(context.trust, ALICE, fp(key), fp(OWN), on_time(NULL));
	device_news_decided(news, NULL);
}

static void t_telling(void)
{
	begin();
	meet(ALICE, 9, TRUST_VERIFIED);
	for (unsigned i = 1; i <= 6; i++) {
		meet(BOB, i, TRUST_VERIFIED);
		comes_online(BOB, i);
	}
	meet(BOB, 7, TRUST_VERIFIED);
	meet(BOB, 8, TRUST_PENDING);
	comes_online(BOB, 8);
	pass(1000);
	is_int(wanted, 0, "without a revocation no link is made");
	link_up(BOB, 1);
	buf_reset(&trace);
	retire(9);
	expect("to 1: compared=1 revokes=09;", "a link that is up is told at once");
	pass(100);
	is_int(wanted, 6, "links are made to the trusted devices that are online");
	for (unsigned i = 2; i <= 5; i++)
		link_up(BOB, i);
	buf_reset(&trace);
	pass(5000);
	ok(!trust_device(context.trust, BOB, fp(2))->told, "which has to be acknowledged");
	for (unsigned i = 1; i <= 5; i++) {
		acked[i] = queued[i];
		devices[i].idle_since = i == 3 ? 0 : now;
	}
	pass(2000);
	ok(trust_device(context.trust, BOB, fp(2))->told, "then the device was told");
	expect("end 5;end 4;end 2;", "and a link that was made for it and has no other use ends");
	wanted = 0;
	pass(61 * 1000);
	ok(strstr(buf_str(&trace), "save;"), "what was acknowledged is kept");
	ok(wanted >= 1, "who was not reached is tried again");
	wanted = 0;
	devices[6].jid = NULL;
	comes_online(BOB, 7);
	pass(100);
	is_int(wanted, 1, "who was away is told when it appears");
	link_up(BOB, 7);
	acked[7] = queued[7];
	pass(2000);
	is_int(trust_device(context.trust, BOB, fp(8))->told, 0, "who is not trusted is not told");
	finish();

	begin();
	for (unsigned i = 1; i <= 12; i++) {
		meet(BOB, i, TRUST_VERIFIED);
		comes_online(BOB, i);
	}
	meet(ALICE, 20, TRUST_VERIFIED);
	retire(20);
	pass(100);
	is_int(wanted, DEVICE_NEWS_AT_ONCE, "so many links are made at a time");
	link_up(BOB, 12);
	pass(100);
	is_int(wanted, DEVICE_NEWS_AT_ONCE + 1, "and one more for each that is up");
	finish();
}

/* The link takes no record any more, and ends in a moment. */
static void t_overflow(void)
{
	begin();
	meet(ALICE, 9, TRUST_VERIFIED);
	meet(BOB, 1, TRUST_VERIFIED);
	comes_online(BOB, 1);
	link_up(BOB, 1);
	acked[1] = queued[1];
	link_full = true;
	retire(9);
	pass(2000);
	ok(!trust_device(context.trust, BOB, fp(1))->told, "what was not sent was not told");
	link_full = false;
	finish();
}

static void t_own(void)
{
	begin();
	meet(ALICE, 9, TRUST_VERIFIED);
	meet(ALICE, 8, TRUST_VERIFIED);
	meet(BOB, 1, TRUST_VERIFIED);
	link_up(BOB, 1);
	link_up(ALICE, 9);
	buf_reset(&trace);
	says(9, "r8");
	expect("save;lost 8;revoked 8 by 9;to 9: compared=1 vouches=09;"
	       "to 1: compared=1 vouches=09;",
	       "an own device revokes another, for which we vouch no more");
	says(9, "r9");
	ok(strstr(buf_str(&trace), "to 1: compared=1 revokes=09;"),
	   "what retired itself is passed on, as it cannot tell everybody");
	finish();
}

int main(void)
{
	t_word();
	t_quarrel();
	t_telling();
	t_overflow();
	t_own();
	buf_finish(&trace);
	buf_finish(&kept);
	return tap_done();
}
