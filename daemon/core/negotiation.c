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
#include "negotiation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "devicekey.h"
#include "fields.h"
#include "log.h"

struct negotiation {
	struct negotiations *all;		/* borrowed */
	struct negotiation *next;
	char id[NEG_ID_LEN + 1];
	char share[SHARE_NAME_MAX];
	char git_protocol[8];
	enum service service;
	enum neg_state state;
	bool ours;				/* we began it */
	bool announcement;			/* nothing is to be pushed: seen ends it */
	bool question;				/* for an outcome */
	bool active;				/* the pusher's first byte has come */
	bool noticed;				/* the device knows that its service is being started */
	uint64_t since;				/* when the state was entered */
	uint64_t deadline;			/* UINT64_MAX: none */
	const struct request_events *events;	/* if ours */
	const struct channel_events *channel_events;
	void *owner;
	struct channel *channel;		/* borrowed from channels */
	uint32_t channel_number;		/* the pusher's, until accepted */
	void *serving;				/* what start returned */
};

const char *neg_state_name(enum neg_state state)
{
	static const char *const names[] = {
		"requested", "offered", "wanted", "deferred", "starting", "open", "ended",
	};

	return names[state];
}

/* The one writer of the state. */
static void enter(struct negotiation *neg, enum neg_state state, uint64_t timeout,
		  const char *because)
{
	log_debug("negotiation %.8s %s '%s': %s -> %s, %s", neg->id, service_name(neg->service),
		  neg->share, neg_state_name(neg->state), neg_state_name(state), because);
	neg->state = state;
	neg->since = neg->all->now;
	neg->deadline = timeout ? neg->all->now + timeout : UINT64_MAX;
}

static void send_simple(struct negotiation *neg, enum record_type type, const char *key,
			const char *value)
{
	struct buf fields = { 0 };

	fields_add(&fields, "id", neg->id);
	fields_add(&fields, key, value);
	neg->all->events->send(neg->all->owner, type, &fields);
	buf_finish(&fields);
}

static void send_push_request(struct negotiation *neg)
{
	struct buf fields = { 0 };

	fields_add(&fields, "id", neg->id);
	fields_add(&fields, "share", neg->share);
	fields_add(&fields, "service", service_name(neg->service));
	if (*neg->git_protocol)
		fields_add(&fields, "git-protocol", neg->git_protocol);
	neg->all->events->send(neg->all->owner, RECORD_PUSH_REQUEST, &fields);
	buf_finish(&fields);
}

static void send_channel(struct negotiation *neg)
{
	struct buf fields = { 0 };

	fields_add(&fields, "id", neg->id);
	fields_add_u64(&fields, "channel", channel_number(neg->channel));
	neg->all->events->send(neg->all->owner, RECORD_STARTING_PUSH, &fields);
	buf_finish(&fields);
}

static bool is_push(const struct negotiation *neg)
{
	return neg->service == SERVICE_RECEIVE_PACK;
}

/* Whether a push that we serve makes later ones of its share wait. */
static bool holds_back(const struct negotiation *neg)
{
	if (neg->ours || !is_push(neg))
		return false;
	switch (neg->state) {
	case NEG_REQUESTED:
	case NEG_STARTING:
		return true;
	case NEG_OPEN:
		return neg->active || neg->all->now < neg->since + NEG_IDLE_PUSH;
	default:
		return false;
	}
}

static bool must_wait(const struct negotiation *neg)
{
	for (struct negotiation *o = neg->all->first; o && o != neg; o = o->next)
		if (!strcmp(o->share, neg->share) && (holds_back(o) || (!o->ours && o->state == NEG_DEFERRED)))
			return true;
	/* One that was begun later may hold the share, after this one waited behind an idle push. */
	for (struct negotiation *o = neg->next; o; o = o->next)
		if (!strcmp(o->share, neg->share) && holds_back(o))
			return true;
	return false;
}

/* Deferred pushes whose turn has come. */
static void start_deferred(struct negotiations *n)
{
	for (struct negotiation *neg = n->first; neg; neg = neg->next) {
		if (neg->ours || neg->state != NEG_DEFERRED || must_wait(neg))
			continue;
		enter(neg, NEG_REQUESTED, NEG_START_TIMEOUT, "its turn has come");
		send_push_request(neg);
	}
}

static struct negotiation *find(const struct negotiations *n, const char *id, bool ours)
{
	for (struct negotiation *neg = n->first; neg; neg = neg->next)
		if (neg->ours == ours && !strcmp(neg->id, id))
			return neg;
	return NULL;
}

static bool is_over(const struct negotiations *n, const char *id)
{
	for (unsigned i = 0; i < NEG_ENDED_KEPT && n->ended[i][0]; i++)
		if (!strcmp(n->ended[i], id))
			return true;
	return false;
}

static struct negotiation *create(struct negotiations *n, const char *id, enum service service,
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

/* Takes it out and lets go of it; what must be told has been told. */
static void neg_end(struct negotiation *neg, const char *because)
{
	struct negotiations *n = neg->all;
	struct negotiation **at = &n->first;
	bool ours = neg->ours;

	enter(neg, NEG_ENDED, 0, because);
	while (*at != neg)
		at = &(*at)->next;
	*at = neg->next;
	n->count--;
	memcpy(n->ended[n->ended_next], neg->id, sizeof(neg->id));
	n->ended_next = (n->ended_next + 1) % NEG_ENDED_KEPT;
	free(neg);
	/* What we began keeps nobody waiting. */
	if (!ours)
		start_deferred(n);
}

/* Ends one that is not open, telling whoever waits for it here. */
static void fail(struct negotiation *neg, const char *reason)
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

/*
 * Until the device accepts it, the channel of a push is ours; its owner must
 * not hear of one that was never open.
 */
static void on_opening_accepted(void *owner)
{
	struct negotiation *neg = owner;

	assert(neg->ours && neg->state == NEG_STARTING);
	channel_set_events(neg->channel, neg->channel_events, neg->owner);
	enter(neg, NEG_OPEN, 0, "the channel was accepted");
	neg->events->open(neg->owner, neg, neg->channel);
}

static void on_opening_closed(void *owner, const char *reason)
{
	struct negotiation *neg = owner;

	if (!neg->channel)
		return;
	neg->channel = NULL;
	fail(neg, reason ? reason : "ended");
}

/* A device may say these before ACCEPT; the channel's own checks bound them. */
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
		fail(neg, reason);
		neg = n->first;
	}
}

static struct negotiation *create_ours(struct negotiations *n, enum service service, const char *share,
				       const struct request_events *events, void *owner)
{
	unsigned char random[NEG_ID_LEN / 2];
	char id[NEG_ID_LEN + 1];
	struct negotiation *neg;

	random_bytes(random, sizeof(random));
	hex_encode(random, sizeof(random), id);
	neg = create(n, id, service, share);
	neg->ours = true;
	neg->events = events;
	neg->owner = owner;
	return neg;
}

struct negotiation *neg_begin(struct negotiations *n, enum service service, const char *share,
			      const char *git_protocol, const struct request_events *events,
			      const struct channel_events *channel_events, void *owner, uint64_t now)
{
	struct negotiation *neg;

	n->now = now;
	if (n->count >= NEGOTIATIONS_PER_DEVICE)
		return NULL;
	neg = create_ours(n, service, share, events, owner);
	neg->channel_events = channel_events;
	if (git_protocol)
		strncpy(neg->git_protocol, git_protocol, sizeof(neg->git_protocol) - 1);
	if (is_push(neg)) {
		enter(neg, NEG_OFFERED, NEG_ANSWER_TIMEOUT, "can-push sent");
		send_simple(neg, RECORD_CAN_PUSH, "share", neg->share);
	} else {
		enter(neg, NEG_REQUESTED, NEG_ANSWER_TIMEOUT, "push-request sent");
		send_push_request(neg);
	}
	return neg;
}

struct negotiation *neg_announce(struct negotiations *n, const char *share, const void *tips, size_t len,
				 const struct request_events *events, void *owner, uint64_t now)
{
	struct buf fields = { 0 };
	struct negotiation *neg;

	n->now = now;
	if (n->count >= NEGOTIATIONS_PER_DEVICE)
		return NULL;
	neg = create_ours(n, SERVICE_UPLOAD_PACK, share, events, owner);
	neg->announcement = true;
	enter(neg, NEG_OFFERED, NEG_ANSWER_TIMEOUT, "announcement sent");
	fields_add(&fields, "id", neg->id);
	fields_add(&fields, "share", neg->share);
	fields_add(&fields, "kind", "announcement");
	buf_append(&fields, tips, len);
	n->events->send(n->owner, RECORD_CAN_PUSH, &fields);
	buf_finish(&fields);
	return neg;
}

struct negotiation *neg_ask_outcome(struct negotiations *n, const char *id, uint64_t received,
				    const struct request_events *events, void *owner, uint64_t now)
{
	struct buf fields = { 0 };
	struct negotiation *neg;

	n->now = now;
	if (n->count >= NEGOTIATIONS_PER_DEVICE || find(n, id, true))
		return NULL;
	neg = create_ours(n, SERVICE_RECEIVE_PACK, "", events, owner);
	memcpy(neg->id, id, sizeof(neg->id));
	neg->question = true;
	enter(neg, NEG_REQUESTED, NEG_ANSWER_TIMEOUT, "outcome-ask sent");
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
		send_simple(neg, RECORD_WITHDRAW, "reason", "busy");
		fail(neg, "busy");
		return;
	}
	enter(neg, NEG_STARTING, NEG_START_TIMEOUT, "starting-push sent");
	send_channel(neg);
}

void neg_withdraw(struct negotiation *neg, const char *reason)
{
	struct channel *channel = neg->channel;

	assert(neg->ours && neg->state != NEG_OPEN);
	send_simple(neg, RECORD_WITHDRAW, "reason", reason);
	neg->channel = NULL;
	if (channel)
		channel_close(channel, reason);
	neg_end(neg, reason);
}

struct channel *neg_started(struct negotiation *neg, const struct channel_events *events,
			    void *owner, uint64_t now)
{
	assert(!neg->ours && neg->state == NEG_STARTING);
	neg->all->now = now;
	if (is_push(neg))
		neg->channel = channel_accept(neg->all->channels, neg->channel_number, events, owner);
	else
		neg->channel = channel_open(neg->all->channels, events, owner);
	if (!neg->channel) {
		send_simple(neg, RECORD_REFUSE, "reason", "busy");
		fail(neg, "busy");
		return NULL;
	}
	if (!is_push(neg))
		send_channel(neg);
	enter(neg, NEG_OPEN, 0, "the service talks");
	return neg->channel;
}

void neg_failed(struct negotiation *neg, const char *reason, uint64_t now)
{
	assert(!neg->ours && neg->state == NEG_STARTING);
	neg->all->now = now;
	neg->serving = NULL;
	send_simple(neg, RECORD_REFUSE, "reason", reason);
	fail(neg, reason);
}

void neg_active(struct negotiation *neg)
{
	neg->active = true;
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

/* An answer to something for which nothing was ever made here. */
static void answer_id(struct negotiations *n, const char *id, enum record_type type, const char *key,
		      const char *value)
{
	struct buf fields = { 0 };

	fields_add(&fields, "id", id);
	fields_add(&fields, key, value);
	n->events->send(n->owner, type, &fields);
	buf_finish(&fields);
}

static void refuse_id(struct negotiations *n, const char *id, const char *reason)
{
	answer_id(n, id, RECORD_REFUSE, "reason", reason);
}

/*
 * What the device begins: makes a negotiation that we serve, or refuses, or
 * finds that it has been here before (NULL in both cases).
 */
static struct negotiation *take(struct negotiations *n, const char *id, enum service service,
				const char *share)
{
	const char *reason = NULL;

	if (find(n, id, false))
		return NULL;
	if (is_over(n, id))
		reason = "ended";
	else if (n->count >= NEGOTIATIONS_PER_DEVICE)
		reason = "busy";
	else
		reason = n->events->judge(n->owner, service, share);
	if (reason) {
		refuse_id(n, id, reason);
		return NULL;
	}
	return create(n, id, service, share);
}

static void serve(struct negotiation *neg, const char *because)
{
	void *serving;
	char id[NEG_ID_LEN + 1];
	struct negotiations *n = neg->all;

	enter(neg, NEG_STARTING, NEG_START_NOTICE, because);
	memcpy(id, neg->id, sizeof(id));
	serving = n->events->start(n->owner, neg);
	/* It may have failed within the call. */
	neg = find(n, id, false);
	if (neg)
		neg->serving = serving;
}

static int on_can_push(struct negotiations *n, const char *id, struct fields f)
{
	const char *share = fields_get(f, "share"), *kind = fields_get(f, "kind");
	struct negotiation *neg;

	if (!share || !share_name_valid(share)) {
		refuse_id(n, id, "not-shared");
		return 0;
	}
	if (kind && !strcmp(kind, "announcement")) {
		n->events->announced(n->owner, share, f);
		answer_id(n, id, RECORD_SEEN, "state", "announcement");
		return 0;
	}
	neg = take(n, id, SERVICE_RECEIVE_PACK, share);
	if (!neg)
		return 0;
	if (must_wait(neg)) {
		enter(neg, NEG_DEFERRED, NEG_DEFER_RENEW, "another push of the share is under way");
		send_simple(neg, RECORD_SEEN, "state", "deferred");
	} else {
		enter(neg, NEG_REQUESTED, NEG_START_TIMEOUT, "can-push came");
		send_push_request(neg);
	}
	return 0;
}

static int on_push_request(struct negotiations *n, const char *id, struct fields f)
{
	const char *share = fields_get(f, "share"), *service = fields_get(f, "service");
	const char *git_protocol = fields_get(f, "git-protocol");
	struct negotiation *neg = find(n, id, true);
	int wanted;

	if (neg) {
		if (neg->announcement || neg->question || (neg->state != NEG_OFFERED && neg->state != NEG_DEFERRED))
			return 0;
		enter(neg, NEG_WANTED, NEG_ANSWER_TIMEOUT, "push-request came");
		neg->events->wanted(neg->owner, neg);
		return 0;
	}
	wanted = service ? service_by_name(service) : -1;
	/* An answer to an offer that we have withdrawn meanwhile. */
	if (wanted == SERVICE_RECEIVE_PACK)
		return 0;
	if (wanted < 0 || !share || !share_name_valid(share)) {
		refuse_id(n, id, "not-shared");
		return 0;
	}
	neg = take(n, id, wanted, share);
	if (!neg)
		return 0;
	/* It becomes a variable of a child's environment: nothing else may pass. */
	if (git_protocol && (!strcmp(git_protocol, "0") || !strcmp(git_protocol, "1") ||
			     !strcmp(git_protocol, "2")))
		strcpy(neg->git_protocol, git_protocol);
	serve(neg, "push-request came");
	return 0;
}

static int on_starting_push(struct negotiations *n, const char *id, struct fields f)
{
	uint64_t channel = fields_get_u64(f, "channel", 0);
	struct negotiation *neg = find(n, id, true);
	const char *reason;

	/* Numbers are never used twice in a link. */
	if (channel <= n->last_channel || channel > UINT32_MAX)
		return -1;
	n->last_channel = channel;
	if (neg) {		/* what we asked for */
		if (neg->state != NEG_REQUESTED || neg->question)
			return 0;
		neg->channel = channel_accept(n->channels, channel, neg->channel_events, neg->owner);
		if (!neg->channel)
			return -1;
		enter(neg, NEG_OPEN, 0, "starting-push came");
		neg->events->open(neg->owner, neg, neg->channel);
		return 0;
	}
	neg = find(n, id, false);
	if (!neg || neg->state != NEG_REQUESTED) {
		refuse_id(n, id, "ended");
		return 0;
	}
	/* The last moment to say no: permission may have changed since can-push. */
	reason = n->events->judge(n->owner, neg->service, neg->share);
	if (reason) {
		refuse_id(n, id, reason);
		fail(neg, reason);
		return 0;
	}
	neg->channel_number = channel;
	serve(neg, "starting-push came");
	return 0;
}

static int on_refuse(struct negotiations *n, const char *id, struct fields f)
{
	const char *reason = fields_get(f, "reason");
	struct negotiation *neg = find(n, id, true);

	if (neg && neg->state != NEG_OPEN)
		fail(neg, reason ? reason : "refused");
	return 0;
}

static int on_withdraw(struct negotiations *n, const char *id, struct fields f)
{
	struct negotiation *neg = find(n, id, false);

	if (!neg)
		return 0;
	/* It crossed our starting-push, or ACCEPT: nobody will use that channel. Its owner says neg_done(). */
	if (neg->state == NEG_OPEN)
		channel_close(neg->channel, "withdrawn");
	else
		fail(neg, "withdrawn");
	return 0;
}

static int on_seen(struct negotiations *n, const char *id, struct fields f)
{
	const char *state = fields_get(f, "state");
	struct negotiation *neg = find(n, id, true);

	if (!neg || !state || neg->question)
		return 0;
	if (neg->announcement) {
		void (*seen)(void *owner) = neg->events->seen;
		void *owner = neg->owner;

		neg_end(neg, "seen there");
		seen(owner);
		return 0;
	}
	if (!strcmp(state, "deferred") && (neg->state == NEG_OFFERED || neg->state == NEG_DEFERRED))
		enter(neg, NEG_DEFERRED, NEG_DEFER_TIMEOUT, "deferred there");
	else if (!strcmp(state, "starting") && neg->state == NEG_REQUESTED)
		enter(neg, NEG_REQUESTED, NEG_START_TIMEOUT, "starting there");
	else
		return 0;
	neg->events->waiting(neg->owner, neg, state);
	return 0;
}

static int on_outcome_ask(struct negotiations *n, const char *id, struct fields f)
{
	struct buf fields = { 0 };

	fields_add(&fields, "id", id);
	n->events->outcome(n->owner, id, fields_get_u64(f, "received", 0), &fields);
	n->events->send(n->owner, RECORD_OUTCOME, &fields);
	buf_finish(&fields);
	return 0;
}

static int on_outcome(struct negotiations *n, const char *id, struct fields f)
{
	struct negotiation *neg = find(n, id, true);
	const struct request_events *events;
	void *owner;

	if (!neg || !neg->question)
		return 0;
	events = neg->events;
	owner = neg->owner;
	neg_end(neg, "answered");
	events->outcome(owner, f);
	return 0;
}

int negotiations_record(struct negotiations *n, const struct record *record, uint64_t now)
{
	static const struct {
		enum record_type type;
		int (*handle)(struct negotiations *n, const char *id, struct fields f);
	} rows[] = {
		{ RECORD_CAN_PUSH, on_can_push },
		{ RECORD_PUSH_REQUEST, on_push_request },
		{ RECORD_STARTING_PUSH, on_starting_push },
		{ RECORD_REFUSE, on_refuse },
		{ RECORD_WITHDRAW, on_withdraw },
		{ RECORD_SEEN, on_seen },
		{ RECORD_OUTCOME_ASK, on_outcome_ask },
		{ RECORD_OUTCOME, on_outcome },
	};
	struct fields f = { (const char *)record->payload, record->len };
	char copy[NEG_ID_LEN + 1];
	const char *id;

	n->now = now;
	if (!fields_valid(f))
		return -1;
	id = fields_get(f, "id");
	if (!id || strlen(id) != NEG_ID_LEN || strspn(id, "0123456789abcdef") != NEG_ID_LEN)
		return -1;
	memcpy(copy, id, sizeof(copy));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].type == record->type)
			return rows[i].handle(n, copy, f);
	return -1;
}

uint64_t negotiations_deadline(const struct negotiations *n)
{
	uint64_t least = UINT64_MAX;

	for (struct negotiation *neg = n->first; neg; neg = neg->next) {
		uint64_t at = neg->deadline;

		/* An idle push stops holding the deferred ones back. */
		if (neg->state == NEG_OPEN && !neg->ours && is_push(neg) && !neg->active &&
		    n->now < neg->since + NEG_IDLE_PUSH)
			at = neg->since + NEG_IDLE_PUSH;
		/* One became idle in a call that was no tick: whoever it held back is due at once. */
		if (!neg->ours && neg->state == NEG_DEFERRED && !must_wait(neg))
			at = n->now;
		if (at < least)
			least = at;
	}
	return least;
}

/* A deadline has passed. */
static void expire(struct negotiation *neg)
{
	if (!neg->ours && neg->state == NEG_DEFERRED) {
		enter(neg, NEG_DEFERRED, NEG_DEFER_RENEW, "still waits");
		send_simple(neg, RECORD_SEEN, "state", "deferred");
		return;
	}
	if (!neg->ours && neg->state == NEG_STARTING && !neg->noticed) {
		neg->noticed = true;
		neg->deadline = neg->since + NEG_START_TIMEOUT;
		send_simple(neg, RECORD_SEEN, "state", "starting");
		return;
	}
	if (neg->ours)
		send_simple(neg, RECORD_WITHDRAW, "reason", "timeout");
	else
		send_simple(neg, RECORD_REFUSE, "reason", "timeout");
	fail(neg, "timeout");
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
	start_deferred(n);
}
