/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * There is one timer, set to the time when inquiry.c wants to ask somebody, and a list of the
 * pings without an answer. Each ping is answered once: by the device, by a server, or by a
 * timeout.
 */
#include "inquirer.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "log.h"
#include "peer.h"

struct question {
	struct question *next;		/* inquirer::questions */
	struct inquirer *inquirer;	/* borrowed */
	uint64_t handle;
	char full[];
};

struct inquirer {
	struct context *context;	/* borrowed */
	const struct peers *peers;	/* borrowed */
	const struct inquirer_ops *ops;
	const struct inquirer_events *events;
	void *owner;
	struct inquiry *inquiry;	/* owned; context::inquiry */
	uint32_t random;
	struct question *questions;	/* owned */
	struct timer timer;
};

static void set_timer(struct inquirer *i)
{
	timer_set(&i->timer, inquiry_deadline(i->inquiry));
}

static void on_timer(void *owner)
{
	struct inquirer *i = owner;

	inquiry_tick(i->inquiry, context_now(i->context));
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

static void on_answer(void *owner, const char *error)
{
	struct question *question = owner;
	struct inquirer *i = question->inquirer;
	char *full = xstrdup(question->full);

	forget(question);
	inquiry_answered(i->inquiry, full, error, context_now(i->context));
	set_timer(i);
	if (error)
		i->events->settled(i->owner);
	else
		i->events->answered(i->owner, full);
	free(full);
}

static bool on_ping(void *owner, const char *full)
{
	struct inquirer *i = owner;
	struct question *question;
	size_t size = strlen(full) + 1;

	question = xcalloc(1, sizeof(*question) + size);
	question->inquirer = i;
	memcpy(question->full, full, size);
	question->next = i->questions;
	i->questions = question;
	question->handle = i->ops->ping(i->owner, full, on_answer, question);
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

	i->ops->show(i->owner, bare);
}

static bool link_waits(const struct inquirer *i, const char *jid)
{
	for (const struct peer *p = i->peers->first; p; p = p->next)
		if (p->channels.count && p->link.state != LINK_UP && !strcmp(p->jid, jid))
			return true;
	return false;
}

static enum interest on_interest(void *owner, const char *jid)
{
	struct inquirer *i = owner;

	if (!context_counts_as_trusted(i->context, jid) || context_blocks(i->context, jid))
		return INTEREST_NONE;
	return link_waits(i, jid) || i->ops->waits(i->owner, jid) ? INTEREST_WAITS : INTEREST_SOME;
}

static void on_gone(void *owner, const char *full, const char *device)
{
	struct inquirer *i = owner;

	i->events->gone(i->owner, full, device);
}

static const struct inquiry_events inquiry_events = {
	.interest = on_interest,
	.ping = on_ping,
	.show = on_show,
	.gone = on_gone,
};

static void begin(struct inquirer *i)
{
	i->inquiry = inquiry_create(i->context->presence, &inquiry_events, i, i->random);
	i->context->inquiry = i->inquiry;
}

struct inquirer *inquirer_create(struct context *context, const struct peers *peers,
				 const struct inquirer_ops *ops,
				 const struct inquirer_events *events, void *owner, uint32_t random)
{
	struct inquirer *i = xcalloc(1, sizeof(*i));

	i->context = context;
	i->peers = peers;
	i->ops = ops;
	i->events = events;
	i->owner = owner;
	i->random = random;
	timer_init(&i->timer, &context->timers, on_timer, i);
	begin(i);
	return i;
}

/* Forgets all pings; no answer comes any more. */
static void forget_questions(struct inquirer *i)
{
	while (i->questions) {
		i->ops->forget(i->owner, i->questions->handle);
		forget(i->questions);
	}
}

void inquirer_destroy(struct inquirer *i)
{
	if (!i)
		return;
	forget_questions(i);
	timer_stop(&i->timer);
	inquiry_destroy(i->inquiry);
	i->context->inquiry = NULL;
	free(i);
}

void inquirer_online(struct inquirer *i, bool online)
{
	if (online)
		inquiry_online(i->inquiry, context_now(i->context));
	else
		inquiry_offline(i->inquiry);
	set_timer(i);
}

void inquirer_renew(struct inquirer *i)
{
	forget_questions(i);
	inquiry_destroy(i->inquiry);
	begin(i);
	set_timer(i);
}

void inquirer_unseen(struct inquirer *i, const char *jid)
{
	inquiry_unseen(i->inquiry, jid, context_now(i->context));
	set_timer(i);
}

void inquirer_want(struct inquirer *i, const char *jid)
{
	inquiry_want(i->inquiry, jid, context_now(i->context));
	set_timer(i);
}

bool inquirer_pending(const struct inquirer *i, const char *jid)
{
	return inquiry_pending(i->inquiry, jid, context_now(i->context));
}

void inquirer_doubt(struct inquirer *i, const char *full, const char *error)
{
	inquiry_doubt(i->inquiry, full, error, context_now(i->context));
	set_timer(i);
}

bool inquirer_unreachable(const struct inquirer *i, const char *jid)
{
	return inquiry_unreachable(i->inquiry, jid);
}

void inquirer_heard(struct inquirer *i, const char *jid, const char *error)
{
	inquiry_heard(i->inquiry, jid, error, context_now(i->context));
	set_timer(i);
}
