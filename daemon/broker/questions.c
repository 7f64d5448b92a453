/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Without an account there is no connection: then nothing is sent. */
#include "questions.h"

#include "broker.h"
#include "log.h"
#include "push-queue.h"
#include "server-events.h"

static bool ready(void *arg)
{
	const struct broker *b = arg;

	return b->xmpp != NULL;
}

static bool keeps_approvals(void *arg)
{
	const struct broker *b = arg;

	return account_keeps_approvals(b->xmpp);
}

static void say(void *arg, const char *jid, const char *kind)
{
	const struct broker *b = arg;

	account_subscription(b->xmpp, jid, kind);
}

const struct requester_ops requester_ops = {
	.ready = ready,
	.keeps_approvals = keeps_approvals,
	.say = say,
};

static uint64_t ping(void *arg, const char *full, inquirer_answer_fn *answer, void *owner)
{
	const struct broker *b = arg;

	return b->xmpp ? account_ping_device(b->xmpp, full, answer, owner) : 0;
}

static void forget(void *arg, uint64_t handle)
{
	const struct broker *b = arg;

	if (b->xmpp)
		account_forget(b->xmpp, handle);
}

static void show(void *arg, const char *bare)
{
	const struct broker *b = arg;

	if (!b->xmpp)
		return;
	log_debug("%s: is shown ourselves, and asked for theirs", bare);
	account_available(b->xmpp, bare, true);
}

static bool waits(void *arg, const char *jid)
{
	const struct broker *b = arg;

	return push_queue_waits_for(b->push_queue, jid);
}

const struct inquirer_ops inquirer_ops = {
	.ping = ping,
	.forget = forget,
	.show = show,
	.waits = waits,
};

static void on_gone(void *owner, const char *full, const char *device)
{
	broker_device_gone(owner, full, device);
}

static void on_answered(void *owner, const char *full)
{
	broker_answered(owner, full);
}

static void on_settled(void *owner)
{
	broker_wake(owner);
}

const struct inquirer_events inquirer_events = {
	.gone = on_gone,
	.answered = on_answered,
	.settled = on_settled,
};
