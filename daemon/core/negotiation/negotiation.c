/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The happy path of a push: neg_begin() sends can-push. The device's
 * negotiations_record() decides on it and answers push-request in the same call. Our
 * owner calls neg_start_push(), which makes the channel and sends starting-push. The
 * device starts receive-pack and accepts the channel when receive-pack talks. Then we are
 * open. A fetch is the second half of that, begun by the receiver.
 *
 * What can go wrong: no answer (a timer in each state), a refusal, a withdrawal, a device
 * that sends records out of turn (ignored, or the link ends), the link's end. All of them
 * come to neg_end(), which runs once.
 */
#include "neg-internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "log.h"

const char *neg_state_name(enum neg_state state)
{
	static const char *const names[] = {
		"requested", "offered", "wanted", "deferred", "starting", "open", "ended",
	};

	return names[state];
}

void neg_enter(struct negotiation *neg, enum neg_state state, uint64_t timeout,
		  const char *because)
{
	log_debug("negotiation %.8s %s '%s': %s -> %s, %s", neg->id, service_name(neg->service),
		  neg->share, neg_state_name(neg->state), neg_state_name(state), because);
	neg->state = state;
	neg->since = neg->all->now;
	neg->deadline = timeout ? neg->all->now + timeout : UINT64_MAX;
}

bool neg_is_push(const struct negotiation *neg)
{
	return neg->service == SERVICE_RECEIVE_PACK;
}

static bool same_id(const char *a, const char *b)
{
	return !memcmp(a, b, NEG_ID_LEN);
}

struct negotiation *neg_find(const struct negotiations *n, const char *id, bool ours)
{
	for (struct negotiation *neg = n->first; neg; neg = neg->next)
		if (neg->ours == ours && same_id(neg->id, id))
			return neg;
	return NULL;
}

void neg_note_over(struct negotiations *n, const char *id)
{
	if (neg_is_over(n, id))
		return;
	memcpy(n->ended[n->ended_next], id, NEG_ID_LEN + 1);
	n->ended_next = (n->ended_next + 1) % NEG_ENDED_KEPT;
}

bool neg_is_over(const struct negotiations *n, const char *id)
{
	for (unsigned i = 0; i < NEG_ENDED_KEPT && n->ended[i][0]; i++)
		if (same_id(n->ended[i], id))
			return true;
	return false;
}

struct negotiation *neg_create(struct negotiations *n, const char *id, enum service service,
				  const char *share)
{
	struct negotiation *neg, **end = &n->first;

	neg = xcalloc(1, sizeof(*neg));
	neg->all = n;
	neg->service = service;
	neg->deadline = UINT64_MAX;
	memcpy(neg->id, id, NEG_ID_LEN);
	strncpy(neg->share, share, sizeof(neg->share) - 1);
	neg->share_number = ++n->share_numbers;
	for (; *end; end = &(*end)->next)
		if (!strcmp((*end)->share, neg->share))
			neg->share_number = (*end)->share_number;
	*end = neg;
	n->count++;
	return neg;
}

void neg_answer(struct negotiations *n, const char *id, enum record_type type, const char *key,
		      const char *value)
{
	struct buf fields = { 0 };

	fields_add(&fields, "id", id);
	fields_add(&fields, key, value);
	n->events->send(n->owner, type, &fields);
	buf_finish(&fields);
}

void neg_refuse(struct negotiations *n, const char *id, const char *reason)
{
	neg_answer(n, id, RECORD_REFUSE, "reason", reason);
}

void neg_say(struct negotiation *neg, enum record_type type, const char *key,
			const char *value)
{
	struct buf fields = { 0 };

	fields_add(&fields, "id", neg->id);
	fields_add(&fields, key, value);
	neg->all->events->send(neg->all->owner, type, &fields);
	buf_finish(&fields);
}

void neg_say_withdraw(struct negotiation *neg, const char *reason)
{
	if (!neg->question)
		neg_say(neg, RECORD_WITHDRAW, "reason", reason);
}

void neg_say_offer(struct negotiation *neg)
{
	struct buf fields = { 0 };

	fields_add(&fields, "id", neg->id);
	fields_add(&fields, "share", neg->share);
	if (*neg->git_protocol)
		fields_add(&fields, "git-protocol", neg->git_protocol);
	neg->all->events->send(neg->all->owner, RECORD_CAN_PUSH, &fields);
	buf_finish(&fields);
}

void neg_say_request(struct negotiation *neg)
{
	struct buf fields = { 0 };

	fields_add(&fields, "id", neg->id);
	fields_add(&fields, "share", neg->share);
	fields_add(&fields, "service", service_name(neg->service));
	/* For a push, the pusher's can-push says it. */
	if (*neg->git_protocol && neg->ours)
		fields_add(&fields, "git-protocol", neg->git_protocol);
	/* So that the service need not wait for ACCEPT with its first words. */
	if (neg->ours)
		fields_add_u64(&fields, "window", CHANNEL_WINDOW);
	neg->all->events->send(neg->all->owner, RECORD_PUSH_REQUEST, &fields);
	buf_finish(&fields);
}

void neg_say_channel(struct negotiation *neg)
{
	struct buf fields = { 0 };

	fields_add(&fields, "id", neg->id);
	fields_add_u64(&fields, "channel", channel_number(neg->channel));
	if (neg->window)
		fields_add_u64(&fields, "window", neg->window);
	neg->all->events->send(neg->all->owner, RECORD_STARTING_PUSH, &fields);
	buf_finish(&fields);
}

void negotiations_init(struct negotiations *n, const struct negotiation_events *events,
		       void *owner, struct channels *channels)
{
	*n = (struct negotiations){ .events = events, .owner = owner, .channels = channels };
}

void negotiations_now(struct negotiations *n, uint64_t now)
{
	if (now > n->now)
		n->now = now;
}

void negotiations_watch(struct negotiations *n, struct neg_watch *watch)
{
	watch->next = n->watches;
	watch->at = &n->watches;
	if (watch->next)
		watch->next->at = &watch->next;
	n->watches = watch;
}

void negotiations_unwatch(struct neg_watch *watch)
{
	if (!watch->at)
		return;
	*watch->at = watch->next;
	if (watch->next)
		watch->next->at = watch->at;
	watch->at = NULL;
}

struct negotiation *neg_next(const struct negotiation *neg)
{
	return neg->next;
}

bool neg_ours(const struct negotiation *neg)
{
	return neg->ours;
}

uint64_t neg_deadline(const struct negotiation *neg)
{
	return neg->deadline;
}

const char *neg_id(const struct negotiation *neg)
{
	return neg->id;
}

enum service neg_service(const struct negotiation *neg)
{
	return neg->service;
}

const char *neg_share(const struct negotiation *neg)
{
	return neg->share;
}

const char *neg_git_protocol(const struct negotiation *neg)
{
	return neg->git_protocol;
}

enum neg_state neg_state(const struct negotiation *neg)
{
	return neg->state;
}
