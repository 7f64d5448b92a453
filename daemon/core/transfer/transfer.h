/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TRANSFER_H
#define CORE_TRANSFER_H

/*
 * The record of a transfer, one service of one share, that is over: for the journal, and, if
 * it is a push that was cut, for those who ask for its outcome. Everything in these records is
 * borrowed for the duration of a call.
 */

#include <stdbool.h>
#include <stdint.h>

#include "policy.h"
#include "witness.h"

/* Why a channel is closed whose transfer the user at that end has ended. */
#define ENDED_BY_USER "ended-by-user"
/* The same for the journal of the other end. */
#define ENDED_THERE "ended-there"

/* A transfer that is ended before its time. Valid during the call that tells of it. */
struct transfer_ended {
	const char *jid, *share;
	enum service service;
	bool served;			/* as in struct transfer */
	bool whole;			/* the push has all that it needs, and finishes */
	const char *task;		/* the entry of the queue whose push this is; NULL: none */
};

typedef void transfer_ended(void *arg, const struct transfer_ended *e);

struct transfer {
	const char *jid, *share;
	enum service service;
	bool served;			/* we served it for the device; else it was ours */
	uint64_t sent, received;	/* bytes of git's protocol */
	const char *path;		/* name of the path (path_name()); NULL: there was none */
	const struct witness *witness;
	const char *reason;		/* why the stream ended early, as for witness_result() */
	const char *note;		/* a further note for the line, or NULL */
};

/* A push of ours that has named its refs and was, or may be, cut before its report came. */
struct unsettled_push {
	const char *jid, *device, *share;
	const char *id;			/* of the push's negotiation */
	const char *path;		/* name of the path */
	const char *reason;		/* why it was cut */
	uint64_t sent, received;	/* bytes of git's protocol */
	uint64_t begun;			/* of received: those that had come when the refs were
					   named */
	struct witness *witness;
	bool asked;			/* the device was asked, and did not know or answer */
};

#endif
