/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The negotiations that we began. A fetch is REQUESTED until starting-push names its
 * channel. A push is OFFERED. When the device wants it and our owner agrees, its channel
 * is made and announced; the device accepts the channel when the service there talks. An
 * announcement and a question end with their answer.
 */
#include "hex.h"
#include "neg-internal.h"

#include <assert.h>
#include <string.h>

/*
 * Until the device accepts the channel of a push, the channel's events come here: the
 * owner must not hear of a channel that was never open.
 */
static void on_opening_accepted(void *owner)
{
	struct negotiation *neg = owner;

	assert(neg->ours && neg->state == NEG_STARTING);
	channel_set_events(neg->channel, neg->channel_events, neg->owner);
	neg_enter(neg, NEG_OPEN, 0, "the channel was accepted");
	neg->events->open(neg->owner, neg, neg->channel);
}

static void on_opening_closed(void *owner, const char *reason)
{
	struct negotiation *neg = owner;

	if (!neg->channel)
		return;
	neg->channel = NULL;
	/* The owner may ask another device at once, whose time-outs count from now. */
	negotiations_now(neg->all, link_now(neg->all->channels->link));
	neg_fail(neg, reason ? reason : "ended");
}

/* Not called: before ACCEPT, the channel refuses the records that lead here. */
static void on_opening_data(void *owner, const void *data, size_t n)
{
}

static void on_opening_end(void *owner)
{
}

static void on_opening_exited(void *owner, uint32_t status)
{
}

static const struct channel_events opening_events = {
	.accepted = on_opening_accepted,
	.data = on_opening_data,
	.stderr_data = on_opening_data,
	.end = on_opening_end,
	.exited = on_opening_exited,
	.writable = on_opening_end,
	.closed = on_opening_closed,
};

static struct negotiation *create_ours(struct negotiations *n, const char *id,
				       enum service service, const char *share,
				       const struct initiator_events *events, void *owner)
{
	struct negotiation *neg = neg_create(n, id, service, share);

	neg->ours = true;
	neg->events = events;
	neg->owner = owner;
	return neg;
}

struct negotiation *neg_begin(struct negotiations *n, const uint8_t id[NEG_ID_BYTES],
			      enum service service, const char *share, const char *git_protocol,
			      const struct initiator_events *events,
			      const struct channel_events *channel_events, void *owner,
			      uint64_t now)
{
	struct negotiation *neg;
	char hex[NEG_ID_LEN + 1];

	n->now = now;
	if (n->count >= NEGOTIATIONS_PER_DEVICE)
		return NULL;
	hex_encode(id, NEG_ID_BYTES, hex);
	neg = create_ours(n, hex, service, share, events, owner);
	neg->channel_events = channel_events;
	if (git_protocol)
		strncpy(neg->git_protocol, git_protocol, sizeof(neg->git_protocol) - 1);
	if (neg_is_push(neg)) {
		neg_enter(neg, NEG_OFFERED, NEG_ANSWER_TIMEOUT, "can-push sent");
		neg_say_offer(neg);
	} else {
		neg_enter(neg, NEG_REQUESTED, NEG_ANSWER_TIMEOUT, "push-request sent");
		neg_say_request(neg);
	}
	return neg;
}

struct negotiation *neg_announce(struct negotiations *n, const uint8_t id[NEG_ID_BYTES],
				 const char *share, const void *tips, size_t len,
				 const struct initiator_events *events, void *owner, uint64_t now)
{
	struct buf fields = { 0 };
	struct negotiation *neg;
	char hex[NEG_ID_LEN + 1];

	n->now = now;
	if (n->count >= NEGOTIATIONS_PER_DEVICE)
		return NULL;
	hex_encode(id, NEG_ID_BYTES, hex);
	neg = create_ours(n, hex, SERVICE_UPLOAD_PACK, share, events, owner);
	neg->announcement = true;
	neg_enter(neg, NEG_OFFERED, NEG_ANSWER_TIMEOUT, "announcement sent");
	fields_add(&fields, "id", neg->id);
	fields_add(&fields, "share", neg->share);
	fields_add(&fields, "kind", "announcement");
	buf_append(&fields, tips, len);
	n->events->send(n->owner, RECORD_CAN_PUSH, &fields);
	buf_finish(&fields);
	return neg;
}

struct negotiation *neg_ask_outcome(struct negotiations *n, const char *id, uint64_t received,
				    const struct initiator_events *events, void *owner,
				    uint64_t now)
{
	struct buf fields = { 0 };
	struct negotiation *neg;

	n->now = now;
	if (n->count >= NEGOTIATIONS_PER_DEVICE || neg_find(n, id, true))
		return NULL;
	neg = create_ours(n, id, SERVICE_RECEIVE_PACK, "", events, owner);
	neg->question = true;
	neg_enter(neg, NEG_REQUESTED, NEG_ANSWER_TIMEOUT, "outcome-ask sent");
	fields_add(&fields, "id", neg->id);
	fields_add_u64(&fields, "received", received);
	n->events->send(n->owner, RECORD_OUTCOME_ASK, &fields);
	buf_finish(&fields);
	return neg;
}

void neg_start_push(struct negotiation *neg, uint64_t now)
{
	assert(neg->ours && neg->state == NEG_WANTED);
	neg->all->now = now;
	neg->channel = channel_open(neg->all->channels, &opening_events, neg);
	if (!neg->channel) {
		neg_say(neg, RECORD_WITHDRAW, "reason", "busy");
		neg_fail(neg, "busy");
		return;
	}
	neg_enter(neg, NEG_STARTING, NEG_START_TIMEOUT, "starting-push sent");
	neg_say_channel(neg);
}

void neg_withdraw(struct negotiation *neg, const char *reason)
{
	struct channel *channel = neg->channel;

	assert(neg->ours && neg->state != NEG_OPEN);
	neg_say_withdraw(neg, reason);
	neg->channel = NULL;
	if (channel)
		channel_close(channel, reason);
	neg_end(neg, reason);
}

const char *initiator_wanted(struct negotiation *neg)
{
	if (neg->announcement || neg->question ||
	    (neg->state != NEG_OFFERED && neg->state != NEG_DEFERRED))
		return NULL;
	neg_enter(neg, NEG_WANTED, NEG_ANSWER_TIMEOUT, "push-request came");
	neg->events->wanted(neg->owner, neg);
	return NULL;
}

const char *initiator_started(struct negotiation *neg, uint32_t channel, struct fields f)
{
	/* A device that passes over the window of our request waits for ACCEPT. */
	bool granted = fields_get(f, "window");
	struct channels *all = neg->all->channels;

	if (granted && fields_get_u64(f, "window", 0) != CHANNEL_WINDOW)
		return "window: that of PUSH-REQUEST";
	if (neg->state != NEG_REQUESTED || neg->question)
		return NULL;
	if (granted)
		neg->channel = channel_take(all, channel, neg->channel_events, neg->owner);
	else
		neg->channel = channel_accept(all, channel, neg->channel_events, neg->owner);
	if (!neg->channel)
		return "channel: one of the other side's parity, not in use, of at most 64";
	neg->channel_number = channel;
	neg_enter(neg, NEG_OPEN, 0, "starting-push came");
	neg->events->open(neg->owner, neg, neg->channel);
	return NULL;
}

const char *initiator_refused(struct negotiations *n, const char *id, struct fields f)
{
	struct record record = { .type = RECORD_REFUSE,
				 .payload = (const uint8_t *)f.data,
				 .len = f.len };
	struct negotiation *neg = neg_find(n, id, true);

	if (neg && neg->state != NEG_OPEN)
		neg_fail(neg, record_reason(&record, "refused"));
	return NULL;
}

const char *initiator_seen(struct negotiations *n, const char *id, struct fields f)
{
	const char *state = fields_get(f, "state");
	struct negotiation *neg = neg_find(n, id, true);

	if (!state)
		return "state: must be there";
	if (!neg || neg->question)
		return NULL;
	if (neg->announcement) {
		void (*seen)(void *owner) = neg->events->seen;
		void *owner = neg->owner;

		neg_end(neg, "seen there");
		seen(owner);
		return NULL;
	}
	if (!strcmp(state, "deferred") && (neg->state == NEG_OFFERED || neg->state == NEG_DEFERRED))
		neg_enter(neg, NEG_DEFERRED, NEG_DEFER_TIMEOUT, "deferred there");
	else if (!strcmp(state, "starting") && neg->state == NEG_REQUESTED)
		neg_enter(neg, NEG_REQUESTED, NEG_START_TIMEOUT, "starting there");
	else
		return NULL;
	neg->events->waiting(neg->owner, neg, state);
	return NULL;
}

const char *initiator_outcome(struct negotiations *n, const char *id, struct fields f)
{
	struct negotiation *neg = neg_find(n, id, true);
	const struct initiator_events *events;
	void *owner;

	if (!fields_get(f, "state"))
		return "state: must be there";
	if (!neg || !neg->question)
		return NULL;
	events = neg->events;
	owner = neg->owner;
	neg_end(neg, "answered");
	events->outcome(owner, f);
	return NULL;
}
