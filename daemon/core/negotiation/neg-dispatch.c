/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dispatches what comes to the negotiations of a device: a record, which is for those
 * that we began (neg-initiator.c) or for those that we serve (neg-responder.c), or a
 * deadline that has passed.
 */
#include "neg-internal.h"

#include <string.h>

#include "alloc.h"

/* A push-request answers an offer of ours, or begins something of the device's. */
static const char *on_push_request(struct negotiations *n, const char *id, struct fields f)
{
	const char *share = fields_get(f, "share"), *service = fields_get(f, "service");
	struct negotiation *neg = neg_find(n, id, true);

	if (!share)
		return "share: must be there";
	if (!service)
		return "service: must be there";
	if (!neg)
		return responder_push_request(n, id, f);
	if (service_by_name(service) == (int)neg->service && !strcmp(share, neg->share))
		return initiator_wanted(neg);
	neg_refuse(n, id, "ended");
	return NULL;
}

/* Whether this starting-push is a repeated one. */
static bool started_before(const struct negotiations *n, const char *id, uint64_t channel)
{
	const struct negotiation *ours = neg_find(n, id, true), *theirs = neg_find(n, id, false);

	return channel && ((ours && ours->channel_number == channel) ||
			   (theirs && theirs->channel_number == channel));
}

/* A starting-push is for our fetch, or for the device's push that we asked for. */
static const char *on_starting_push(struct negotiations *n, const char *id, struct fields f)
{
	uint64_t channel = fields_get_u64(f, "channel", 0);
	struct negotiation *neg = neg_find(n, id, true);

	if (started_before(n, id, channel))
		return NULL;
	if (channel_number_is_ours(n->channels, (uint32_t)channel))
		return "channel: of the parity of who announces it";
	/* In any other starting-push the number must be a new one of this link. */
	if (channel > UINT32_MAX || !channel_announced(n->channels, (uint32_t)channel))
		return "channel: a number of 32 bits, above those before";
	return neg ? initiator_started(neg, channel, f) : responder_starting_push(n, id, channel);
}

const char *negotiations_record(struct negotiations *n, const struct record *record, uint64_t now)
{
	static const struct {
		enum record_type type;
		const char *(*handle)(struct negotiations *n, const char *id, struct fields f);
	} rows[] = {
		{ RECORD_CAN_PUSH, responder_can_push },
		{ RECORD_PUSH_REQUEST, on_push_request },
		{ RECORD_STARTING_PUSH, on_starting_push },
		{ RECORD_REFUSE, initiator_refused },
		{ RECORD_WITHDRAW, responder_withdrawn },
		{ RECORD_SEEN, initiator_seen },
		{ RECORD_OUTCOME_ASK, responder_outcome_asked },
		{ RECORD_OUTCOME, initiator_outcome },
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
	uint64_t least = neg_order_deadline(n);

	for (const struct negotiation *neg = n->first; neg; neg = neg->next)
		if (neg->deadline < least)
			least = neg->deadline;
	return least;
}

/*
 * The service that the device asked for runs, and the device does not accept the channel.
 * The channel's owner calls neg_done().
 */
static void await_accept(struct negotiation *neg)
{
	neg->deadline = UINT64_MAX;
	if (channel_is_open(neg->channel))
		return;
	/*
	 * A link without a path has a limit of its own, and the device cannot answer
	 * meanwhile.
	 */
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
		neg_say_withdraw(neg, "timeout");
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
		/* The end of one may change the list in any way. */
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
