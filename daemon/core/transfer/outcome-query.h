/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_OUTCOME_QUERY_H
#define CORE_OUTCOME_QUERY_H

/*
 * Asks for the outcome of a push whose link was lost after we had sent everything. Only the
 * device that served the push knows what became of it. What its git said after the link was
 * lost is handed on, so that our git reports the truth. Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peers.h"

struct inquirer;
struct outcome_query;

/* What a query works with. The record is copied; what it points to is borrowed. */
struct outcome_query_host {
	struct context *context;
	struct peers *peers;
	struct inquirer *inquirer;
};

/* Copied. */
struct outcome_query_question {
	const char *jid, *device;	/* the device that served the push */
	const char *id;			/* of the push's negotiation */
	uint64_t received;		/* bytes of the far git's output that we have already */
};

struct outcome_query_events {
	/* More output of the far git, in order. */
	void (*rest)(void *owner, const void *data, size_t n);
	/* The query is over: the exit status of the far git. Destroy the query, now or later. */
	void (*exited)(void *owner, uint32_t status);
	/*
	 * The query is over without a result. answered: the device says that it does not know,
	 * so asking again is no use; else the device was not there or did not answer. Destroy
	 * the query, now or later.
	 */
	void (*unknown)(void *owner, bool answered);
};

/* Begins to ask. No event comes within the call. */
struct outcome_query *outcome_query_create(const struct outcome_query_host *host,
					   const struct outcome_query_question *question,
					   const struct outcome_query_events *events, void *owner);

/* No event comes any more. NULL is allowed. */
void outcome_query_destroy(struct outcome_query *l);

#endif
