/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One timer, set to when the core wants to ask somebody, and a list of the pings that are not
 * answered yet: each is answered once, by the device, by a server, or by time.
 */
#include "inquirer.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "inquiry.h"
#include "log.h"
#include "peer.h"
#include "pushqueue.h"
#include "session.h"

struct question {
	struct question *next;		/* inquirer::questions */
	struct inquirer *inquirer;
	uint64_t handle;
	char full[];
};

struct inquirer {
	struct broker *broker;		/* borrowed */
	struct inquiry *inquiry;	/* owned */
	uint32_t random;
	struct question *questions;	/* owned */
	uv_timer_t timer;
};

static void on_timer(uv_timer_t *timer);

static void set_timer(struct inquirer *i)
{
	uint64_t at = inquiry_deadline(i->inquiry), now = context_now(&i->broker->context);

	if (at == UINT64_MAX)
		uv_timer_stop(&i->timer);
	else
		uv_timer_start(&i->timer, on_timer, at > now ? at - now : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
	struct inquirer *i = timer->data;

	inquiry_tick(i->inquiry, context_now(&i->broker->context));
	set_timer(i);
}

static void forget(struct question *question)
{
	struct question **at = &question->inquirer->questions;

	while (*at != question)
		at = &(*at)->next;
	*at = question->next;
	free(question);
}

static void on_answer(void *arg, const char *error)
{
	struct question *question = arg;
	struct inquirer *i = question->inquirer;
	char *full = xstrdup(question->full);

	forget(question);
	inquiry_answered(i->inquiry, full, error, context_now(&i->broker->context));
	set_timer(i);
	if (error)
		sessions_wake(i->broker);
	else
		broker_answered(i->broker, full);
	free(full);
}

static bool on_ping(void *owner, const char *full)
{
	struct inquirer *i = owner;
	struct question *question;
	size_t size = strlen(full) + 1;

	if (!i->broker->xmpp)
		return false;
	question = xcalloc(1, sizeof(*question) + size);
	question->inquirer = i;
	memcpy(question->full, full, size);
	question->next = i->questions;
	i->questions = question;
	question->handle = xmpp_ping_device(i->broker->xmpp, full, on_answer, question);
	if (question->handle) {
		log_debug("%s: is asked whether it is there", full);
		return true;
	}
	forget(question);
	return false;
}

static void on_show(void *owner, const char *bare)
{
	struct inquirer *i = owner;

	if (!i->broker->xmpp)
		return;
	log_debug("%s: is shown ourselves, and asked for theirs", bare);
	xmpp_available(i->broker->xmpp, bare, true);
}

static bool link_waits(const struct broker *b, const char *jid)
{
	for (const struct peer *p = b->peers.first; p; p = p->next)
		if (p->channels.count && p->link.state != LINK_UP && !strcmp(p->jid, jid))
			return true;
	return false;
}

static enum interest on_interest(void *owner, const char *jid)
{
	struct inquirer *i = owner;
	struct broker *b = i->broker;

	if (!context_counts_as_trusted(&b->context, jid) || context_blocks(&b->context, jid))
		return INTEREST_NONE;
	return link_waits(b, jid) || pushqueue_waits_for(b->pushqueue, jid) ? INTEREST_WAITS : INTEREST_SOME;
}

static void on_gone(void *owner, const char *full, const char *device)
{
	struct inquirer *i = owner;

	broker_device_gone(i->broker, full, device);
}

static const struct inquiry_events inquiry_events = {
	.interest = on_interest,
	.ping = on_ping,
	.show = on_show,
	.gone = on_gone,
};

struct inquirer *inquirer_create(struct broker *b, uint32_t random)
{
	struct inquirer *i = xcalloc(1, sizeof(*i));

	i->broker = b;
	i->random = random;
	i->inquiry = b->context.inquiry = inquiry_create(b->context.presence, &inquiry_events, i, random);
	uv_timer_init(b->loop, &i->timer);
	i->timer.data = i;
	return i;
}

static void on_timer_closed(uv_handle_t *timer)
{
	free(timer->data);
}

/* No answer comes any more. */
static void forget_questions(struct inquirer *i)
{
	while (i->questions) {
		if (i->broker->xmpp)
			xmpp_forget(i->broker->xmpp, i->questions->handle);
		forget(i->questions);
	}
}

void inquirer_destroy(struct inquirer *i)
{
	if (!i)
		return;
	forget_questions(i);
	inquiry_destroy(i->inquiry);
	uv_close((uv_handle_t *)&i->timer, on_timer_closed);
}

void inquirer_online(struct inquirer *i, bool online)
{
	if (online)
		inquiry_online(i->inquiry, context_now(&i->broker->context));
	else
		inquiry_offline(i->inquiry);
	set_timer(i);
}

void inquirer_renew(struct inquirer *i)
{
	forget_questions(i);
	inquiry_destroy(i->inquiry);
	i->inquiry = i->broker->context.inquiry = inquiry_create(i->broker->context.presence, &inquiry_events, i, i->random);
	set_timer(i);
}

void inquirer_unseen(struct inquirer *i, const char *jid)
{
	inquiry_unseen(i->inquiry, jid, context_now(&i->broker->context));
	set_timer(i);
}

void inquirer_want(struct inquirer *i, const char *jid)
{
	inquiry_want(i->inquiry, jid, context_now(&i->broker->context));
	set_timer(i);
}

bool inquirer_pending(const struct inquirer *i, const char *jid)
{
	return inquiry_pending(i->inquiry, jid, context_now(&i->broker->context));
}

void inquirer_doubt(struct inquirer *i, const char *full, const char *error)
{
	inquiry_doubt(i->inquiry, full, error, context_now(&i->broker->context));
	set_timer(i);
}

bool inquirer_unreachable(const struct inquirer *i, const char *jid)
{
	return inquiry_unreachable(i->inquiry, jid);
}

void inquirer_heard(struct inquirer *i, const char *jid, const char *error)
{
	inquiry_heard(i->inquiry, jid, error, context_now(&i->broker->context));
	set_timer(i);
}
