/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_ACCOUNT_STATUS_H
#define HELPER_ACCOUNT_STATUS_H

/* The state of an account, as the broker's answer to verb=status tells it. */

#include "query.h"

enum account_status {
	ACCOUNT_STATUS_NONE,	/* nothing is configured */
	ACCOUNT_STATUS_OFFLINE, /* the broker will try again by itself */
	ACCOUNT_STATUS_CONNECTING,
	ACCOUNT_STATUS_ONLINE,
	ACCOUNT_STATUS_FAILED, /* the user has to do something */
};

/*
 * The state of the account of this name. With name NULL: of the first one, which is the one
 * that was asked for, or the default. *row is the row of that account; its data is NULL if there is
 * none.
 */
enum account_status account_status(const struct query *status, const char *name,
				   struct fields *row);

/*
 * Asks the broker again and again until the account is online or has failed, or the time is
 * up. *answer is the last answer; the caller finishes it. -1, with the reason in *trouble,
 * if the broker gave none.
 */
int account_status_wait(struct query *answer, const char *name, int seconds,
			struct message *trouble);

/* The account's error as a message; MSG_NONE if it has none. */
void account_status_trouble(struct fields row, struct message *trouble);

#endif
