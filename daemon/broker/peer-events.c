/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A peer does not know the layers above it. This file passes its events to sessions,
 * services, the announcer and the follower, in the order of their dependencies.
 */
#include "peer-events.h"

#include <string.h>

#include "announcer.h"
#include "broker.h"
#include "device-news.h"
#include "follower.h"
#include "git-service.h"
#include "inquirer.h"
#include "local-candidates.h"
#include "log.h"
#include "peer.h"
#include "server-events.h"

static void on_made(void *owner, struct peer *p)
{
	log_debug("a link with %s/%s is wanted", p->jid, p->device);
}

static void on_met_key(void *owner, const char *jid, const unsigned char *fp)
{
	struct broker *b = owner;

	keyring_meet(&b->keyring, jid, fp);
}

static void on_met_at(void *owner, const char *full, const char *device)
{
	broker_met_at(owner, full, device);
}

static void on_doubted(void *owner, const char *full, const char *condition)
{
	struct broker *b = owner;

	inquirer_doubt(b->inquirer, full, condition);
}

static void on_up(void *owner, struct peer *p, bool resumed)
{
	struct broker *b = owner;

	announcer_met(b->announcer, p->jid, p->device, p->link.peer_instance);
	if (!resumed) {
		device_news_up(b->device_news, p);
		broker_linked(b, p->jid);
	} else {
		git_services_cut_off(&b->git_services, p, false);
		sessions_moved(&b->sessions, p);
	}
	broker_wake(b);
}

static void on_down(void *owner, struct peer *p)
{
	struct broker *b = owner;

	git_services_cut_off(&b->git_services, p, true);
	sessions_cut_off(&b->sessions, p);
}

static void on_ended(void *owner, struct peer *p, const char *reason)
{
	struct broker *b = owner;

	device_news_ended(b->device_news, p);
	if (!strcmp(reason, "untrusted"))
		device_news_refused(b->device_news, p->jid, p->device);
	share_answers_ended(&b->share_answers, p);
	share_lists_ended(&b->share_lists, p);
	/* A link closed as idle says nothing of the process behind it, which may go on. */
	if (strcmp(reason, "idle"))
		announcer_lost(b->announcer, p->jid, p->device);
}

static void on_rested(void *owner)
{
	struct broker *b = owner;

	b->shared->worked(b->shared);
}

static const char *on_authorize(void *owner, struct peer *p, enum service service,
				const char *share)
{
	struct broker *b = owner;

	return git_service_authorize(&b->git_services, p, service, share);
}

static void *on_start(void *owner, struct peer *p, struct negotiation *neg)
{
	struct broker *b = owner;

	return git_service_start(&b->git_services, p, neg);
}

static void on_used(void *owner)
{
	const struct broker *b = owner;
	enum mapping_use use = b->peers.busy ? MAPPING_LINK_BUSY : MAPPING_NO_LINK_BUSY;

	if (b->peers.worse)
		use = MAPPING_LINK_BUSY_WORSE;
	/* The last links end when the broker stops. */
	if (b->local_candidates)
		local_candidates_use(b->local_candidates, use);
}

static void on_stop(void *owner, void *serving)
{
	git_service_stop(serving);
}

static bool on_turn_held(void *owner, const struct peer *p, const char *share)
{
	const struct broker *b = owner;

	return git_services_hold_turn(&b->git_services, p, share);
}

static void on_announced(void *owner, const struct peer *p, const char *share, struct fields tips)
{
	struct broker *b = owner;

	if (b->follower)
		follower_announced(b->follower, p->jid, p->device, share, tips);
}

static const char *on_word(void *owner, struct peer *p, const struct record *record)
{
	struct broker *b = owner;

	switch (record->type) {
	case RECORD_SHARES_ASK:
		return share_answers_record(&b->share_answers, p, record);
	case RECORD_SHARES:
		return share_lists_record(&b->share_lists, p, record);
	default:
		return device_news_record(b->device_news, p, record);
	}
}

static void on_outcome(void *owner, const struct peer *p, const char *id, uint64_t received,
		       struct buf *fields)
{
	struct broker *b = owner;

	git_services_answer_outcome(&b->git_services, p, id, received, fields);
}

const struct peers_events peer_events = {
	.made = on_made,
	.met_key = on_met_key,
	.met_at = on_met_at,
	.doubted = on_doubted,
	.up = on_up,
	.down = on_down,
	.ended = on_ended,
	.rested = on_rested,
	.used = on_used,
	.authorize = on_authorize,
	.start = on_start,
	.stop = on_stop,
	.turn_held = on_turn_held,
	.announced = on_announced,
	.word = on_word,
	.outcome = on_outcome,
};
