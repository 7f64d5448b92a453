/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_OPENING_H
#define HELPER_OPENING_H

/*
 * From "connect" to a far service that runs. Until then nothing is said to
 * git: a helper that exits before it answers owns the whole message.
 */

#include "address.h"
#include "client-config.h"
#include "client.h"

struct opening {
	const struct address *address;		/* borrowed */
	const struct client_config *config;	/* borrowed */
	const char *service;			/* as FRAME_OPEN has it */
	int verbosity;				/* 0 quiet, 1, 2 and more: verbose */
	bool progress;
};

/* What came from git before the stream was open, to be sent first. */
struct early_input {
	struct buf data;
	bool ended;
};

enum opening_result {
	OPENING_READY,
	OPENING_REFUSED,	/* the reason is in *trouble */
	OPENING_ABANDONED,	/* git has gone, nobody wants to know */
};

/* c is connected already, and finished by the caller whatever the result. */
enum opening_result opening_run(const struct opening *opening, struct client *c,
				struct early_input *early, struct message *trouble);

#endif
