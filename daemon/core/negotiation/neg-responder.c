/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The negotiations that the device began, and we serve. A record is answered in the call
 * that brings it: with push-request or seen, with a refusal and its reason, or by
 * starting the service, whose channel is made when the service talks.
 */
#include "neg-internal.h"

#include <assert.h>
#include <string.h>

/* Repeats the answer to a request that is under way, and does nothing else. */
static void answer_again(struct negotiation *neg)
{
	if (neg->state == NEG_DEFERRED)
		neg_say(neg, RECORD_SEEN, "state", "deferred");
	else if (neg_is_push(neg))
		neg_say_request(neg);
	else if (neg->state == NEG_OPEN)
		neg_say_channel(neg);
	else
		neg_say(neg, RECORD_SEEN, "state", "starting");
}

/*
 * The device begins something: makes a negotiation that we serve. NULL if it was refused,
 * or if it is under way already and got its answer again.
 */
static struct negotiation *take(struct negotiations *n, const char *id, enum service service,
				const char *share)
{
	struct negotiation *known = neg_find(n, id, false);
	const char *reason = NULL;

	if (known && known->service == service && !strcmp(known->share, share)) {
		answer_again(known);
		return NULL;
	}
	/* An id is used for one thing only, and once. */
	if (known || neg_find(n, id, true) || neg_is_over(n, id))
		reason = "ended";
	else if (n->count >= NEGOTIATIONS_PER_DEVICE)
		reason = "busy";
	else
		reason = n->events->authorize(n->owner, service, share);
	if (reason) {
		neg_refuse(n, id, reason);
		if (!known)
			neg_note_over(n, id);
		return NULL;
	}
	return neg_create(n, id, service, share);
}

/* The version goes into the environment of a child: only known values pass. */
static void take_git_protocol(struct negotiation *neg, struct fields f)
{
	const char *version = fields_get(f, "git-protocol");

	if (version && (!strcmp(version, "0") || !strcmp(version, "1") || !strcmp(version, "2")))
		strcpy(neg->git_protocol, version);
}

static void serve(struct negotiation *neg, const char *because)
{
	void *serving;
	char id[NEG_ID_LEN + 1];
	struct negotiations *n = neg->all;

	neg_enter(neg, NEG_STARTING, NEG_START_NOTICE, because);
	memcpy(id, neg->id, sizeof(id));
	serving = n->events->start(n->owner, neg);
	/* The service may have failed within the call, and neg is gone then. */
	neg = neg_find(n, id, false);
	if (neg)
		neg->serving = serving;
}

const char *responder_can_push(struct negotiations *n, const char *id, struct fields f)
{
	const char *share = fields_get(f, "share"), *kind = fields_get(f, "kind");
	struct negotiation *neg;

	if (!share)
		return "share: must be there";
	if (!share_name_valid(share)) {
		neg_refuse(n, id, "not-shared");
		return NULL;
	}
	/*
	 * A kind of a later version: it must not be taken for a push, and needs an
	 * answer.
	 */
	if (kind && strcmp(kind, "announcement")) {
		neg_refuse(n, id, "unsupported");
		return NULL;
	}
	if (kind) {
		n->events->announced(n->owner, share, f);
		neg_answer(n, id, RECORD_SEEN, "state", "announcement");
		return NULL;
	}
	neg = take(n, id, SERVICE_RECEIVE_PACK, share);
	if (!neg)
		return NULL;
	take_git_protocol(neg, f);
	if (neg_must_wait(neg)) {
		neg_enter(neg, NEG_DEFERRED, NEG_DEFER_RENEW,
			  "another push of the share is under way");
		neg_say(neg, RECORD_SEEN, "state", "deferred");
	} else {
		neg_enter(neg, NEG_REQUESTED, NEG_ANSWER_TIMEOUT, "can-push came");
		neg_say_request(neg);
	}
	return NULL;
}

const char *responder_push_request(struct negotiations *n, const char *id, struct fields f)
{
	const char *share = fields_get(f, "share"), *service = fields_get(f, "service");
	/* Of a device that says none, or none that is a number, ACCEPT is awaited. */
	uint64_t window = fields_get_u64(f, "window", 0);
	int wanted = service_by_name(service);
	struct negotiation *neg;

	if (window > CREDIT_MAX)
		return "window: at most 2^30";
	/* The answer to an offer that we have withdrawn meanwhile. */
	if (wanted == SERVICE_RECEIVE_PACK)
		return NULL;
	if (wanted < 0 || !share_name_valid(share)) {
		neg_refuse(n, id, wanted < 0 ? "unsupported" : "not-shared");
		return NULL;
	}
	neg = take(n, id, wanted, share);
	if (!neg)
		return NULL;
	take_git_protocol(neg, f);
	neg->window = (uint32_t)window;
	serve(neg, "push-request came");
	return NULL;
}

const char *responder_starting_push(struct negotiations *n, const char *id, uint32_t channel)
{
	struct negotiation *neg = neg_find(n, id, false);
	const char *reason;

	if (!neg)
		neg_refuse(n, id, "ended");
	if (!neg || neg->state != NEG_REQUESTED)
		return NULL;
	/* The last check: the permission may have changed since can-push. */
	reason = n->events->authorize(n->owner, neg->service, neg->share);
	if (reason) {
		neg_refuse(n, id, reason);
		neg_fail(neg, reason);
		return NULL;
	}
	neg->channel_number = channel;
	serve(neg, "starting-push came");
	return NULL;
}

struct channel *neg_started(struct negotiation *neg, const struct channel_events *events,
			    void *owner, uint64_t now)
{
	assert(!neg->ours && neg->state == NEG_STARTING);
	neg->all->now = now;
	if (neg_is_push(neg))
		neg->channel =
			channel_accept(neg->all->channels, neg->channel_number, events, owner);
	else
		neg->channel = channel_open(neg->all->channels, events, owner);
	if (!neg->channel) {
		neg_say(neg, RECORD_REFUSE, "reason", "busy");
		neg_fail(neg, "busy");
		return NULL;
	}
	if (!neg_is_push(neg)) {
		neg_say_channel(neg);
		if (neg->window)
			channel_grant(neg->channel, neg->window);
	}
	/*
	 * A channel that the device announced is open with our ACCEPT. One that we
	 * announce is open if the device granted credit for it, or with the device's ACCEPT.
	 */
	neg_enter(neg, NEG_OPEN, neg_is_push(neg) || neg->window ? 0 : NEG_ACCEPT_TIMEOUT,
		  "the service talks");
	return neg->channel;
}

void neg_failed(struct negotiation *neg, const char *reason, uint64_t now)
{
	assert(!neg->ours && neg->state == NEG_STARTING);
	neg->all->now = now;
	neg->serving = NULL;
	neg_say(neg, RECORD_REFUSE, "reason", reason);
	neg_fail(neg, reason);
}

void neg_active(struct negotiation *neg)
{
	neg->active = true;
}

const char *responder_withdrawn(struct negotiations *n, const char *id, struct fields f)
{
	struct negotiation *neg = neg_find(n, id, false);

	if (!neg)
		return NULL;
	/*
	 * The withdrawal crossed our starting-push or ACCEPT: nobody will use that
	 * channel. The channel's owner calls neg_done().
	 */
	if (neg->state == NEG_OPEN)
		channel_close(neg->channel, "withdrawn");
	else
		neg_fail(neg, "withdrawn");
	return NULL;
}

const char *responder_outcome_asked(struct negotiations *n, const char *id, struct fields f)
{
	uint64_t received = fields_get_u64(f, "received", UINT64_MAX);
	struct buf fields = { 0 };

	if (received == UINT64_MAX)
		return "received: a number";
	fields_add(&fields, "id", id);
	n->events->outcome(n->owner, id, received, &fields);
	n->events->send(n->owner, RECORD_OUTCOME, &fields);
	buf_finish(&fields);
	return NULL;
}
