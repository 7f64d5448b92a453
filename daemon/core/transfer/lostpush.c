/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asked at once, and again while the push still runs there, for as long as
 * there is patience: OUTCOME_PATIENCE with a device that is online or has a link with us, or that
 * nobody can know to be gone, because we are offline or its server cannot be reached; OUTCOME_ABSENT with one that is
 * gone, which is asked once whether it is. The device answers from its outcomes (core/outcome.h).
 */
#include "lostpush.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "fields.h"
#include "inquirer.h"
#include "log.h"
#include "peer.h"

struct lost_push {
	struct broker *broker;		/* borrowed */
	char *jid;			/* owned */
	char device[DEVICE_ID_LEN + 1];
	char id[NEG_ID_LEN + 1];
	uint64_t received;		/* of the far git's output */
	uint64_t since;
	struct negotiation *question;	/* under way, or NULL */
	const struct lost_push_events *events;
	void *owner;
	uv_timer_t timer;
};

static void on_timer(uv_timer_t *timer);

/* The next look: soon, or when there is no more patience, never. */
static void look_again(struct lost_push *l)
{
	struct broker *b = l->broker;
	bool gone = b->context.online_at && !broker_has_device(b, l->jid, l->device) &&
		    !inquirer_pending(b->inquirer, l->jid) && !inquirer_unreachable(b->inquirer, l->jid);

	/* Nobody is kept waiting long for a broker that was killed. */
	if (context_now(&b->context) >= l->since + (gone ? OUTCOME_ABSENT : OUTCOME_PATIENCE))
		l->events->unknown(l->owner, false);
	else
		uv_timer_start(&l->timer, on_timer, OUTCOME_AGAIN, 0);
}

/* False if what the device sent is nothing of the kind. */
static bool pass_on_rest(struct lost_push *l, struct fields f)
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
	struct lost_push *l = owner;
	const char *state = fields_get(f, "state");

	l->question = NULL;
	if (!strcmp(state, "unknown") || !pass_on_rest(l, f)) {
		l->events->unknown(l->owner, true);
		return;
	}
	if (strcmp(state, "done") || fields_get(f, "more")) {
		look_again(l);
		return;
	}
	l->events->exited(l->owner, fields_get_u64(f, "status", 128) & 255);
}

/* The device speaks with us no more, and says so: to ask it again soon would be in vain. */
static bool is_shut_out(const char *reason)
{
	return !strcmp(reason, "untrusted") || !strcmp(reason, "removed");
}

static void on_refused(void *owner, struct negotiation *neg, const char *reason)
{
	struct lost_push *l = owner;

	l->question = NULL;
	if (is_shut_out(reason))
		l->events->unknown(l->owner, false);
	else
		look_again(l);
}

/* A question is answered or refused; nothing else happens to one. */
static const struct request_events question_events = {
	.outcome = on_outcome,
	.refused = on_refused,
};

/* Asks the device, if it is there. */
static void on_timer(uv_timer_t *timer)
{
	struct lost_push *l = timer->data;
	struct broker *b = l->broker;
	struct peer *p = NULL;

	if (l->question)
		return;
	if (broker_has_device(b, l->jid, l->device))
		p = peer_want(&b->peers, l->jid, l->device);
	if (p)
		l->question = neg_ask_outcome(&p->negotiations, l->id, l->received, &question_events, l,
					      context_now(&b->context));
	if (l->question)
		peer_touch(p);
	else
		look_again(l);
}

struct lost_push *lost_push_create(struct broker *b, const char *jid, const char *device, const char *id,
				   uint64_t received, const struct lost_push_events *events, void *owner)
{
	struct lost_push *l = xcalloc(1, sizeof(*l));

	l->broker = b;
	l->jid = xstrdup(jid);
	snprintf(l->device, sizeof(l->device), "%s", device);
	snprintf(l->id, sizeof(l->id), "%s", id);
	l->received = received;
	l->since = context_now(&b->context);
	l->events = events;
	l->owner = owner;
	uv_timer_init(b->loop, &l->timer);
	l->timer.data = l;
	if (!broker_has_device(b, jid, device))
		inquirer_want(b->inquirer, jid);
	look_again(l);
	return l;
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct lost_push *l = handle->data;

	free(l->jid);
	free(l);
}

void lost_push_destroy(struct lost_push *l)
{
	if (!l)
		return;
	if (l->question)
		neg_withdraw(l->question, "cancelled");
	l->question = NULL;
	uv_close((uv_handle_t *)&l->timer, on_timer_closed);
}
