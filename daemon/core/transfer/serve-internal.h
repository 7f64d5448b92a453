/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SERVE_INTERNAL_H
#define CORE_SERVE_INTERNAL_H

/* What serve.c, one that is served, and serves.c, all of them, know of each other. */

#include "outcome.h"
#include "serve.h"
#include "traffic.h"
#include "witness.h"

struct serve {
	struct service_run run;		/* first: services_begin() names a victim by it */
	struct serves *all;		/* borrowed */
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
bool serve_is_orphan(const struct serve *s);

/* A push that has all it needs goes on when its link is lost. */
bool serve_is_whole(const struct serve *s);

/* Its channel is closed for the reason; before there is one, it is refused. May free it. */
void serve_end_early(struct serve *s, const char *reason, const char *refusal);

/* The broker stops: an orphan is let go. Frees it, now or later. */
void serve_abandon(struct serve *s);

#endif
