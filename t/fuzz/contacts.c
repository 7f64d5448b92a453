/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a server says of the roster and of who is there, in any order, and our questions: the
 * presence table, the comparison of rosters, and the inquiry over one table. The input is a
 * program. After each act the table is walked: each list has its bound, what is found by a
 * name is what is listed, and whoever has a question open has a timer.
 */
#include <stdio.h>

#include "inquiry.h"
#include "jid.h"
#include "log.h"
#include "program.h"
#include "roster.h"

enum act {
	ACT_ITEM,
	ACT_GROUPS,
	ACT_BEGIN,
	ACT_END,
	ACT_PENDING,
	ACT_PENDING_OVER,
	ACT_REFUSED,
	ACT_AVAILABLE,
	ACT_UNAVAILABLE,
	ACT_EXPECT,
	ACT_OTHER_PROTOCOL,
	ACT_RESET,
	ACT_ONLINE,
	ACT_WANT,
	ACT_DOUBT,
	ACT_ANSWERED,
	ACT_HEARD,
	ACT_PASS,
	ACT_MANY, /* one act, for as many JIDs, resources or devices */
	ACTS,
};

enum { OPEN_MAX = 64, ACTS_MAX = 200 };

#define OWN "a@c"
#define S(...)                                                                                     \
	{                                                                                          \
		(const char[]){ __VA_ARGS__ }, sizeof((const char[]){ __VA_ARGS__ })               \
	}

const struct fuzz_seed fuzz_seeds[] = {
	/* A roster is read; two devices of one come, one goes; the other one is doubted. */
	S(ACT_BEGIN, ACT_ITEM, 1, 3, ACT_ITEM, 2, 1, ACT_END, ACT_ONLINE, ACT_AVAILABLE, 1, 0, 0,
	  ACT_AVAILABLE, 1, 1, 1, ACT_UNAVAILABLE, 1, 0, ACT_PASS, 3, ACT_DOUBT, 1, 1, 0, ACT_PASS,
	  3, ACT_ANSWERED, 0, 0, ACT_PASS, 4),
	/* Strangers ask, and are let in or not. */
	S(ACT_PENDING, 9, ACT_PENDING, 10, ACT_PENDING, 0x8b, ACT_ITEM, 9, 2, ACT_PENDING_OVER, 10,
	  ACT_REFUSED, 9, 1, ACT_ITEM, 9, 7),
	/* Nobody is seen; everybody is asked, and the connection goes. */
	S(ACT_ITEM, 1, 3, ACT_ITEM, 2, 3, ACT_EXPECT, 1, 0, ACT_ONLINE, ACT_WANT, 1, ACT_PASS, 4,
	  ACT_HEARD, 1, 1, ACT_ANSWERED, 0, 1, ACT_PASS, 5, ACT_RESET, ACT_PASS, 5, ACT_ONLINE,
	  ACT_PASS, 5),
	/* More strangers than are kept; then one has more devices than that, and they all go. */
	S(ACT_MANY, (char)0xc0, ACT_PENDING, 0x81, ACT_ONLINE, ACT_ITEM, 1, 3, ACT_MANY, 100,
	  ACT_AVAILABLE, 1, 0, 0, ACT_MANY, 100, ACT_UNAVAILABLE, 1, 0, ACT_PASS, 5),
	{ NULL, 0 },
};

static struct {
	struct presence *presence;
	struct inquiry *inquiry;
	struct trust *trust;
	struct roster *roster;		/* NULL: none is being read */
	bool online, waits;
	uint64_t now;
	char asked[OPEN_MAX][64];	/* pings without an answer */
	unsigned open;
} all;

static enum interest on_interest(void *owner, const char *jid)
{
	const struct buddy *b = presence_buddy(all.presence, jid);

	return !b ? INTEREST_NONE : all.waits ? INTEREST_WAITS : INTEREST_SOME;
}

static bool on_ping(void *owner, const char *full)
{
	must(all.online && jid_resource(full) != NULL);
	if (all.open == OPEN_MAX)
		return false;
	snprintf(all.asked[all.open++], sizeof(all.asked[0]), "%s", full);
	return true;
}

static void on_show(void *owner, const char *bare)
{
	const struct buddy *b = presence_buddy(all.presence, bare);

	/* Nobody is shown ourselves who may not see us. */
	must(all.online && b && (b->subscription & SUBSCRIPTION_FROM));
}

static void on_gone(void *owner, const char *full, const char *device)
{
	const struct resource *r = presence_full(all.presence, full);

	must(!r || !r->broker || strcmp(r->device, device));
}

static const struct inquiry_events events = {
	.interest = on_interest, .ping = on_ping, .show = on_show, .gone = on_gone,
};

/* A bare JID: ours, one of a few, one of many of a few domains, or none. */
static void choose_jid(struct program *in, char jid[32])
{
	uint8_t choice = program_byte(in);

	if (choice == 0)
		strcpy(jid, OWN);
	else if (choice == 0xff)
		strcpy(jid, "d0");
	else if (choice & 0x80)
		snprintf(jid, 32, "u%u@d%u", (choice & 0x7f) + in->round, choice & 3);
	else
		snprintf(jid, 32, "u%u@d0", choice);
}

static void choose_full(struct program *in, char full[64])
{
	char jid[32];

	choose_jid(in, jid);
	snprintf(full, 64, "%s/r%u", jid, program_byte(in) % 24 + in->round);
}

/* A device, with the same id for the same number; no device; or what is none. */
static const char *choose_device(struct program *in, char device[DEVICE_ID_LEN + 1])
{
	uint8_t choice = program_byte(in), fp[FINGERPRINT_BYTES];

	if (choice == 0xff)
		return NULL;
	if (choice == 0xfe)
		return "x";
	memset(fp, choice % 24, sizeof(fp));
	fp[0] = (uint8_t)in->round;
	device_id_of(fp, device);
	return device;
}

static const char *choose_error(struct program *in)
{
	return PROGRAM_WORD(in, NULL, "item-not-found", "service-unavailable",
			    "remote-server-not-found", "remote-server-timeout", "timeout",
			    "disconnected", "x");
}

static void act_item(struct program *in)
{
	char jid[32];
	uint8_t how;
	bool changed;
	struct buddy *b;

	choose_jid(in, jid);
	how = program_byte(in);
	if (all.roster) {
		roster_item(all.roster, jid, how & 3);
	} else if (roster_note(all.trust, jid, how & 3, how & 4, all.now / 1000, &changed)) {
		trust_suspend(all.trust, jid, all.now / 1000);
	}
	b = presence_roster_item(all.presence, jid, how & 3, how & 8, how & 4);
	must(!b || (!strcmp(b->jid, jid) && b->subscription == (how & 3u)));
	must(!(how & 4) || !b);
}

static void act_groups(struct program *in)
{
	char jid[32], groups[256 + 2] = { 0 };
	const uint8_t *bytes;
	size_t n;

	choose_jid(in, jid);
	bytes = program_bytes(in, &n);
	memcpy(groups, bytes, n);
	presence_roster_groups(all.presence, jid, n ? groups : NULL);
	if (n)
		buddy_in_group(presence_buddy(all.presence, jid), groups);
}

/* Resources are not known while a roster is read: that is at the login. */
static void act_begin(void)
{
	if (all.roster || all.online)
		return;
	all.roster = roster_begin();
	presence_roster_begin(all.presence);
	presence_roster_item(all.presence, OWN, SUBSCRIPTION_BOTH, false, false);
}

static void act_end(void)
{
	struct roster_losses losses;
	bool changed;

	if (!all.roster)
		return;
	presence_roster_end(all.presence);
	roster_compare(all.roster, all.trust, OWN, all.now / 1000, &losses, &changed);
	for (size_t i = 0; i < losses.count; i++)
		must(strcmp(losses.jids[i], OWN));
	roster_losses_finish(&losses);
	roster_destroy(all.roster);
	all.roster = NULL;
}

static void act_available(struct program *in)
{
	char full[64], room[DEVICE_ID_LEN + 1];
	struct resource *r;
	const char *device;

	choose_full(in, full);
	device = choose_device(in, room);
	if (!all.online)
		return;
	switch (presence_available(all.presence, full, device, all.now / 1000, &r)) {
	case PRESENCE_APPEARED:
	case PRESENCE_AGAIN:
		must(r && r->broker && device && !strcmp(r->device, device));
		break;
	default:
		break;
	}
}

static void act_unavailable(struct program *in)
{
	char full[64], bare[32], gone[DEVICE_ID_LEN + 1];

	choose_full(in, full);
	snprintf(bare, sizeof(bare), "%.*s", (int)(strchr(full, '/') - full), full);
	if (presence_unavailable(all.presence, full, all.now / 1000, gone) == PRESENCE_GONE) {
		must(!presence_device(all.presence, bare, gone));
		inquiry_unseen(all.inquiry, bare, all.now);
	}
}

static void act_answered(struct program *in)
{
	unsigned which = program_byte(in);
	const char *error = choose_error(in);
	char full[64];
	struct resource *r;

	if (!all.open)
		return;
	which %= all.open;
	strcpy(full, all.asked[which]);
	memmove(all.asked[which], all.asked[which + 1],
		(--all.open - which) * sizeof(all.asked[0]));
	inquiry_answered(all.inquiry, full, error, all.now);
	if (!error)
		presence_answered(all.presence, full, all.now / 1000, &r);
}

static void act_reset(void)
{
	if (all.roster)
		return;
	all.online = false;
	/* Whoever sends the pings forgets them with the connection. */
	all.open = 0;
	presence_reset(all.presence, all.now / 1000);
	inquiry_offline(all.inquiry);
	must(inquiry_deadline(all.inquiry) == UINT64_MAX);
}

static void act_online(void)
{
	if (all.online || all.roster)
		return;
	all.online = true;
	inquiry_online(all.inquiry, all.now);
}

/* Runs what is due, for so long. */
static void act_pass(struct program *in)
{
	static const uint32_t times[] = { 0, 1, 100, 1000, 10000, 60000, 600000, 3600000 };
	uint64_t until = all.now + times[program_byte(in) % 8];
	unsigned ticks = 0;

	while (inquiry_deadline(all.inquiry) <= until) {
		uint64_t at = inquiry_deadline(all.inquiry);

		all.now = at > all.now ? at : all.now;
		inquiry_tick(all.inquiry, all.now);
		must(++ticks < 100000);
	}
	all.now = until;
}

static void perform(struct program *in)
{
	char jid[32], full[64], device[DEVICE_ID_LEN + 1];
	const char *text;

	switch (program_byte(in) % ACTS) {
	case ACT_MANY:
		program_many(in, perform);
		break;
	case ACT_ITEM:
		act_item(in);
		break;
	case ACT_GROUPS:
		act_groups(in);
		break;
	case ACT_BEGIN:
		act_begin();
		break;
	case ACT_END:
		act_end();
		break;
	case ACT_PENDING:
		choose_jid(in, jid);
		presence_pending_in(all.presence, jid);
		break;
	case ACT_PENDING_OVER:
		choose_jid(in, jid);
		presence_pending_in_over(all.presence, jid);
		break;
	case ACT_REFUSED:
		choose_jid(in, jid);
		presence_refused(all.presence, jid, choose_error(in));
		break;
	case ACT_AVAILABLE:
		act_available(in);
		break;
	case ACT_UNAVAILABLE:
		act_unavailable(in);
		break;
	case ACT_EXPECT:
		choose_jid(in, jid);
		text = choose_device(in, device);
		if (text && device_id_valid(text))
			presence_expect(all.presence, jid, text);
		break;
	case ACT_OTHER_PROTOCOL:
		choose_jid(in, jid);
		text = choose_device(in, device);
		if (text)
			presence_other_protocol(all.presence, jid, text, 9, all.now);
		break;
	case ACT_RESET:
		act_reset();
		break;
	case ACT_ONLINE:
		act_online();
		break;
	case ACT_WANT:
		all.waits = !all.waits;
		choose_jid(in, jid);
		inquiry_want(all.inquiry, jid, all.now);
		break;
	case ACT_DOUBT:
		choose_full(in, full);
		text = choose_error(in);
		if (all.online && text)
			inquiry_doubt(all.inquiry, full, text, all.now);
		break;
	case ACT_ANSWERED:
		act_answered(in);
		break;
	case ACT_HEARD:
		choose_jid(in, jid);
		text = choose_error(in);
		if (all.online)
			inquiry_heard(all.inquiry, jid, text, all.now);
		break;
	default:
		act_pass(in);
		break;
	}
}

static void check_resources(const struct buddy *b)
{
	unsigned seen = 0, away = 0;

	for (const struct resource *r = b->resources; r; r = r->next) {
		seen++;
		must(presence_full(all.presence, r->full) == r);
		/* One that is a broker no more keeps the id that it had. */
		must(!r->broker || device_id_valid(r->device));
		must(!r->broker || presence_device(all.presence, b->jid, r->device));
	}
	for (const struct resource *r = b->away; r; r = r->next) {
		away++;
		must(!presence_full(all.presence, r->full));
	}
	must(seen <= DEVICES_PER_BUDDY && away <= AWAY_PER_BUDDY);
}

static void check(void)
{
	unsigned strangers = 0;

	for (const struct buddy *b = presence_buddies(all.presence); b; b = b->next) {
		must(presence_buddy(all.presence, b->jid) == b && *b->link == b);
		must(b->in_roster || b->pending_in);
		must(b->in_roster || !b->resources);
		must(!b->next || b->next->link == &b->next);
		strangers += !b->in_roster;
		check_resources(b);
		/* Who has not answered is asked again, or given up. */
		must(!b->asking.open || !all.online ||
		     inquiry_deadline(all.inquiry) != UINT64_MAX || all.open);
	}
	must(strangers <= STRANGERS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct program in = { .at = data, .left = n };

	log_set_level(LOG_NOTHING);
	memset(&all, 0, sizeof(all));
	all.now = 1000000;
	all.presence = presence_create();
	all.trust = trust_create();
	all.inquiry = inquiry_create(all.presence, &events, NULL, 7);
	for (unsigned acts = 0; in.left && acts < ACTS_MAX; acts++) {
		perform(&in);
		check();
	}
	act_end();
	inquiry_destroy(all.inquiry);
	presence_destroy(all.presence);
	trust_destroy(all.trust);
	return 0;
}
