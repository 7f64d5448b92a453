/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_NEGOTIATION_H
#define CORE_NEGOTIATION_H

/*
 * The negotiation between us and one device: who sends what, for which
 * share, when. Pure: records come in, records go out by events->send, time is
 * an argument. Nothing here waits: a can-push is answered in the call that
 * brings it, whatever else runs.
 *
 * Records (fields):
 *   can-push       id, share, [git-protocol]   "I have something for this share"
 *   can-push       id, share, kind=announcement, version, tip..., [cut]
 *                                           "its refs are these now; fetch if you follow it"
 *   push-request   id, share, service, [git-protocol]   "send it"; unasked for, it is a fetch
 *   starting-push  id, channel              "it comes on this channel"
 *   refuse         id, reason no: not-shared, push-denied, busy, broken, ended, unsupported
 *   withdraw       id, reason               never mind
 *   seen           id, state                noted: deferred (wait, I call you), starting,
 *                                           or (to an announcement) announcement
 *
 *   outcome-ask    id, received             what became of this push? I have so much of its output
 *   outcome        id, state, status, data..., [more]      outcome.h
 *
 * One who asks (fetch):
 *   REQUESTED  --starting-push--> OPEN      REQUESTED --refuse, time--> ended
 * One who offers (push):
 *   OFFERED --push-request--> WANTED --neg_start_push()--> STARTING --ACCEPT--> OPEN
 *   OFFERED --seen deferred--> DEFERRED --push-request--> WANTED
 * One who serves a fetch:
 *   push-request --> STARTING --neg_started()--> OPEN
 * One who serves a push:
 *   can-push --> REQUESTED --starting-push--> STARTING --neg_started()--> OPEN
 *   can-push, another of this share is under way --> DEFERRED --its turn--> REQUESTED
 * One who announces:
 *   OFFERED --seen--> ended                 told once; answered from memory, whatever runs there
 * What comes twice is answered twice, alike, and has one effect.
 * Every state has a timer, OPEN until the channel is accepted; then it lives as long as that, whose
 * link has pings. Ended is said once.
 *
 * Pushes of one device to one share take turns, in the order they came: a
 * second one is deferred until the first has ended, however it ended. Only a
 * push that is open and has not sent a byte for NEG_IDLE_PUSH (it waits in a pre-push
 * hook, which may itself push) holds nobody back. A push that the device has no
 * negotiation for any more (its link was lost) holds the turn as long as its process
 * runs: turn_held tells, and negotiations_turn_free() that it is over. Fetches do not wait for
 * anything: git fetches while it fetches.
 */

#include <stdbool.h>
#include <stdint.h>

#include "channel.h"
#include "fields.h"
#include "policy.h"

enum { NEG_ID_BYTES = 12, NEG_ID_LEN = 2 * NEG_ID_BYTES };

enum neg_state {
	NEG_REQUESTED,	/* push-request sent; starting-push is awaited */
	NEG_OFFERED,	/* can-push sent; push-request is awaited */
	NEG_WANTED,	/* push-request came; the owner decides */
	NEG_DEFERRED,	/* another push of this share goes first */
	NEG_STARTING,	/* the service process is being started, here or there */
	NEG_OPEN,	/* the channel carries git's protocol */
	NEG_ENDED,	/* being taken out */
};

struct negotiation;

/* Of the table: what the device's owner does for it. */
struct negotiation_events {
	void (*send)(void *owner, enum record_type type, struct buf *fields);
	/* NULL when the device may use this share so; else the reason for refuse. */
	const char *(*authorize)(void *owner, enum service service, const char *share);
	/*
	 * Start the service: neg_started() or neg_failed() follows, at once or
	 * later. Returns what neg_serving() shall give.
	 */
	void *(*start)(void *owner, struct negotiation *neg);
	/*
	 * A started service is not wanted any more, before it was open. Called
	 * once, after start.
	 */
	void (*stop)(void *owner, void *serving);
	/* The device asks what became of a push: fields of the answer, without id. */
	void (*outcome)(void *owner, const char *id, uint64_t received, struct buf *fields);
	/*
	 * The refs of a share of the device's are these now. f is valid during
	 * the call. Nothing slow in here.
	 */
	void (*announced)(void *owner, const char *share, struct fields f);
	/*
	 * Whether a push of the device to this share still runs that is in no
	 * negotiation. NULL: never.
	 */
	bool (*turn_held)(void *owner, const char *share);
};

/* Of one negotiation that we began. */
struct initiator_events {
	/* The device wants what we offer: neg_start_push() or neg_withdraw(), now or later. */
	void (*wanted)(void *owner, struct negotiation *neg);
	/* It is alive and makes us wait: "deferred" or "starting". */
	void (*waiting)(void *owner, struct negotiation *neg, const char *state);
	/* The far service runs; the channel, made with the events given, is open. */
	void (*open)(void *owner, struct negotiation *neg, struct channel *channel);
	/* The answer to neg_ask_outcome(); it has ended. NULL where nothing is asked. */
	void (*outcome)(void *owner, struct fields f);
	/* An announcement was noted; it has ended. NULL where none is made. */
	void (*seen)(void *owner);
	/*
	 * It ended without having been open; reason as in refuse, or "timeout",
	 * or why the link ended.
	 */
	void (*refused)(void *owner, struct negotiation *neg, const char *reason);
};

/* Who may begin something with the device later, and must not when it is gone. */
struct neg_watch {
	struct neg_watch *next, **at;		/* negotiations::watches */
	/* Called once, ahead of all that the end of the link brings; it is not watched any more. */
	void (*gone)(struct neg_watch *watch, const char *reason);
};

struct negotiations {
	const struct negotiation_events *events;
	void *owner;
	struct channels *channels;		/* borrowed: where channels are made */
	struct negotiation *first;		/* owned, oldest first */
	unsigned count;
	struct neg_watch *watches;		/* borrowed */
	char ended[NEG_ENDED_KEPT][NEG_ID_LEN + 1];	/* a ring of ids that are over */
	unsigned ended_next;
	uint64_t now;				/* of the call in progress */
};

void negotiations_init(struct negotiations *n, const struct negotiation_events *events,
		       void *owner, struct channels *channels);

/*
 * The link is gone: everything that is not open ends with the reason. Channels
 * are finished before.
 */
void negotiations_finish(struct negotiations *n, const char *reason, uint64_t now);

void negotiations_watch(struct negotiations *n, struct neg_watch *watch);
/* Nothing happens if it is not watched (any more). */
void negotiations_unwatch(struct neg_watch *watch);

/*
 * A record of type CAN_PUSH to OUTCOME. NULL, or the rule of the protocol that
 * it breaks: "field: rule".
 */
const char *negotiations_record(struct negotiations *n, const struct record *record, uint64_t now);

uint64_t negotiations_deadline(const struct negotiations *n);
void negotiations_tick(struct negotiations *n, uint64_t now);
/* What turn_held told of is over: whoever waited for it has its turn. */
void negotiations_turn_free(struct negotiations *n, uint64_t now);

/*
 * Begins: a fetch (or archive) with push-request, a push with can-push. NULL
 * when there are too many. id is random. channel_events are for the channel, which has the same
 * owner.
 */
struct negotiation *neg_begin(struct negotiations *n, const uint8_t id[NEG_ID_BYTES],
			      enum service service, const char *share, const char *git_protocol,
			      const struct initiator_events *events,
			      const struct channel_events *channel_events, void *owner,
			      uint64_t now);

/*
 * An announcement: tips are fields, added to the can-push as they are. seen or
 * refused follows. NULL when there are too many. id is random.
 */
struct negotiation *neg_announce(struct negotiations *n, const uint8_t id[NEG_ID_BYTES],
				 const char *share, const void *tips, size_t len,
				 const struct initiator_events *events, void *owner, uint64_t now);

/*
 * Asks what became of a push of ours, by the id it had, of whose output we have
 * received bytes. outcome or refused follows. NULL when there are too many.
 */
struct negotiation *neg_ask_outcome(struct negotiations *n, const char *id, uint64_t received,
				    const struct initiator_events *events, void *owner,
				    uint64_t now);

/* In answer to wanted. */
void neg_start_push(struct negotiation *neg, uint64_t now);

/* We do not want it any more; nothing is reported. Not for an open one (close its channel). */
void neg_withdraw(struct negotiation *neg, const char *reason);

/*
 * Serving: the process runs and is ready to talk. Makes the channel; NULL if
 * the device has withdrawn or there are too many (stop has then been called).
 */
struct channel *neg_started(struct negotiation *neg, const struct channel_events *events,
			    void *owner, uint64_t now);
/* Serving: it could not be started; the device is told the reason. stop is not called. */
void neg_failed(struct negotiation *neg, const char *reason, uint64_t now);

/* The first byte of the pusher has come. */
void neg_active(struct negotiation *neg);

/* The channel is closed: the end of an open negotiation, said by the channel's owner, once. */
void neg_done(struct negotiation *neg, uint64_t now);

/*
 * The one that came after it, or NULL; negotiations::first is the oldest. For
 * status, and for checks.
 */
struct negotiation *neg_next(const struct negotiation *neg);
bool neg_ours(const struct negotiation *neg);
/* When its timer is due; UINT64_MAX while its channel is open. */
uint64_t neg_deadline(const struct negotiation *neg);

const char *neg_id(const struct negotiation *neg);
enum service neg_service(const struct negotiation *neg);
const char *neg_share(const struct negotiation *neg);
const char *neg_git_protocol(const struct negotiation *neg);	/* "" if none */
enum neg_state neg_state(const struct negotiation *neg);
const char *neg_state_name(enum neg_state state);

#endif
