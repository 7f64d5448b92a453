/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the requester says to the server is written down (asked.h). */
#include "requester.h"

#include "asked.h"
#include "log.h"

#define BOB "bob@x.org"
#define EVE "eve@x.org"

enum { MINUTE = 60 * 1000 };

static struct context context;
static struct requester *requester;
static bool ready, keeps_approvals;

static uint64_t on_now(void *owner)
{
	return now;
}

static uint64_t on_time(void *owner)
{
	return now / 1000;
}

static const struct context_ops context_ops = { .now = on_now, .time = on_time };

static bool on_ready(void *arg)
{
	return ready;
}

static bool on_keeps_approvals(void *arg)
{
	return keeps_approvals;
}

static void on_say(void *arg, const char *jid, const char *kind)
{
	char words[64];

	snprintf(words, sizeof(words), "%s ", kind);
	asked_note(words, jid);
}

static const struct requester_ops ops = {
	.ready = on_ready,
	.keeps_approvals = on_keeps_approvals,
	.say = on_say,
};

/* A person is in the trust table with a device that showed its key. */
static void meet(const char *jid, unsigned char id)
{
	const unsigned char key[FINGERPRINT_BYTES] = { id };
	bool changed;

	trust_observe(context.trust, jid, key, now / 1000, &changed);
}

static void begin(void)
{
	asked_begin();
	ready = true;
	keeps_approvals = false;
	context = (struct context){ .ops = &context_ops, .jid = "alice@x.org" };
	timers_init(&context.timers);
	context.trust = trust_create();
	context.presence = presence_create();
	context.blocked = blocklist_create();
	meet(BOB, 1);
	meet(EVE, 2);
	requester = requester_create(&context, &ops, NULL, 1);
}

static void finish(void)
{
	requester_destroy(requester);
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

static void roster(const char *jid, enum subscription subscription, bool asked_for)
{
	presence_roster_item(context.presence, jid, subscription, asked_for, false);
	requester_settle(requester, jid);
}

static void t_asks_again(void)
{
	begin();
	trust_mark(context.trust, BOB, MARK_MEANT, true, 1);
	requester_ask(requester, BOB);
	expect("subscribe " BOB, "who is to be seen is asked");
	requester_ask(requester, BOB);
	expect("", "not twice at once");
	ok(requester_pause(requester, BOB) > MINUTE / 1000, "when it is done again is known");
	pass(MINUTE);
	requester_say(requester, EVE, "unsubscribed");
	expect("unsubscribed " EVE, "something is said to somebody else");
	pass(MINUTE);
	expect("", "which puts off what is to be said again");
	pass(MINUTE);
	expect("subscribe " BOB, "then who has not answered is asked again");
	roster(BOB, SUBSCRIPTION_TO, false);
	is_int(requester_pause(requester, BOB), 0, "who has answered");
	pass(24ULL * 60 * MINUTE);
	expect("", "is not");
	requester_online(requester, false);
	requester_online(requester, true);
	is_int(requester_pause(requester, BOB), 0, "nor after the next login");
	finish();
}

static void t_login(void)
{
	begin();
	trust_mark(context.trust, BOB, MARK_MEANT, true, 1);
	trust_mark(context.trust, EVE, MARK_MEANT, true, 1);
	trust_mark(context.trust, EVE, MARK_BLOCKED, true, 1);
	requester_online(requester, true);
	pass(2 * MINUTE);
	expect("subscribe " BOB, "after a login who is meant is asked, and nobody who is blocked");
	requester_online(requester, false);
	pass(24ULL * 60 * MINUTE);
	expect("", "without a connection nobody is");
	requester_online(requester, true);
	ready = false;
	pass(2 * MINUTE);
	expect("", "nor where nothing can be said");
	finish();
}

static void t_answers_again(void)
{
	begin();
	presence_roster_item(context.presence, BOB, SUBSCRIPTION_NONE, false, false);
	presence_pending_in(context.presence, BOB);
	requester_settle(requester, BOB);
	is_int(requester_pause(requester, BOB), 0, "a request that is not granted has no answer");
	ok(context_asks_user(&context, presence_buddy(context.presence, BOB)),
	   "and waits for the user");
	trust_mark(context.trust, BOB, MARK_ASKED, true, now / 1000);
	ok(!context_asks_user(&context, presence_buddy(context.presence, BOB)),
	   "who is not asked where their own add grants it");
	requester_say(requester, BOB, "subscribed");
	expect("subscribed " BOB, "one that is granted has");
	pass(2 * MINUTE);
	expect("subscribed " BOB, "which is given again while the request stays open");
	presence_pending_in_over(context.presence, BOB);
	requester_settle(requester, BOB);
	pass(60 * MINUTE);
	expect("", "and not after that");

	roster(BOB, SUBSCRIPTION_TO, false);
	trust_mark(context.trust, BOB, MARK_ASKED, true, now / 1000);
	requester_settle(requester, BOB);
	pass(2 * MINUTE);
	expect("subscribed " BOB, "who has accepted us is taken to have asked");
	keeps_approvals = true;
	pass(60 * MINUTE);
	expect("", "but not where the server would keep the answer");
	requester_say(requester, EVE, "unsubscribed");
	expect("unsubscribed " EVE, "what takes away");
	is_int(requester_pause(requester, EVE), 0, "is said once");
	finish();
}

int main(void)
{
	log_set_level(LOG_ERROR);
	t_asks_again();
	t_login();
	t_answers_again();
	return tap_done();
}
