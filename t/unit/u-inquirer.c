/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the inquirer asks, and what it tells of the answers, is written down (asked.h). There is
 * one peer at most, whose link waits or does not.
 */
#include "inquirer.h"

#include "asked.h"
#include "bounds.h"
#include "log.h"
#include "peer.h"

#define BOB "bob@x.org"
#define FULL BOB "/git.aaaaaaaaaaaaaaaa"
#define DEVICE "aaaaaaaaaaaaaaaa"

static struct context context;
static struct peers peers;
static struct inquirer *inquirer;
static inquirer_answer_fn *answer;	/* of the ping under way; NULL: none is */
static void *answer_owner;
static bool mute;			/* pings cannot be sent */
static bool queued;			/* a push waits for him */
static const unsigned char key[FINGERPRINT_BYTES] = { 1 };

static uint64_t on_now(void *owner)
{
	return now;
}

static uint64_t on_time(void *owner)
{
	return now / 1000;
}

static const struct context_ops context_ops = { .now = on_now, .time = on_time };

static uint64_t on_ping(void *arg, const char *full, inquirer_answer_fn *done, void *owner)
{
	if (mute)
		return 0;
	asked_note("ping ", full);
	answer = done;
	answer_owner = owner;
	return 17;
}

static void on_forget(void *arg, uint64_t handle)
{
	if (handle == 17)
		asked_note("forget", "");
	answer = NULL;
}

static void on_show(void *arg, const char *bare)
{
	asked_note("show ", bare);
}

static bool on_waits(void *arg, const char *jid)
{
	return queued;
}

static const struct inquirer_ops ops = {
	.ping = on_ping,
	.forget = on_forget,
	.show = on_show,
	.waits = on_waits,
};

static void on_gone(void *owner, const char *full, const char *device)
{
	asked_note("gone ", device);
}

static void on_answered(void *owner, const char *full)
{
	asked_note("answered ", full);
}

static void on_settled(void *owner)
{
	asked_note("settled", "");
}

static const struct inquirer_events events = {
	.gone = on_gone,
	.answered = on_answered,
	.settled = on_settled,
};

/* BOB is a buddy with a device that was seen and went away. */
static void make_presence(void)
{
	char device[DEVICE_ID_LEN + 1];
	struct resource *r;

	context.presence = presence_create();
	presence_roster_item(context.presence, BOB, SUBSCRIPTION_TO, false, false);
	presence_available(context.presence, FULL, DEVICE, 1, &r);
	presence_unavailable(context.presence, FULL, 1, device);
}

static void begin(void)
{
	bool changed;

	asked_begin();
	answer = NULL;
	mute = queued = false;
	context = (struct context){ .ops = &context_ops, .jid = "alice@x.org" };
	timers_init(&context.timers);
	context.trust = trust_create();
	context.blocked = blocklist_create();
	trust_observe(context.trust, BOB, key, 1, &changed);
	trust_verify(context.trust, BOB, key, 100);
	make_presence();
	inquirer = inquirer_create(&context, &peers, &ops, &events, NULL, 1);
	ok(context.inquiry, "the context has its inquiry");
}

static void finish(void)
{
	inquirer_destroy(inquirer);
	ok(!context.inquiry, "and has none any more");
	is_int(timers_next(&context.timers) == UINT64_MAX, 1, "no timer is left");
	timers_finish(&context.timers);
	trust_destroy(context.trust);
	presence_destroy(context.presence);
	blocklist_destroy(context.blocked);
}

static void pass(uint64_t ms)
{
	PASS(ms, &context.timers, timers_next, timers_run);
}

static void answered(const char *error)
{
	inquirer_answer_fn *done = answer;

	answer = NULL;
	done(answer_owner, error);
}

static void t_answers(void)
{
	begin();
	pass(INQUIRY_MAX);
	expect("", "without a connection nobody is asked");
	inquirer_online(inquirer, true);
	pass(INQUIRY_SETTLE);
	expect("ping " FULL, "who is not seen is asked");
	ok(inquirer_pending(inquirer, BOB), "the answer may change what is known");
	answered("remote-server-not-found");
	expect("settled", "no answer: who waits for one may look");
	ok(inquirer_unreachable(inquirer, BOB), "their server cannot be reached");
	pass(2 * INQUIRY_EAGER);
	ok(answer, "they are asked again");
	expect("ping " FULL, "once");
	answered(NULL);
	expect("answered " FULL, "they are there, and that is told");
	ok(!inquirer_unreachable(inquirer, BOB), "so their server is");
	finish();
}

/* How often they are asked in so long a time, after something of them was missed. */
static unsigned count_in(uint64_t ms)
{
	inquirer_unseen(inquirer, BOB);
	asked_count = 0;
	*asked = '\0';
	pass(ms);
	return asked_count;
}

static void t_interest(void)
{
	struct peer peer = { .jid = (char *)BOB };

	begin();
	trust_mark(context.trust, BOB, MARK_BLOCKED, true, 1);
	inquirer_online(inquirer, true);
	pass(INQUIRY_MAX);
	expect("", "who is blocked is not asked");
	trust_mark(context.trust, BOB, MARK_BLOCKED, false, 0);
	trust_distrust(context.trust, BOB, key, 100);
	inquirer_unseen(inquirer, BOB);
	pass(INQUIRY_MAX);
	expect("", "nor is one of whom nothing is trusted");
	trust_verify(context.trust, BOB, key, 100);
	inquirer_unseen(inquirer, BOB);
	/* Where they were they are not: from now on their bare JID is asked. */
	pass(INQUIRY_EAGER);
	answered("service-unavailable");
	presence_roster_item(context.presence, BOB, SUBSCRIPTION_BOTH, false, false);
	is_int(count_in(INQUIRY_MAX * 10) < 20, 1, "the pauses become long");
	queued = true;
	is_int(count_in(INQUIRY_EAGER * 20) >= 10, 1, "but not while a push waits");
	queued = false;
	is_int(count_in(INQUIRY_MAX * 10) < 20, 1, "without one they are long again");
	peers.first = &peer;
	peer.channels.count = 1;
	peer.link.state = LINK_SUSPENDED;
	is_int(count_in(INQUIRY_EAGER * 20) >= 10, 1, "nor while a link with something open waits");
	peer.link.state = LINK_UP;
	is_int(count_in(INQUIRY_MAX * 10) < 20, 1, "and one that is up does not");
	peers.first = NULL;
	*asked = '\0';
	finish();
}

static void t_ends(void)
{
	begin();
	mute = true;
	inquirer_online(inquirer, true);
	pass(INQUIRY_SETTLE);
	expect("", "what cannot be sent has no answer");
	mute = false;
	inquirer_want(inquirer, BOB);
	expect("ping " FULL, "who is wanted is asked at once");
	presence_destroy(context.presence);
	make_presence();
	inquirer_renew(inquirer);
	expect("forget", "with another presence table no answer counts");
	inquirer_online(inquirer, true);
	pass(INQUIRY_SETTLE);
	expect("ping " FULL, "and all begins anew");
	finish();
	expect("forget", "at the end no answer comes");
}

/* A device that is seen is doubted, asked, and not there. */
static void t_doubt(void)
{
	struct resource *r;

	begin();
	inquirer_online(inquirer, true);
	presence_available(context.presence, FULL, DEVICE, 1, &r);
	inquirer_doubt(inquirer, FULL, "service-unavailable");
	expect("ping " FULL, "what came back has the device asked");
	answered("service-unavailable");
	expect("gone " DEVICE ", settled", "it is gone, and that is told first");
	finish();
}

int main(void)
{
	log_set_level(LOG_ERROR);
	t_answers();
	t_interest();
	t_ends();
	t_doubt();
	return tap_done();
}
