/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_NEGOTIATION_H
#define CORE_NEGOTIATION_H

/*
 * The negotiations between us and one device: who sends what, for which share, when.
 * Pure: records come in, records go out by events->send, time is an argument. Nothing
 * here waits: a can-push is answered in the call that brings it, whatever else runs.
 *
 * Records (fields):
 *   can-push       id, share, [git-protocol]   "I have something for this share"
 *   can-push       id, share, kind=announcement, version, tip..., [cut]
 *                                           "its refs are these now; fetch if you follow it"
 *   push-request   id, share, service, [git-protocol], [window]
 *                                           "send it"; without a can-push, a fetch: window is
 *                                           credit for the channel to come
 *   starting-push  id, channel, [window]    "it comes on this channel"; with the window of
 *                                           the push-request, no ACCEPT is needed
 *   refuse         id, reason               no: not-shared, push-denied, unverified, busy,
 *                                           broken, ended, unsupported
 *   withdraw       id, reason               the initiator does not want it any more
 *   seen           id, state                noted: deferred (wait, I call you), starting,
 *                                           or (to an announcement) announcement
 *
 *   outcome-ask    id, received             what became of this push? I have so much of its output
 *   outcome        id, state, status, data..., [more]      outcome.h
 *
 * The initiator of a fetch:
 *   REQUESTED  --starting-push--> OPEN      REQUESTED --refuse, time--> ended
 * The initiator of a push:
 *   OFFERED --push-request--> WANTED --neg_start_push()--> STARTING --ACCEPT--> OPEN
 *   OFFERED --seen deferred--> DEFERRED --push-request--> WANTED
 * The responder of a fetch:
 *   push-request --> STARTING --neg_started()--> OPEN
 * The responder of a push:
 *   can-push --> REQUESTED --starting-push--> STARTING --neg_started()--> OPEN
 *   can-push, another of this share is under way --> DEFERRED --its turn--> REQUESTED
 * The initiator of an announcement:
 *   OFFERED --seen--> ended                 told once; answered from memory, whatever runs there
 *
 * A record that comes twice gets the same answer twice, and has one effect. Every state
 * has a timer, OPEN until the channel is accepted. From then on a negotiation lives as
 * long as its channel, whose link has PINGs. The end of a negotiation is reported once.
 *
 * Pushes of one device to one share take turns, in the order in which they came: a second
 * one is deferred until the first has ended, however it ended. One kind of push holds
 * nobody back: one that is open and has not sent a byte for NEG_IDLE_PUSH. It waits in a
 * pre-push hook, which may itself push. A push that lost its link has no negotiation any
 * more, but holds the turn as long as its process runs: turn_held tells that it runs, and
 * negotiations_turn_free() that it has ended. Fetches wait for nothing, since git fetches
 * while it fetches.
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
	NEG_ENDED,	/* being removed */
};

struct negotiation;

/* Events of the table: what the device's owner does for it. */
struct negotiation_events {
	void (*send)(void *owner, enum record_type type, struct buf *fields);
	/* NULL if the device may use this share so; else the reason for refuse. */
	const char *(*authorize)(void *owner, enum service service, const char *share);
	/*
	 * Starts the service: neg_started() or neg_failed() follows, at once or later.
	 * Returns a pointer that stop gets as serving.
	 */
	void *(*start)(void *owner, struct negotiation *neg);
	/*
	 * A started service is not wanted any more, before its negotiation was open.
	 * Called once, after start.
	 */
	void (*stop)(void *owner, void *serving);
	/*
	 * The device asks what became of a push. Appends the fields of the answer,
	 * without id.
	 */
	void (*outcome)(void *owner, const char *id, uint64_t received, struct buf *fields);
	/*
	 * The device announces what the refs of a share of its own are now. f is valid
	 * during the call. Must not do anything slow.
	 */
	void (*announced)(void *owner, const char *share, struct fields f);
	/*
	 * Whether a push of the device to this share still runs without a negotiation.
	 * NULL: never.
	 */
	bool (*turn_held)(void *owner, const char *share);
};

/* Events of one negotiation that we began. */
struct initiator_events {
	/*
	 * The device wants what we offer: call neg_start_push() or neg_withdraw(), now or
	 * later.
	 */
	void (*wanted)(void *owner, struct negotiation *neg);
	/* The device is alive and makes us wait: "deferred" or "starting". */
	void (*waiting)(void *owner, struct negotiation *neg, const char *state);
	/*
	 * The service of the device runs. The channel, made with the events given, is
	 * open.
	 */
	void (*open)(void *owner, struct negotiation *neg, struct channel *channel);
	/*
	 * The answer to neg_ask_outcome(), which has ended with it. NULL if nothing is
	 * asked.
	 */
	void (*outcome)(void *owner, struct fields f);
	/* An announcement was noted, and has ended. NULL if none is made. */
	void (*seen)(void *owner);
	/*
	 * The negotiation ended without having been open. reason: as in refuse, or
	 * "timeout", or why the link ended.
	 */
	void (*refused)(void *owner, struct negotiation *neg, const char *reason);
};

/*
 * Watches the negotiations of a device for somebody who may begin one later, and must not
 * when the device is gone.
 */
struct neg_watch {
	struct neg_watch *next, **at;		/* negotiations::watches */
	/*
	 * Called once, before anything else that the end of the link brings. It is not
	 * watched any more.
	 */
	void (*gone)(struct neg_watch *watch, const char *reason);
};

struct negotiations {
	const struct negotiation_events *events;
	void *owner;
	struct channels *channels;		/* borrowed: where channels are made */
	struct negotiation *first;		/* owned, oldest first */
	unsigned count;
	uint64_t share_numbers;			/* the last number given to a share */
	struct neg_watch *watches;		/* borrowed */
	char ended[NEG_ENDED_KEPT][NEG_ID_LEN + 1];	/* ring buffer of ids that have ended */
	unsigned ended_next;
	uint64_t now;				/* the time of the call in progress */
};

void negotiations_init(struct negotiations *n, const struct negotiation_events *events,
		       void *owner, struct channels *channels);

/*
 * Time-outs that begin from here on count from now, if that is later than what was known. To be
 * called before something that may close a channel, and has no time of its own.
 */
void negotiations_now(struct negotiations *n, uint64_t now);

/*
 * The link is gone: every negotiation that is not open ends with the reason. The channels
 * have to be finished before.
 */
void negotiations_finish(struct negotiations *n, const char *reason, uint64_t now);

void negotiations_watch(struct negotiations *n, struct neg_watch *watch);
/* Does nothing if it is not watched (any more). */
void negotiations_unwatch(struct neg_watch *watch);

/*
 * Takes a record of type CAN_PUSH to OUTCOME. Returns NULL, or the rule that the record
 * breaks, as "field: rule".
 */
const char *negotiations_record(struct negotiations *n, const struct record *record, uint64_t now);

uint64_t negotiations_deadline(const struct negotiations *n);
void negotiations_tick(struct negotiations *n, uint64_t now);
/* A push of which turn_held told has ended: a push that waited for it gets its turn. */
void negotiations_turn_free(struct negotiations *n, uint64_t now);

/*
 * Begins a fetch (or archive) with push-request, or a push with can-push. NULL when there
 * are NEGOTIATIONS_PER_DEVICE. id is random. channel_events are for the channel, which
 * has the same owner.
 */
struct negotiation *neg_begin(struct negotiations *n, const uint8_t id[NEG_ID_BYTES],
			      enum service service, const char *share, const char *git_protocol,
			      const struct initiator_events *events,
			      const struct channel_events *channel_events, void *owner,
			      uint64_t now);

/*
 * Begins an announcement. tips are fields, added to the can-push as they are. seen or
 * refused follows. NULL when there are NEGOTIATIONS_PER_DEVICE. id is random.
 */
struct negotiation *neg_announce(struct negotiations *n, const uint8_t id[NEG_ID_BYTES],
				 const char *share, const void *tips, size_t len,
				 const struct initiator_events *events, void *owner, uint64_t now);

/*
 * Asks what became of a push of ours. id is the push's; received: bytes of its output
 * that we have. outcome or refused follows. NULL when there are NEGOTIATIONS_PER_DEVICE,
 * or when we have one with this id.
 */
struct negotiation *neg_ask_outcome(struct negotiations *n, const char *id, uint64_t received,
				    const struct initiator_events *events, void *owner,
				    uint64_t now);

/* The owner's answer to wanted: makes the channel and sends starting-push. */
void neg_start_push(struct negotiation *neg, uint64_t now);

/*
 * Ends a negotiation of ours that we do not want any more; nothing is reported. Not for
 * an open one: close its channel.
 */
void neg_withdraw(struct negotiation *neg, const char *reason);

/*
 * The process that serves runs and is ready to talk. Makes the channel; NULL if there are
 * CHANNELS_PER_LINK or the link has ended (stop has then been called).
 */
struct channel *neg_started(struct negotiation *neg, const struct channel_events *events,
			    void *owner, uint64_t now);
/*
 * The process that serves could not be started. The device is told the reason; stop is
 * not called.
 */
void neg_failed(struct negotiation *neg, const char *reason, uint64_t now);

/* The pusher's first byte has come. */
void neg_active(struct negotiation *neg);

/*
 * Ends an open negotiation, whose channel is closed. The channel's owner calls this,
 * once.
 */
void neg_done(struct negotiation *neg, uint64_t now);

/*
 * The negotiation that came after this one, or NULL; negotiations::first is the oldest.
 * For status, and for checks.
 */
struct negotiation *neg_next(const struct negotiation *neg);
bool neg_ours(const struct negotiation *neg);
/*
 * When the timer of the negotiation is due; UINT64_MAX: never, as while its channel is
 * open.
 */
uint64_t neg_deadline(const struct negotiation *neg);

const char *neg_id(const struct negotiation *neg);
enum service neg_service(const struct negotiation *neg);
const char *neg_share(const struct negotiation *neg);
const char *neg_git_protocol(const struct negotiation *neg);	/* "" if none */
enum neg_state neg_state(const struct negotiation *neg);
const char *neg_state_name(enum neg_state state);

#endif
