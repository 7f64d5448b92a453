/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_GIT_SERVICE_INTERNAL_H
#define CORE_GIT_SERVICE_INTERNAL_H

/* Shared by git-service.c, which is one service that runs, and serves.c, which is all of them. */

#include "git-service.h"
#include "outcome.h"
#include "traffic.h"
#include "witness.h"

struct git_service {
	struct service_run run;		/* has to be first: the victim of services_begin() is cast
					   back */
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
	enum service service;
	bool paused, active, process_over;
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

/* The broker stops: lets go of an orphan. Frees s, now or later. */
void git_service_abandon(struct git_service *s);

#endif
