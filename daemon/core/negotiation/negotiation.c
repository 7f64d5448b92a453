/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The happy path of a push: neg_begin() sends can-push; the device's
 * negotiations_record() judges it and answers push-request in the same call; our owner says
 * neg_start_push(), which makes the channel and sends starting-push; the
 * device starts receive-pack and, when it talks, accepts the channel; we are
 * open. A fetch is the second half of that, begun by the receiver.
 *
 * What can go wrong: no answer (a timer in each state), a refusal, a
 * withdrawal, a device that says things out of turn (ignored, or the link
 * ends), the link's end. All of them come to neg_end(), which runs once.
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

/* The one writer of the state. */
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

struct negotiation *neg_find(const struct negotiations *n, const char *id, bool ours)
{
	for (struct negotiation *neg = n->first; neg; neg = neg->next)
		if (neg->ours == ours && !strcmp(neg->id, id))
			return neg;
	return NULL;
}

bool neg_is_over(const struct negotiations *n, const char *id)
{
	for (unsigned i = 0; i < NEG_ENDED_KEPT && n->ended[i][0]; i++)
		if (!strcmp(n->ended[i], id))
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
	while (*end)
		end = &(*end)->next;
	*end = neg;
	n->count++;
	return neg;
}

void neg_end(struct negotiation *neg, const char *because)
{
	struct negotiations *n = neg->all;
	struct negotiation **at = &n->first;
	bool ours = neg->ours;

	neg_enter(neg, NEG_ENDED, 0, because);
	while (*at != neg)
		at = &(*at)->next;
	*at = neg->next;
	n->count--;
	memcpy(n->ended[n->ended_next], neg->id, sizeof(neg->id));
	n->ended_next = (n->ended_next + 1) % NEG_ENDED_KEPT;
	free(neg);
	/* What we began keeps nobody waiting. */
	if (!ours)
		neg_start_deferred(n);
}

void neg_fail(struct negotiation *neg, const char *reason)
{
	const struct request_events *events = neg->events;
	struct channel *channel = neg->channel;

	assert(neg->state != NEG_OPEN && neg->state != NEG_ENDED);
	/* on_opening_closed() is called, and has nothing to do any more. */
	neg->channel = NULL;
	if (channel)
		channel_close(channel, reason);
	if (neg->ours)
		events->refused(neg->owner, neg, reason);
	else if (neg->serving)
		neg->all->events->stop(neg->all->owner, neg->serving);
	neg_end(neg, reason);
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
	/* Of a push the one who pushes says it. */
	if (*neg->git_protocol && neg->ours)
		fields_add(&fields, "git-protocol", neg->git_protocol);
	neg->all->events->send(neg->all->owner, RECORD_PUSH_REQUEST, &fields);
	buf_finish(&fields);
}

void neg_say_channel(struct negotiation *neg)
{
	struct buf fields = { 0 };

	fields_add(&fields, "id", neg->id);
	fields_add_u64(&fields, "channel", channel_number(neg->channel));
	neg->all->events->send(neg->all->owner, RECORD_STARTING_PUSH, &fields);
	buf_finish(&fields);
}

void negotiations_init(struct negotiations *n, const struct negotiation_events *events,
		       void *owner, struct channels *channels)
{
	*n = (struct negotiations){ .events = events, .owner = owner, .channels = channels };
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

void negotiations_finish(struct negotiations *n, const char *reason, uint64_t now)
{
	struct negotiation *neg;

	/* Whoever is told may turn to another device, and gives it the whole time to answer. */
	n->now = now;
	while (n->watches) {
		struct neg_watch *watch = n->watches;

		negotiations_unwatch(watch);
		watch->gone(watch, reason);
	}
	neg = n->first;
	while (neg) {
		if (neg->state == NEG_OPEN) {
			/* Its channel's owner is about to say neg_done(). */
			neg = neg->next;
			continue;
		}
		neg_fail(neg, reason);
		neg = n->first;
	}
}

void neg_done(struct negotiation *neg, uint64_t now)
{
	assert(neg->state == NEG_OPEN);
	neg->all->now = now;
	neg_end(neg, "its channel is closed");
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

/* Either the answer to an offer of ours, or what the device begins. */
static const char *on_push_request(struct negotiations *n, const char *id, struct fields f)
{
	struct negotiation *neg = neg_find(n, id, true);

	if (!fields_get(f, "share"))
		return "share: must be there";
	if (!fields_get(f, "service"))
		return "service: must be there";
	return neg ? request_wanted(neg) : serving_push_request(n, id, f);
}

/* This very starting-push came before. */
static bool started_before(const struct negotiations *n, const char *id, uint64_t channel)
{
	const struct negotiation *ours = neg_find(n, id, true), *theirs = neg_find(n, id, false);

	return channel && ((ours && ours->channel_number == channel) ||
			   (theirs && theirs->channel_number == channel));
}

/* Either what we asked for, or the device's push that we asked for. */
static const char *on_starting_push(struct negotiations *n, const char *id, struct fields f)
{
	uint64_t channel = fields_get_u64(f, "channel", 0);
	struct negotiation *neg = neg_find(n, id, true);

	if (started_before(n, id, channel))
		return NULL;
	if (channel_number_is_ours(n->channels, (uint32_t)channel))
		return "channel: of the parity of who announces it";
	/* Otherwise numbers are never used twice in a link. */
	if (channel > UINT32_MAX || !channel_announced(n->channels, (uint32_t)channel))
		return "channel: a number of 32 bits, above those before";
	return neg ? request_started(neg, channel) : serving_starting_push(n, id, channel);
}

const char *negotiations_record(struct negotiations *n, const struct record *record, uint64_t now)
{
	static const struct {
		enum record_type type;
		const char *(*handle)(struct negotiations *n, const char *id, struct fields f);
	} rows[] = {
		{ RECORD_CAN_PUSH, serving_can_push },
		{ RECORD_PUSH_REQUEST, on_push_request },
		{ RECORD_STARTING_PUSH, on_starting_push },
		{ RECORD_REFUSE, request_refused },
		{ RECORD_WITHDRAW, serving_withdrawn },
		{ RECORD_SEEN, request_seen },
		{ RECORD_OUTCOME_ASK, serving_outcome_asked },
		{ RECORD_OUTCOME, request_outcome },
	};
	struct fields f = { (const char *)record->payload, record->len };
	char copy[NEG_ID_LEN + 1];
	const char *id;

	n->now = now;
	if (!fields_valid(f))
		return FIELDS_RULE;
	id = fields_get(f, "id");
	if (!id || strlen(id) != NEG_ID_LEN || strspn(id, "0123456789abcdef") != NEG_ID_LEN)
		return "id: 24 digits of lower-case hex";
	memcpy(copy, id, sizeof(copy));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].type == record->type)
			return rows[i].handle(n, copy, f);
	return "type: none of a negotiation";
}

uint64_t negotiations_deadline(const struct negotiations *n)
{
	uint64_t least = neg_turns_deadline(n);

	for (const struct negotiation *neg = n->first; neg; neg = neg->next)
		if (neg->deadline < least)
			least = neg->deadline;
	return least;
}

/* The device has asked for a service, which runs, and does not take the channel. Its owner says neg_done(). */
static void await_accept(struct negotiation *neg)
{
	neg->deadline = UINT64_MAX;
	if (channel_is_open(neg->channel))
		return;
	/* A link without a path has a limit of its own; nobody can be blamed meanwhile. */
	if (neg->all->channels->link->state != LINK_UP)
		neg->deadline = neg->all->now + NEG_ACCEPT_TIMEOUT;
	else
		channel_close(neg->channel, "timeout");
}

/* A deadline has passed. */
static void expire(struct negotiation *neg)
{
	if (neg->state == NEG_OPEN) {
		await_accept(neg);
		return;
	}
	if (!neg->ours && neg->state == NEG_DEFERRED) {
		neg_enter(neg, NEG_DEFERRED, NEG_DEFER_RENEW, "still waits");
		neg_say(neg, RECORD_SEEN, "state", "deferred");
		return;
	}
	if (!neg->ours && neg->state == NEG_STARTING && !neg->noticed) {
		neg->noticed = true;
		neg->deadline = neg->since + NEG_START_TIMEOUT;
		neg_say(neg, RECORD_SEEN, "state", "starting");
		return;
	}
	if (neg->ours)
		neg_say(neg, RECORD_WITHDRAW, "reason", "timeout");
	else
		neg_say(neg, RECORD_REFUSE, "reason", "timeout");
	neg_fail(neg, "timeout");
}

void negotiations_tick(struct negotiations *n, uint64_t now)
{
	struct negotiation *neg;

	n->now = now;
again:
	for (neg = n->first; neg; neg = neg->next) {
		if (neg->deadline > now)
			continue;
		/* Taking one out may change the list in any way. */
		expire(neg);
		goto again;
	}
	neg_start_deferred(n);
}

void negotiations_turn_free(struct negotiations *n, uint64_t now)
{
	n->now = now;
	neg_start_deferred(n);
}
