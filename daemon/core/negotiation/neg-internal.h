/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_NEG_INTERNAL_H
#define CORE_NEG_INTERNAL_H

/*
 * What the files of the negotiation share, and no other file sees. The files from the
 * bottom up; each calls those that stand before it:
 *   negotiation.c	the table: making, states, what is sent
 *   neg-order.c	which push of a share goes first
 *   neg-end.c		how a negotiation ends
 *   neg-initiator.c	the negotiations that we began
 *   neg-responder.c	the negotiations that the device began
 *   neg-dispatch.c	which of these gets a record, and timers
 */

#include "fields.h"
#include "negotiation.h"

struct negotiation {
	/* What is asked of each one in a pass over all. */
	struct negotiations *all;		/* borrowed */
	struct negotiation *next;
	uint64_t share_number;			/* the same for all of the table that have this
						   share */
	uint64_t since;				/* when the state was entered */
	uint64_t deadline;			/* UINT64_MAX: none */
	enum service service;
	enum neg_state state;
	bool ours;				/* we began it */
	bool active;				/* the pusher's first byte has come */

	bool announcement;			/* nothing is to be pushed: seen ends it */
	bool question;				/* it asks for an outcome */
	bool noticed;				/* the device was told that its service is
						   being started */
	char id[NEG_ID_LEN + 1];
	char git_protocol[8];
	const struct initiator_events *events;	/* if ours */
	const struct channel_events *channel_events;
	void *owner;
	struct channel *channel;		/* borrowed from channels */
	uint32_t window;			/* credit that came with the push-request; 0:
						   ACCEPT will bring it */
	uint32_t channel_number;		/* the number that the device announced; 0:
						   none */
	void *serving;				/* what start returned */
	char share[SHARE_NAME_MAX];
};

/*
 * Changes the state, and logs the change with its reason. All changes go through here.
 * timeout in ms; 0: none.
 */
void neg_enter(struct negotiation *neg, enum neg_state state, uint64_t timeout,
	       const char *because);

/* ours: one that we began. NULL if there is none. */
struct negotiation *neg_find(const struct negotiations *n, const char *id, bool ours);
/* Whether a negotiation with this id ended not long ago. */
bool neg_is_over(const struct negotiations *n, const char *id);
/* From now on it is, if it was not. */
void neg_note_over(struct negotiations *n, const char *id);
bool neg_is_push(const struct negotiation *neg);

struct negotiation *neg_create(struct negotiations *n, const char *id, enum service service,
			       const char *share);
/* Removes the negotiation and frees it. All who had to be told have been told. */
void neg_end(struct negotiation *neg, const char *because);
/* Ends a negotiation that is not open, and tells its owner or stops its service. */
void neg_fail(struct negotiation *neg, const char *reason);

/*
 * Send records. neg_answer(), neg_refuse(), neg_say(): the id and one field. The others:
 * our can-push, our push-request, our starting-push.
 */
void neg_answer(struct negotiations *n, const char *id, enum record_type type, const char *key,
		const char *value);
void neg_refuse(struct negotiations *n, const char *id, const char *reason);
void neg_say(struct negotiation *neg, enum record_type type, const char *key, const char *value);
/* What OUTCOME-ASK asks is not withdrawn. */
void neg_say_withdraw(struct negotiation *neg, const char *reason);
void neg_say_offer(struct negotiation *neg);
void neg_say_request(struct negotiation *neg);
void neg_say_channel(struct negotiation *neg);

/* neg-order.c: whether a push that we serve must wait for another push to its share. */
bool neg_must_wait(const struct negotiation *neg);
/* Sends push-request for the deferred pushes whose turn has come. */
void neg_start_deferred(struct negotiations *n);
/* When neg_start_deferred() may find one without another event; UINT64_MAX: never. */
uint64_t neg_order_deadline(const struct negotiations *n);

/*
 * neg-initiator.c, neg-responder.c: a record has come. They return what
 * negotiations_record() returns.
 */
const char *initiator_wanted(struct negotiation *neg);
const char *initiator_started(struct negotiation *neg, uint32_t channel, struct fields f);
const char *initiator_refused(struct negotiations *n, const char *id, struct fields f);
const char *initiator_seen(struct negotiations *n, const char *id, struct fields f);
const char *initiator_outcome(struct negotiations *n, const char *id, struct fields f);
const char *responder_can_push(struct negotiations *n, const char *id, struct fields f);
const char *responder_push_request(struct negotiations *n, const char *id, struct fields f);
const char *responder_starting_push(struct negotiations *n, const char *id, uint32_t channel);
const char *responder_withdrawn(struct negotiations *n, const char *id, struct fields f);
const char *responder_outcome_asked(struct negotiations *n, const char *id, struct fields f);

#endif
