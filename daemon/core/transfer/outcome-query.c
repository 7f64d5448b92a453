/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The query asks the device OUTCOME_AGAIN after its start, and again while the push still runs
 * there, until its patience is over. That is OUTCOME_PATIENCE for a device that is online or
 * has a link with us, or that may be there unseen, because we are offline or its server cannot
 * be reached. It is OUTCOME_ABSENT for a device that is gone; an inquiry asks once whether it
 * is there. The device answers from its outcomes (outcome.h).
 */
#include "outcome-query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bounds.h"
#include "context.h"
#include "fields.h"
#include "hex.h"
#include "inquirer.h"
#include "peer.h"
#include "text.h"

struct outcome_query {
	struct outcome_query_host host;
	char *jid;			/* owned */
	char device[DEVICE_ID_LEN + 1];
	char id[NEG_ID_LEN + 1];
	uint64_t received;		/* bytes of the far git's output that we have */
	uint64_t since;
	struct negotiation *question;	/* the question under way, or NULL; borrowed */
	const struct outcome_query_events *events;
	void *owner;
	struct timer timer;
	bool destroyed;			/* freed by the timer, when no function that uses it is on
					   the stack */
};

static bool is_there(const struct outcome_query *l)
{
	return peer_is_there(l->host.peers, l->jid, l->device);
}

/* Whether no answer can be expected. */
static bool is_gone(const struct outcome_query *l)
{
	const struct inquirer *inquirer = l->host.inquirer;

	return l->host.context->online_at && !is_there(l) &&
	       !inquirer_pending(inquirer, l->jid) && !inquirer_unreachable(inquirer, l->jid);
}

/* Sets the time of the next question, or ends the query when its patience is over. */
static void look_again(struct outcome_query *l)
{
	uint64_t now = context_now(l->host.context);

	/* A client does not wait long for a broker that was killed. */
	if (now >= l->since + (is_gone(l) ? OUTCOME_ABSENT : OUTCOME_PATIENCE))
		l->events->unknown(l->owner, false);
	else
		timer_set(&l->timer, now + OUTCOME_AGAIN);
}

/* Hands the output on. False if the device sent something else than hex. */
static bool pass_on_rest(struct outcome_query *l, struct fields f)
{
	const char *key, *value;
	size_t pos = 0, key_len;

	while (fields_next(f, &pos, &key, &key_len, &value)) {
		char bytes[FIELD_VALUE_MAX / 2];
		size_t n = strlen(value) / 2;

		if (!field_is(key, key_len, "data"))
			continue;
		if (strlen(value) % 2 || !hex_decode(value, bytes, n))
			return false;
		l->events->rest(l->owner, bytes, n);
		l->received += n;
	}
	return true;
}

static void on_outcome(void *owner, struct fields f)
{
	struct outcome_query *l = owner;
	const char *state = fields_get(f, "state");
	uint64_t status;

	l->question = NULL;
	if (!strcmp(state, "unknown") || !pass_on_rest(l, f)) {
		l->events->unknown(l->owner, true);
		return;
	}
	if (strcmp(state, "done") || fields_get(f, "more")) {
		look_again(l);
		return;
	}
	status = fields_get_u64(f, "status", 128);
	l->events->exited(l->owner, status < 255 ? status : 255);
}

/* The device does not talk with us any more, and says so: to ask again soon would be no use. */
static bool is_revoked(const char *reason)
{
	return !strcmp(reason, "untrusted") || !strcmp(reason, "removed");
}

static void on_refused(void *owner, struct negotiation *neg, const char *reason)
{
	struct outcome_query *l = owner;

	l->question = NULL;
	if (is_revoked(reason))
		l->events->unknown(l->owner, false);
	else
		look_again(l);
}

/* A question is answered or refused; no other event comes. */
static const struct initiator_events question_events = {
	.outcome = on_outcome,
	.refused = on_refused,
};

/* Asks the device, if it is there. */
static void ask(struct outcome_query *l)
{
	struct peer *p = NULL;

	if (l->question)
		return;
	if (is_there(l))
		p = peer_want(l->host.peers, l->jid, l->device);
	if (p)
		l->question = neg_ask_outcome(&p->negotiations, l->id, l->received,
					      &question_events, l, context_now(l->host.context));
	if (l->question)
		peer_touch(p);
	else
		look_again(l);
}

static void on_timer(void *owner)
{
	struct outcome_query *l = owner;

	if (!l->destroyed) {
		ask(l);
		return;
	}
	free(l->jid);
	free(l);
}

struct outcome_query *outcome_query_create(const struct outcome_query_host *host,
					   const struct outcome_query_question *question,
					   const struct outcome_query_events *events, void *owner)
{
	struct outcome_query *l = xcalloc(1, sizeof(*l));

	l->host = *host;
	l->jid = xstrdup(question->jid);
	snprintf(l->device, sizeof(l->device), "%s", question->device);
	snprintf(l->id, sizeof(l->id), "%s", question->id);
	l->received = question->received;
	l->since = context_now(host->context);
	l->events = events;
	l->owner = owner;
	timer_init(&l->timer, &host->context->timers, on_timer, l);
	if (!is_there(l))
		inquirer_want(host->inquirer, l->jid);
	look_again(l);
	return l;
}

void outcome_query_destroy(struct outcome_query *l)
{
	if (!l)
		return;
	if (l->question)
		neg_withdraw(l->question, "cancelled");
	l->question = NULL;
	l->destroyed = true;
	timer_set(&l->timer, 0);
}
