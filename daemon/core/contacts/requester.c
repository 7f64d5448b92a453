/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every stanza about a subscription goes out here, for they are counted (core/requests.h). */
#include "requester.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "contacts.h"
#include "log.h"
#include "requests.h"

struct requester {
	struct broker *broker;		/* borrowed */
	struct requests *requests;	/* owned */
	uv_timer_t timer;
};

static void on_timer(uv_timer_t *timer);

static void set_timer(struct requester *r)
{
	uint64_t at = requests_deadline(r->requests), now = context_now(&r->broker->context);

	if (at == UINT64_MAX)
		uv_timer_stop(&r->timer);
	else
		uv_timer_start(&r->timer, on_timer, at > now ? at - now : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
	struct requester *r = timer->data;

	requests_tick(r->requests, context_now(&r->broker->context));
	set_timer(r);
}

static bool sees(const struct broker *b, const char *jid)
{
	const struct buddy *buddy = presence_buddy(b->context.presence, jid);

	return buddy && (buddy->subscription == SUBSCRIPTION_TO || buddy->subscription == SUBSCRIPTION_BOTH);
}

static bool is_due(const struct broker *b, const char *jid)
{
	return trust_marked(b->context.trust, jid, MARK_MEANT) && !sees(b, jid) && !context_blocks(&b->context, jid);
}

/*
 * Whether their request is open although the user grants it. A server shows a request once: it may be open there, and dropped on
 * its way to us. So whoever has accepted us is taken to have asked, where the server ignores the answer if they have not.
 */
static bool is_owed(const struct broker *b, const char *jid)
{
	const struct buddy *buddy = presence_buddy(b->context.presence, jid);

	if (!buddy || !b->xmpp || context_blocks(&b->context, jid) || !contacts_welcomes(b, jid))
		return false;
	return buddy->wants || (buddy->subscription == SUBSCRIPTION_TO && !xmpp_keeps_approvals(b->xmpp));
}

static void on_ask(void *owner, const char *jid)
{
	struct requester *r = owner;

	if (!r->broker->xmpp)
		return;
	if (is_owed(r->broker, jid)) {
		log_info("the answer to %s did not arrive, and is given again", jid);
		requester_say(r, jid, "subscribed");
	}
	if (is_due(r->broker, jid)) {
		log_info("%s has not answered, and is asked again", jid);
		requester_say(r, jid, "subscribe");
	}
}

static const struct requests_events requests_events = { .ask = on_ask };

struct requester *requester_create(struct broker *b, uint32_t random)
{
	struct requester *r = xcalloc(1, sizeof(*r));

	r->broker = b;
	r->requests = requests_create(&requests_events, r, random);
	uv_timer_init(b->loop, &r->timer);
	r->timer.data = r;
	return r;
}

static void on_timer_closed(uv_handle_t *timer)
{
	free(timer->data);
}

void requester_destroy(struct requester *r)
{
	if (!r)
		return;
	requests_destroy(r->requests);
	uv_close((uv_handle_t *)&r->timer, on_timer_closed);
}

void requester_online(struct requester *r, bool online)
{
	const struct trust_person *p = online ? trust_persons(r->broker->context.trust) : NULL;

	if (!online)
		requests_clear(r->requests);
	for (; p; p = p->next)
		if (is_due(r->broker, p->jid) || is_owed(r->broker, p->jid))
			requests_note(r->requests, p->jid, context_now(&r->broker->context));
	set_timer(r);
}

void requester_say(struct requester *r, const char *jid, const char *kind)
{
	uint64_t now = context_now(&r->broker->context);

	requests_sent(r->requests, now);
	xmpp_subscription(r->broker->xmpp, jid, kind);
	if (strcmp(kind, "unsubscribed"))
		requests_note(r->requests, jid, now);
	set_timer(r);
}

void requester_ask(struct requester *r, const char *jid)
{
	uint64_t now = context_now(&r->broker->context);

	if (requests_fresh(r->requests, jid, now))
		return;
	requests_asked(r->requests, jid, now);
	requester_say(r, jid, "subscribe");
}

void requester_settle(struct requester *r, const char *jid)
{
	if (is_due(r->broker, jid) || is_owed(r->broker, jid))
		requests_note(r->requests, jid, context_now(&r->broker->context));
	else
		requests_drop(r->requests, jid);
	set_timer(r);
}

uint64_t requester_pause(const struct requester *r, const char *jid)
{
	uint64_t due = requests_due(r->requests, jid), now = context_now(&r->broker->context);

	return !due ? 0 : due > now ? (due - now + 999) / 1000 : 1;
}
