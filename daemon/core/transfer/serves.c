/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All git services: who may use them, and what becomes of them when rights change, when a link
 * loses its path, or when the broker stops. git-service.c is one service.
 */
#include "git-service-internal.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

void git_services_init(struct git_services *all, struct context *context, struct peers *peers,
		       const struct service_ops *ops, struct service_host *host,
		       const struct git_services_events *events, void *owner)
{
	*all = (struct git_services){
		.context = context,
		.peers = peers,
		.ops = ops,
		.host = host,
		.events = events,
		.owner = owner,
		.outcomes = outcomes_create(),
	};
	services_init(&all->services);
	list_init(&all->leaving);
}

void git_services_finish(struct git_services *all)
{
	services_finish(&all->services);
	outcomes_destroy(all->outcomes);
}

static const char *authorize(struct git_services *all, struct peer *peer, enum service service,
			     const char *name)
{
	struct context *c = all->context;
	const struct subject subject = context_subject(c, peer->jid, peer->device);
	const struct share *share;

	if (!context_admits(c, peer->jid, peer->fp))
		return "untrusted";
	switch (policy_check(c->policy, &subject, service, name, &share)) {
	case POLICY_ALLOWED:
		break;
	case POLICY_PUSH_DENIED:
		return "push-denied";
	case POLICY_UNVERIFIED:
		return "unverified";
	default:
		log_about(peer->jid, LOG_INFO, "%s/%s may not use '%.64s' (%s)", peer->jid,
			  peer->device, name, service_name(service));
		return "not-shared";
	}
	if (c->draining || c->stopping || !services_ask(&all->services, peer->jid, context_now(c)))
		return "busy";
	return NULL;
}

const char *git_service_authorize(struct git_services *all, struct peer *peer, enum service service,
				  const char *name)
{
	const char *reason = authorize(all, peer, service, name);

	if (reason)
		all->events->refused(all->owner, peer->jid, name, service, reason);
	return reason;
}

bool git_services_hold_turn(const struct git_services *all, const struct peer *peer,
			    const char *share)
{
	return services_hold_turn(&all->services, peer->jid, peer->device, share);
}

void git_services_answer_outcome(struct git_services *all, const struct peer *peer, const char *id,
				 uint64_t received, struct buf *fields)
{
	outcomes_answer(all->outcomes, peer->jid, peer->device, id, received, fields,
			context_now(all->context));
}

void git_services_cut_off(struct git_services *all, const struct peer *p, bool cut_off)
{
	for (struct list *r = all->services.runs.next; r != &all->services.runs; r = r->next) {
		struct git_service *s = (struct git_service *)r;

		if (s->peer == p)
			services_cut_off(&s->run, cut_off, s->whole);
	}
}

void git_service_orphans_revoke(struct git_services *all, const char *jid, const char *device,
				const char *reason)
{
	for (struct list *r = all->services.runs.next; r != &all->services.runs; r = r->next) {
		struct git_service *s = (struct git_service *)r;

		if (git_service_is_orphan(s) && !strcmp(s->run.jid, jid) &&
		    (!device || !strcmp(s->run.device, device)))
			snprintf(s->lost, sizeof(s->lost), "%s", reason);
	}
}

static struct git_service *next_orphan(const struct git_services *all)
{
	for (struct list *r = all->services.runs.next; r != &all->services.runs; r = r->next)
		if (git_service_is_orphan((struct git_service *)r))
			return (struct git_service *)r;
	return NULL;
}

void git_service_end_orphans(struct git_services *all)
{
	struct git_service *s;

	while ((s = next_orphan(all)))
		git_service_abandon(s);
}

/* Why the service may not go on; NULL if it may. */
static const char *authorize_again(const struct git_service *s)
{
	const struct subject subject =
		context_subject(s->all->context, s->peer->jid, s->peer->device);
	const struct share *share;

	switch (policy_check(s->all->context->policy, &subject, s->service, neg_share(s->neg),
			     &share)) {
	case POLICY_ALLOWED:
		/* The name may stand for another repository now. */
		if (s->directory && strcmp(share->path, s->directory) != 0)
			return "not-shared";
		return git_service_is_narrowed(s, share) ? "rules-changed" : NULL;
	case POLICY_PUSH_DENIED:
		return "push-denied";
	case POLICY_UNVERIFIED:
		return "unverified";
	default:
		return "not-shared";
	}
}

static struct git_service *leaving_of(const struct list *r)
{
	return (struct git_service *)((char *)r - offsetof(struct git_service, leaving));
}

/*
 * A service that is not allowed any more, or NULL. One without peer or negotiation has already
 * ended. What git wrote for a fetch before it ended may still wait here; of a push that is its
 * result, which does no harm.
 */
static struct git_service *find_forbidden(const struct git_services *all, const char **reason)
{
	for (struct list *r = all->services.runs.next; r != &all->services.runs; r = r->next) {
		struct git_service *s = (struct git_service *)r;

		*reason = s->peer && s->neg ? authorize_again(s) : NULL;
		if (*reason)
			return s;
	}
	for (struct list *r = all->leaving.next; r != &all->leaving; r = r->next) {
		struct git_service *s = leaving_of(r);
		bool fetches = s->service != SERVICE_RECEIVE_PACK;

		*reason = fetches && s->peer && s->neg ? authorize_again(s) : NULL;
		if (*reason)
			return s;
	}
	return NULL;
}

/* Its peer and its negotiation are there. */
static struct transfer_ended describe_end(const struct git_service *s)
{
	return (struct transfer_ended){
		.jid = s->peer->jid,
		.share = neg_share(s->neg),
		.service = s->service,
		.served = true,
		.whole = s->channel && !s->process_over && git_service_is_whole(s),
	};
}

static void end_for(struct git_service *s, const char *reason)
{
	struct peer *peer = s->peer;

	log_info("%s/%s %s '%s' ends: %s", peer->jid, peer->device, service_name(s->service),
		 neg_share(s->neg), reason);
	git_service_end_early(s, reason, reason);
	peer_touch(peer);
}

void git_services_review(struct git_services *all, transfer_ended *ended, void *arg)
{
	const char *reason;
	struct git_service *s;

	while ((s = find_forbidden(all, &reason))) {
		struct transfer_ended e = describe_end(s);

		if (ended)
			ended(arg, &e);
		end_for(s, reason);
	}
}

/* What moves data under this id, or NULL. */
static struct git_service *find_moving(const struct git_services *all, const char *id)
{
	for (struct list *r = all->services.runs.next; r != &all->services.runs; r = r->next) {
		struct git_service *s = (struct git_service *)r;

		if (s->peer && s->neg && s->channel && !s->process_over && !strcmp(s->id, id))
			return s;
	}
	/* Of a push that is over only what git said of it is on the way. */
	for (struct list *r = all->leaving.next; r != &all->leaving; r = r->next) {
		struct git_service *s = leaving_of(r);

		if (s->peer && s->neg && s->channel && s->service != SERVICE_RECEIVE_PACK &&
		    !strcmp(s->id, id))
			return s;
	}
	return NULL;
}

void git_services_end(struct git_services *all, const char *id, transfer_ended *ended, void *arg)
{
	struct git_service *s = find_moving(all, id);
	struct transfer_ended e;

	if (!s)
		return;
	e = describe_end(s);
	ended(arg, &e);
	if (!e.whole) {
		s->ended_here = true;
		end_for(s, ENDED_BY_USER);
	}
}

static bool describe(const struct git_service *s, struct buf *row)
{
	const struct peer_transfer transfer = {
		.id = s->id,
		.share = s->neg ? neg_share(s->neg) : NULL,
		.service = s->service,
		.direction = "in",
		.channel = s->channel,
		.in = &s->traffic.in,
		.out = &s->traffic.out,
	};

	if (!s->peer || !s->neg || !s->channel)
		return false;
	peer_describe_transfer(s->peer, &transfer, row);
	return true;
}

bool git_service_describe(const struct list *run, struct buf *row)
{
	return describe((const struct git_service *)run, row);
}

bool git_service_describe_leaving(const struct list *leaving, struct buf *row)
{
	return describe(leaving_of(leaving), row);
}

struct git_service_view git_service_view(const void *serving)
{
	const struct git_service *s = serving;

	return (struct git_service_view){ .neg = s->neg,
					  .channel = s->channel,
					  .active = s->active };
}
