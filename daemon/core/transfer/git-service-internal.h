/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_GIT_SERVICE_INTERNAL_H
#define CORE_GIT_SERVICE_INTERNAL_H

/* What git-service.c, one that is served, and serves.c, all of them, know of each other. */

#include "git-service.h"
#include "outcome.h"
#include "traffic.h"
#include "witness.h"

struct git_service {
	struct service_run run;		/* first: services_begin() names a victim by it */
	struct git_services *all;	/* borrowed */
	struct peer *peer;		/* borrowed; outlives the negotiation. NULL: an orphan */
	struct negotiation *neg;	/* NULL after its end */
	struct service_process *process;	/* owned; NULL after its end */
	struct channel *channel;	/* NULL before started, and after closed */
	struct buf errors;
	struct tail tail;		/* of a push: what it says once the refs are named */
	struct witness witness;
	struct traffic traffic;
	bool logged;			/* the journal has its line */
	char id[NEG_ID_LEN + 1];	/* of the negotiation */
	bool whole;			/* the pusher has sent everything */
	char *path_name;		/* by which an orphan came; owned */
	char lost[REASON_MAX + 1];	/* why it is one */
	char *directory;		/* that it serves; owned */
	enum service service;
	bool paused, active, process_over;
	uint32_t status;		/* when process_over */
};

/* A push that lost its link and runs on. */
bool git_service_is_orphan(const struct git_service *s);

/* A push that has all it needs goes on when its link is lost. */
bool git_service_is_whole(const struct git_service *s);

/* Its channel is closed for the reason; before there is one, it is refused. May free it. */
void git_service_end_early(struct git_service *s, const char *reason, const char *refusal);

/* The broker stops: an orphan is let go. Frees it, now or later. */
void git_service_abandon(struct git_service *s);

#endif
