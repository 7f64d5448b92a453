/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_ACCOUNTS_H
#define DAEMON_ACCOUNTS_H

/*
 * All accounts of one user: a broker for each, with its own key, tables, links, queue and
 * notices. They run in one process, on one loop. They share what belongs to the process, and
 * is here: the socket, the configuration as it was read, the log, the sink, the heap.
 *
 * A broker is known by the address of its account. Another name for the same address changes
 * nothing; another address under the same name is another account.
 */

#include <uv.h>

#include "account-list.h"
#include "broker.h"
#include "control.h"
#include "heap-trim.h"
#include "log-budget.h"
#include "log.h"

struct accounts {
	struct broker_shared shared;		/* first; sink and hooks are owned here, the
						   manager is set before the start */
	struct gitconfig configuration;		/* as it was read last */
	struct account_list list;		/* of configuration */
	struct broker *first;			/* owned, in the order of the list; without an
						   account there is one broker all the same */
	struct broker *ended;			/* owned; stopped, because their accounts are
						   configured no more. Their handles may close
						   late, so they are freed with the loop. */
	struct control *control;		/* owned; the Unix socket */
	struct heap_trim heap_trim;		/* returns memory to the system after work has
						   ended */
	struct log_budget budgets[LOG_BOOKS];	/* limit the log and journal lines that others
						   cause */
	uint64_t started;			/* unix seconds */
	const char *started_by;			/* static; what status says of that */
	bool draining;				/* it stops when nothing is transferred any more */
	bool stopping;
};

/*
 * Returns 0, or -1 with *trouble set if the configuration cannot be read, no account has a
 * key and a trust table that can be read, or the socket cannot be served. Of several accounts
 * one that cannot be read stops no other. loop and socket_path must outlive the accounts, and
 * events too, of which the accounts are the owner (accounts-command.h).
 */
int accounts_start(struct accounts *a, uv_loop_t *loop, const char *socket_path,
		   const struct control_events *events, struct message *trouble);

/*
 * Each account stops when nothing of it is transferred any more (draining.h), and when all have,
 * that is accounts_stop(). Meanwhile no account begins or ends by a reload.
 */
void accounts_drain(struct accounts *a);

/* Ends all work; the loop then runs out of handles. May be called twice. */
void accounts_stop(struct accounts *a);
void accounts_finish(struct accounts *a);

/*
 * Reads the user's git configuration again. Accounts that are new log in, those that are gone
 * end, and the others obey what has changed (broker_configure()). If the configuration cannot
 * be read, returns -1, logs why and sets *trouble; the old one stays in force. Otherwise 0.
 */
int accounts_reload(struct accounts *a, transfer_ended *ended, void *arg, struct message *trouble);

/* The broker of a row of the list; NULL if the row has no address. */
struct broker *accounts_broker(const struct accounts *a, size_t row);

/*
 * The broker of the default account; without one, the first. While the accounts stop, one that has
 * not stopped yet.
 */
struct broker *accounts_preferred(const struct accounts *a);

#endif
