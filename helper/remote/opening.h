/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_OPENING_H
#define HELPER_OPENING_H

/*
 * From "connect" to a running service at the far side. Until then nothing is said to git:
 * if the helper exits before it answers, git adds no message to the helper's.
 */

#include "address.h"
#include "client-config.h"
#include "client.h"

struct opening {
	const struct address *address;		/* borrowed */
	const struct client_config *config;	/* borrowed */
	const char *service;			/* as in FRAME_OPEN */
	int verbosity;				/* 0 quiet, 1, 2 and more: verbose */
	bool progress;
};

/* What git sent before the service ran; it is sent first. */
struct early_input {
	struct buf data;
	bool ended;
};

enum opening_result {
	OPENING_READY,
	OPENING_REFUSED,	/* the reason is in *trouble */
	OPENING_ABANDONED,	/* git has gone, so there is nobody to tell */
};

/*
 * Asks the broker for the service and waits for it. c is connected already; the caller
 * finishes it whatever the result.
 */
enum opening_result opening_run(const struct opening *opening, struct client *c,
				struct early_input *early, struct message *trouble);

#endif
