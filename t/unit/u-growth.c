/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * What one thing costs as there are more of others: a presence, a push, a link, with a thousand
 * idle buddies and with ten thousand. The core is built such that it says so wherever a branch
 * begins, so work is a number of branches, and the same on every machine.
 */

#include <stdlib.h>

#include "alloc.h"
#include "announcements.h"
#include "blocklist.h"
#include "context.h"
#include "inquiry.h"
#include "policy.h"
#include "presence.h"
#include "queue.h"
#include "roster.h"
#include "tap.h"
#include "timers.h"
#include "trust.h"

enum {
	FEW = 500,
	MANY = 5000,
};

static uint64_t work;

void __sanitizer_cov_trace_pc(void);

void __sanitizer_cov_trace_pc(void)
{
	work++;
}

/* How many there are of what a test has many of. */
static unsigned count;

/*
 * A test makes count of something, and returns what one more act costs with them: branches.
 */
typedef uint64_t test(void);

static uint64_t with(unsigned n, test *t)
{
	count = n;
	return t();
}

static void is_constant(test *t, const char *what)
{
	uint64_t few = with(FEW, t), many = with(MANY, t);

	ok(many <= 2 * few + 50, "%s: %" PRIu64 " branches with %u, %" PRIu64 " with %u", what, few,
	   FEW, many, MANY);
}

static void is_linear(test *t, const char *what)
{
	uint64_t few = with(FEW, t), many = with(MANY, t);

	ok(many <= 2 * (MANY / FEW) * few, "%s: %" PRIu64 " branches with %u, %" PRIu64 " with %u",
	   what, few, FEW, many, MANY);
}

/* People: each has a domain of their own, and a device */

static bool one_domain;
static char jid[64], full[128], device[DEVICE_ID_LEN + 1];
static unsigned char fp[FINGERPRINT_BYTES];

/* Sets the names of the n-th of them. */
static void name(unsigned n)
{
	fp[0] = n >> 8;
	fp[1] = n;
	device_id_of(fp, device);
	if (one_domain)
		snprintf(jid, sizeof(jid), "buddy%u@example.org", n);
	else
		snprintf(jid, sizeof(jid), "buddy@server%u.example.org", n);
	snprintf(full, sizeof(full), "%s/git.%s", jid, device);
}

static struct presence *presence;
static struct trust *trust;
static struct inquiry *inquiry;
static struct announcements *ledger;

static enum interest on_interest(void *owner, const char *who)
{
	return INTEREST_SOME;
}

static bool on_ping(void *owner, const char *to)
{
	return true;
}

static void on_show(void *owner, const char *bare)
{
}

static void on_gone(void *owner, const char *from, const char *id)
{
}

static const struct inquiry_events inquiry_events = {
	.interest = on_interest,
	.ping = on_ping,
	.show = on_show,
	.gone = on_gone,
};

static bool on_permitted(void *owner, const char *who, const char *id, const char *share)
{
	return true;
}

static void on_meet(void *owner, const char *who, const char *id)
{
}

static void on_tell(void *owner, const char *who, const char *id, const char *share,
		    uint64_t version, const void *tips, size_t len)
{
}

static void on_read(void *owner, const char *share)
{
}

static const struct announcements_events announcements_events = {
	.permitted = on_permitted,
	.meet = on_meet,
	.tell = on_tell,
	.read = on_read,
};

static void come(unsigned n, uint64_t now)
{
	struct resource *r;

	name(n);
	inquiry_heard(inquiry, jid, NULL, now);
	presence_available(presence, full, device, now, &r);
	announcements_device_online(ledger, jid, device, now);
	inquiry_deadline(inquiry);
	announcements_deadline(ledger);
}

static void go(unsigned n, uint64_t now)
{
	char gone[DEVICE_ID_LEN + 1];

	name(n);
	presence_unavailable(presence, full, now, gone);
	announcements_device_offline(ledger, jid, device);
	inquiry_unseen(inquiry, jid, now);
	inquiry_deadline(inquiry);
	announcements_deadline(ledger);
}

static void begin_people(bool together)
{
	one_domain = together;
	presence = presence_create();
	inquiry = inquiry_create(presence, &inquiry_events, NULL, 1);
	ledger = announcements_create(&announcements_events, NULL);
	for (unsigned n = 0; n < count; n++) {
		name(n);
		presence_roster_item(presence, jid, SUBSCRIPTION_BOTH, false, false);
	}
	inquiry_online(inquiry, 1000);
}

static void end_people(void)
{
	announcements_destroy(ledger);
	inquiry_destroy(inquiry);
	presence_destroy(presence);
}

/*
 * Their devices, trusted. The table is read as from its file: to meet so many one by one would
 * take a look at all for each.
 */
static void begin_trust(void)
{
	struct buf text = { 0 };

	for (unsigned n = 0; n < count; n++) {
		name(n);
		buf_printf(&text, "%s ", jid);
		for (size_t i = 0; i < sizeof(fp); i++)
			buf_printf(&text, "%02x", fp[i]);
		buf_printf(&text, " seen 1\n");
	}
	trust = trust_create();
	ok(!trust_parse(trust, buf_str(&text), buf_len(&text)), "%u devices are trusted", count);
	buf_finish(&text);
}

static uint64_t presence_again(void)
{
	uint64_t spent;

	begin_people(false);
	for (unsigned n = 0; n < count; n++)
		come(n, 1000);
	work = 0;
	come(count / 2, 1000);
	spent = work;
	end_people();
	return spent;
}

static uint64_t presence_goes_and_comes(void)
{
	uint64_t spent;

	begin_people(false);
	for (unsigned n = 0; n < count; n++)
		come(n, 1000);
	work = 0;
	go(count / 2, 1000);
	come(count / 2, 1000);
	spent = work;
	end_people();
	return spent;
}

/* After a login everybody is asked once who was not seen. */
static uint64_t first_round(bool together)
{
	uint64_t spent;

	begin_people(together);
	work = 0;
	for (uint64_t now = 1000; now < 1000 + INQUIRY_SETTLE + 1; now += 100)
		if (inquiry_deadline(inquiry) <= now)
			inquiry_tick(inquiry, now);
	spent = work;
	end_people();
	return spent;
}

static uint64_t first_round_of_many_domains(void)
{
	return first_round(false);
}

static uint64_t first_round_of_one_domain(void)
{
	return first_round(true);
}

/* All rounds until everybody of one domain was asked once. */
static uint64_t whole_round(void)
{
	uint64_t spent;

	begin_people(true);
	work = 0;
	for (uint64_t now = 4000; now < 4000 + (count / INQUIRY_AT_ONCE + 2) * INQUIRY_MORE;
	     now += 1000)
		if (inquiry_deadline(inquiry) <= now)
			inquiry_tick(inquiry, now);
	spent = work;
	end_people();
	return spent;
}

/* Whoever could not be told rests; one more presence comes. */
static uint64_t presence_while_many_rest(void)
{
	uint64_t spent;

	begin_people(false);
	announcements_tips(ledger, "project", "tip=1", 6, 1000);
	for (unsigned n = 0; n < count; n++) {
		come(n, 1000);
		announcements_failed(ledger, jid, device, "project", 1, 1000);
	}
	work = 0;
	come(count / 2, 1000);
	spent = work;
	end_people();
	return spent;
}

/* A share moves: all are told. */
static uint64_t announcement_to_all(void)
{
	static const uint8_t instance[INSTANCE_BYTES] = { 1 };
	uint64_t spent;

	begin_people(false);
	for (unsigned n = 0; n < count; n++)
		come(n, 1000);
	work = 0;
	announcements_tips(ledger, "project", "tip=1", 6, 1000);
	for (unsigned n = 0; n < count; n++) {
		name(count - 1 - n);
		announcements_told(ledger, jid, device, "project", 1, instance, 1000);
		announcements_deadline(ledger);
	}
	spent = work;
	end_people();
	return spent;
}

static uint64_t removed_by_another_client(void)
{
	uint64_t spent;

	begin_people(false);
	begin_trust();
	name(count - 1);
	work = 0;
	trust_suspend(trust, jid, 1000);
	presence_roster_item(presence, jid, SUBSCRIPTION_NONE, false, true);
	spent = work;
	trust_destroy(trust);
	end_people();
	return spent;
}

static uint64_t read_roster(void)
{
	struct roster_losses losses;
	struct roster *r;
	bool changed;
	uint64_t spent;

	begin_people(false);
	begin_trust();
	work = 0;
	r = roster_begin();
	presence_roster_begin(presence);
	for (unsigned n = 0; n < count; n++) {
		name(count - 1 - n);
		if (n % 2)
			continue;
		roster_item(r, jid, SUBSCRIPTION_BOTH);
		presence_roster_item(presence, jid, SUBSCRIPTION_BOTH, false, false);
	}
	presence_roster_end(presence);
	roster_compare(r, trust, "me@example.org", 1000, &losses, &changed);
	for (size_t i = 0; i < losses.count; i++)
		trust_suspend(trust, losses.jids[i], 1000);
	spent = work;
	roster_losses_finish(&losses);
	roster_destroy(r);
	trust_destroy(trust);
	end_people();
	return spent;
}

static uint64_t read_trust(void)
{
	struct buf text = { 0 };
	struct trust *copy;
	uint64_t spent;

	one_domain = false;
	begin_trust();
	trust_write(trust, &text);
	copy = trust_create();
	work = 0;
	trust_parse(copy, buf_str(&text), buf_len(&text));
	trust_expire(copy, 1000);
	spent = work;
	trust_destroy(copy);
	buf_finish(&text);
	trust_destroy(trust);
	return spent;
}

/* Shares */

static struct policy *make_shares(void)
{
	struct policy *p = policy_create("me@example.org");

	for (unsigned n = 0; n < count; n++) {
		char share[SHARE_NAME_MAX];
		struct share *s;

		snprintf(share, sizeof(share), "project-%u", n);
		s = policy_share(p, share);
		share_set_path(s, "/srv/project.git");
		share_allow(s, "buddy@example.org", true);
		name(n);
		policy_group_add(p, "team", jid);
	}
	return p;
}

static uint64_t may_push(void)
{
	const struct subject subject = { .jid = "buddy@example.org" };
	const struct share *share;
	struct policy *p = make_shares();
	uint64_t spent;
	char last[SHARE_NAME_MAX];

	snprintf(last, sizeof(last), "project-%u", count - 1);
	work = 0;
	policy_check(p, &subject, SERVICE_RECEIVE_PACK, last, &share);
	spent = work;
	policy_destroy(p);
	return spent;
}

static uint64_t read_shares(void)
{
	struct policy *p;
	uint64_t spent;

	work = 0;
	p = make_shares();
	spent = work;
	policy_destroy(p);
	return spent;
}

/* Timers */

static struct timer *many_timers;
static unsigned fired;

static void on_due(void *owner)
{
	fired++;
	timer_set(&many_timers[fired - 1 + count], 0);
}

static void on_due_later(void *owner)
{
}

static uint64_t timers_that_set_timers(void)
{
	struct timers timers;
	uint64_t spent;

	timers_init(&timers);
	many_timers = xcalloc(2 * count, sizeof(*many_timers));
	for (unsigned n = 0; n < 2 * count; n++) {
		timer_init(&many_timers[n], &timers, n < count ? on_due : on_due_later, NULL);
		if (n < count)
			timer_set(&many_timers[n], 10);
	}
	fired = 0;
	work = 0;
	timers_run(&timers, 10);
	spent = work;
	timers_run(&timers, 10);
	timers_finish(&timers);
	free(many_timers);
	return spent;
}

int main(void)
{
	is_constant(presence_again, "a presence as before");
	is_constant(presence_goes_and_comes, "a device goes and comes");
	is_constant(presence_while_many_rest, "a presence while others rest");
	is_linear(first_round_of_one_domain, "the first questions to one domain");
	is_linear(first_round_of_many_domains, "the first questions to many domains");
	is_linear(whole_round, "a round of questions to one domain");
	is_linear(announcement_to_all, "an announcement to all");
	is_constant(removed_by_another_client, "a buddy is removed");
	is_linear(read_roster, "a roster is read, half of it is gone");
	is_linear(read_trust, "the table of trust is read");
	is_constant(may_push, "whether somebody may push");
	is_linear(read_shares, "the shares and the members of a group are read");
	is_linear(timers_that_set_timers, "due timers set others");
	return tap_done();
}
