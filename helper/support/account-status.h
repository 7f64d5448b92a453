/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_ACCOUNT_STATUS_H
#define HELPER_ACCOUNT_STATUS_H

/* How the broker's account fares, as its answer to verb=status tells. */

#include "query.h"

enum account_status {
	ACCOUNT_STATUS_NONE,	/* nothing is configured */
	ACCOUNT_STATUS_OFFLINE,	/* it will be tried again by itself */
	ACCOUNT_STATUS_CONNECTING,
	ACCOUNT_STATUS_ONLINE,
	ACCOUNT_STATUS_FAILED,	/* the user has to do something */
};

/* Of one account, or of all with name NULL: then the best. row is it, if there is one. */
enum account_status account_status(const struct query *status, const char *name,
				   struct fields *row);

/*
 * Asks the broker again and again until the account is online or has failed,
 * or the time is up. *answer is the last one, to be finished; -1 if there
 * was none, for the reason in *trouble.
 */
int account_status_wait(struct query *answer, const char *name, int seconds,
			struct message *trouble);

/* The account's error as a message; MSG_NONE if it has none. */
void account_status_trouble(struct fields row, struct message *trouble);

#endif
