/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every stanza about a subscription is sent from here, because they are counted (requests.h). */
#include "requester.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "log.h"
#include "requests.h"

struct requester {
	struct context *context;	/* borrowed */
	const struct requester_ops *ops;
	void *arg;
	struct requests *requests;	/* owned */
	struct timer timer;
};

static void set_timer(struct requester *r)
{
	timer_set(&r->timer, requests_deadline(r->requests));
}

static void on_timer(void *owner)
{
	struct requester *r = owner;

	requests_tick(r->requests, context_now(r->context));
	set_timer(r);
}

static bool is_due(const struct requester *r, const char *jid)
{
	return trust_marked(r->context->trust, jid, MARK_MEANT) &&
	       !context_we_see(r->context, jid) && !context_blocks(r->context, jid);
}

/*
 * Whether jid's request is open although the user grants it. A server shows a request once, so
 * it may be open there, and the stanza to us lost. So a contact who has accepted us is taken
 * to have asked. Where the server keeps approvals, this is not done: it would keep an answer
 * to no request.
 */
static bool is_owed(const struct requester *r, const char *jid)
{
	const struct buddy *buddy = presence_buddy(r->context->presence, jid);

	if (!buddy || !r->ops->ready(r->arg) || context_blocks(r->context, jid) ||
	    !context_welcomes(r->context, jid))
		return false;
	return buddy->pending_in || (buddy->subscription == SUBSCRIPTION_TO &&
				     !r->ops->keeps_approvals(r->arg));
}

static void on_ask(void *owner, const char *jid)
{
	struct requester *r = owner;

	if (!r->ops->ready(r->arg))
		return;
	if (is_owed(r, jid)) {
		log_info("the answer to %s did not arrive, and is given again", jid);
		requester_say(r, jid, "subscribed");
	}
	if (is_due(r, jid)) {
		log_info("%s has not answered, and is asked again", jid);
		requester_say(r, jid, "subscribe");
	}
}

static const struct requests_events requests_events = { .ask = on_ask };

struct requester *requester_create(struct context *context, const struct requester_ops *ops,
				   void *arg, uint32_t random)
{
	struct requester *r = xcalloc(1, sizeof(*r));

	r->context = context;
	r->ops = ops;
	r->arg = arg;
	r->requests = requests_create(&requests_events, r, random);
	timer_init(&r->timer, &context->timers, on_timer, r);
	return r;
}

void requester_destroy(struct requester *r)
{
	if (!r)
		return;
	timer_stop(&r->timer);
	requests_destroy(r->requests);
	free(r);
}

/* Whether the account has another address now, from which jid was not asked yet. */
static bool is_new(const struct requester *r, const char *jid)
{
	const struct buddy *buddy = presence_buddy(r->context->presence, jid);

	return is_due(r, jid) && r->context->roster_known && !(buddy && buddy->in_roster);
}

void requester_online(struct requester *r, bool online)
{
	const struct trust_person *p = online ? trust_persons(r->context->trust) : NULL;
	uint64_t now = context_now(r->context);

	if (!online)
		requests_clear(r->requests);
	for (; p; p = p->next)
		if (is_new(r, p->jid))
			requests_owe(r->requests, p->jid, now);
		else if (is_due(r, p->jid) || is_owed(r, p->jid))
			requests_note(r->requests, p->jid, now);
	set_timer(r);
}

void requester_say(struct requester *r, const char *jid, const char *kind)
{
	uint64_t now = context_now(r->context);

	requests_sent(r->requests, now);
	r->ops->say(r->arg, jid, kind);
	if (strcmp(kind, "unsubscribed"))
		requests_note(r->requests, jid, now);
	set_timer(r);
}

void requester_ask(struct requester *r, const char *jid)
{
	uint64_t now = context_now(r->context);

	if (requests_fresh(r->requests, jid, now))
		return;
	requests_asked(r->requests, jid, now);
	requester_say(r, jid, "subscribe");
}

void requester_settle(struct requester *r, const char *jid)
{
	if (is_due(r, jid) || is_owed(r, jid))
		requests_note(r->requests, jid, context_now(r->context));
	else
		requests_drop(r->requests, jid);
	set_timer(r);
}

uint64_t requester_pause(const struct requester *r, const char *jid)
{
	uint64_t due = requests_due(r->requests, jid), now = context_now(r->context);

	return !due ? 0 : due > now ? (due - now + 999) / 1000 : 1;
}
