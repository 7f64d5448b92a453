/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_GIT_SERVICE_INTERNAL_H
#define CORE_GIT_SERVICE_INTERNAL_H

/*
 * Shared by git-service.c, which is one service that runs, push-filter.c, which is the rules of
 * a push, and serves.c, which is all services.
 */

#include "git-service.h"
#include "outcome.h"
#include "ref-filter.h"
#include "traffic.h"
#include "witness.h"

struct git_service {
	struct service_run run;		/* has to be first: the victim of services_begin() is cast
					   back */
	struct list leaving;		/* of git_services::leaving: the process has ended, and what
					   it wrote has not all arrived */
	struct git_services *all;	/* borrowed */
	struct peer *peer;		/* borrowed; outlives the negotiation; NULL: an orphan */
	struct negotiation *neg;	/* NULL after its end */
	struct service_process *process;	/* owned; NULL after its end */
	struct channel *channel;	/* borrowed; NULL before neg_started(), and after the
					   channel was closed */
	struct buf errors;
	struct tail tail;		/* of a push: git's output after the pusher has named the
					   refs */
	struct witness witness;
	struct traffic traffic;
	bool logged;			/* the journal has a line of this service */
	char id[NEG_ID_LEN + 1];	/* neg_id() of the negotiation */
	bool whole;			/* the pusher has sent everything */
	char *path_name;		/* of an orphan: its last path; owned */
	char lost[REASON_MAX + 1];	/* why the orphan lost its link */
	char *directory;		/* of the share that is served; owned */
	struct ref_filter *filter;	/* of a push with rules; owned; NULL: there are none */
	size_t uncredited;		/* bytes that the process is yet to take, and that give the
					   device no credit: it has got that already */
	uint64_t max_pack;		/* of the share when the push began */
	enum service service;
	bool paused, active, process_over;
	bool ended_here;		/* our user has ended it */
	uint32_t status;		/* exit status; valid when process_over */
};

/* Whether this is a push that has lost its link and still runs. */
bool git_service_is_orphan(const struct git_service *s);

/* Whether this is a push that has all it needs, so that it can finish without its link. */
bool git_service_is_whole(const struct git_service *s);

/*
 * Closes the channel for the reason, or, before there is one, refuses the request with
 * `refusal`. May free s.
 */
void git_service_end_early(struct git_service *s, const char *reason, const char *refusal);

/*
 * A push to a share that has rules for it gets a filter, and *text gets the rules. Does nothing
 * for other services.
 */
void push_filter_begin(struct git_service *s, const struct share *share, struct buf *text);
/* Takes bytes of the list of refs, or of a pack that git does not read. There is a filter. */
void push_filter_take(struct git_service *s, const void *data, size_t n);
/* The device has sent everything. */
void push_filter_end(struct git_service *s);
/* The process has ended. *pusher gets what its device is still to be told. There is a filter. */
void push_filter_over(struct git_service *s, struct buf *pusher);

/* The share may have other rules since a push began: whether they are narrower. */
bool git_service_is_narrowed(const struct git_service *s, const struct share *share);

/* The broker stops: lets go of an orphan. Frees s, now or later. */
void git_service_abandon(struct git_service *s);

#endif
