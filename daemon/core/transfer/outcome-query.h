/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_OUTCOME_QUERY_H
#define CORE_OUTCOME_QUERY_H

/*
 * A push whose link was lost when everything had been sent. Only the device
 * that served it knows what became of it: the device is asked, and what its git said
 * after the link was lost is handed on, so that our git tells the truth. Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peers.h"

struct inquirer;
struct outcome_query;

/* By what it asks; copied, and what it points to is borrowed. */
struct outcome_query_host {
	struct context *context;
	struct peers *peers;
	struct inquirer *inquirer;
};

/* Copied. */
struct outcome_query_question {
	const char *jid, *device;	/* who served it */
	const char *id;			/* of the negotiation */
	uint64_t received;		/* bytes of the far git's output that have come before */
};

struct outcome_query_events {
	/* What the far git still said, in order. */
	void (*rest)(void *owner, const void *data, size_t n);
	/* It is over, with the exit status of the far git. Destroy it, now or later. */
	void (*exited)(void *owner, uint32_t status);
	/*
	 * Nobody can tell now. answered: nor later, for the device says that it does not know;
	 * otherwise it was not there, or did not answer. Destroy it, now or later.
	 */
	void (*unknown)(void *owner, bool answered);
};

/* Nothing is reported before it returns. */
struct outcome_query *outcome_query_create(const struct outcome_query_host *host,
					   const struct outcome_query_question *question,
					   const struct outcome_query_events *events, void *owner);

/* Nothing is reported any more. NULL is fine. */
void outcome_query_destroy(struct outcome_query *l);

#endif
