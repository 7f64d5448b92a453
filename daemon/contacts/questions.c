/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Without an account there is no connection: then nothing is said, and nobody is asked. */
#include "questions.h"

#include "broker.h"

static bool ready(void *arg)
{
	const struct broker *b = arg;

	return b->xmpp != NULL;
}

static bool keeps_approvals(void *arg)
{
	const struct broker *b = arg;

	return xmpp_keeps_approvals(b->xmpp);
}

static void say(void *arg, const char *jid, const char *kind)
{
	const struct broker *b = arg;

	xmpp_subscription(b->xmpp, jid, kind);
}

const struct requester_ops requester_ops = {
	.ready = ready,
	.keeps_approvals = keeps_approvals,
	.say = say,
};
