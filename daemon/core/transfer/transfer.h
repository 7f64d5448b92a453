/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TRANSFER_H
#define CORE_TRANSFER_H

/*
 * What is told of a transfer, one service of one share, when it is over: to the
 * journal, and of a push that was cut to those who find out what became of it.
 * Everything in these records is borrowed for the duration of a call.
 */

#include <stdbool.h>
#include <stdint.h>

#include "policy.h"
#include "witness.h"

struct transfer {
	const char *jid, *share;
	enum service service;
	bool served;			/* by us, for them */
	uint64_t sent, received;	/* bytes of git's protocol */
	const char *path;		/* the last one, as path_name() has it; NULL: there was
					   none */
	const struct witness *witness;
	const char *reason;		/* why its stream ended early, as for witness_result() */
	const char *note;		/* what else there is to say of it, or NULL */
};

/* A push of ours that was cut before its report came, or may be: it has named its refs. */
struct unsettled_push {
	const char *jid, *device, *share;
	const char *id;			/* of its negotiation */
	const char *path;		/* the last one */
	const char *reason;		/* why it was cut */
	uint64_t sent, received;	/* bytes of git's protocol */
	uint64_t begun;			/* of these received when the refs were named */
	struct witness *witness;
	bool asked;			/* the device was asked, and did not tell */
};

#endif
