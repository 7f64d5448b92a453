/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_NEG_INTERNAL_H
#define CORE_NEG_INTERNAL_H

/*
 * What the files of the negotiation share, and nobody else sees. From below; each calls those
 * that stand before it:
 *   negotiation.c	the table: making, states, what is said
 *   neg-order.c	which push of a share goes first
 *   neg-end.c		how one ends
 *   neg-initiator.c	what we began
 *   neg-responder.c	what the device began
 *   neg-dispatch.c	records and timers: what they are for
 */

#include "fields.h"
#include "negotiation.h"

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
	bool noticed;				/* the device knows that its service is being
						   started */
	uint64_t since;				/* when the state was entered */
	uint64_t deadline;			/* UINT64_MAX: none */
	const struct initiator_events *events;	/* if ours */
	const struct channel_events *channel_events;
	void *owner;
	struct channel *channel;		/* borrowed from channels */
	uint32_t channel_number;		/* that the device announced for it; 0: none */
	void *serving;				/* what start returned */
};

/* The one writer of the state. timeout 0: none. */
void neg_enter(struct negotiation *neg, enum neg_state state, uint64_t timeout,
	       const char *because);

/* ours: we began it. NULL if there is none. */
struct negotiation *neg_find(const struct negotiations *n, const char *id, bool ours);
/* It was here and has ended, not long ago. */
bool neg_is_over(const struct negotiations *n, const char *id);
bool neg_is_push(const struct negotiation *neg);

struct negotiation *neg_create(struct negotiations *n, const char *id, enum service service,
			       const char *share);
/* Takes it out and lets go of it; what must be told has been told. */
void neg_end(struct negotiation *neg, const char *because);
/* Ends one that is not open, telling whoever waits for it here. */
void neg_fail(struct negotiation *neg, const char *reason);

/* Records: one with the id and a field, our can-push, our push-request, our starting-push. */
void neg_answer(struct negotiations *n, const char *id, enum record_type type, const char *key,
		const char *value);
void neg_refuse(struct negotiations *n, const char *id, const char *reason);
void neg_say(struct negotiation *neg, enum record_type type, const char *key, const char *value);
void neg_say_offer(struct negotiation *neg);
void neg_say_request(struct negotiation *neg);
void neg_say_channel(struct negotiation *neg);

/* neg-order.c: whether a push that we serve must wait for another one of its share. */
bool neg_must_wait(const struct negotiation *neg);
/* Those deferred whose turn has come are asked for. */
void neg_start_deferred(struct negotiations *n);
/* When that may be so without anything else happening; UINT64_MAX: never. */
uint64_t neg_order_deadline(const struct negotiations *n);

/* neg-initiator.c, neg-responder.c: a record has come; as negotiations_record(). */
const char *initiator_wanted(struct negotiation *neg);
const char *initiator_started(struct negotiation *neg, uint32_t channel);
const char *initiator_refused(struct negotiations *n, const char *id, struct fields f);
const char *initiator_seen(struct negotiations *n, const char *id, struct fields f);
const char *initiator_outcome(struct negotiations *n, const char *id, struct fields f);
const char *responder_can_push(struct negotiations *n, const char *id, struct fields f);
const char *responder_push_request(struct negotiations *n, const char *id, struct fields f);
const char *responder_starting_push(struct negotiations *n, const char *id, uint32_t channel);
const char *responder_withdrawn(struct negotiations *n, const char *id, struct fields f);
const char *responder_outcome_asked(struct negotiations *n, const char *id, struct fields f);

#endif
