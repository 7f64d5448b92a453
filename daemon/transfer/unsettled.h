/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_UNSETTLED_H
#define DAEMON_UNSETTLED_H

/*
 * Pushes of ours that were cut off before their report came, and for which no git waits any
 * more: their git has gone, or their link was lost and did not come back in time. The journal
 * says "unknown" of one, and what became of it as soon as the two brokers have spoken again:
 * the device that served it is asked (outcome-query.h), and where it does not know any more,
 * the refs are looked at.
 */

#include <stdint.h>

#include "git-run.h"
#include "outcome-query.h"
#include "transfer.h"

struct unsettled;

/* Takes up what the broker before has left open. What the two hosts point to is borrowed. */
struct unsettled *unsettled_create(const struct outcome_query_host *asks,
				   const struct git_run_host *host);

/*
 * One more, asked about at once. All of it is copied, and the witness taken over. At most
 * UNSETTLED_MAX: the oldest stays unknown. NULL forgets it.
 */
void unsettled_add(struct unsettled *u, const struct unsettled_push *push);

/*
 * A push has named its refs: it is written down, in $XDG_STATE_HOME/git-xmpp/unsettled/<id>, so
 * that the next broker settles it if this one is killed. The witness stays the caller's.
 * unsettled_add() goes on from there, unsettled_drop() removes it when the journal has its
 * line. NULL does nothing.
 */
void unsettled_note(struct unsettled *u, const struct unsettled_push *push);
void unsettled_drop(struct unsettled *u, const char *id);

/* Somebody's presence has changed, or our own connection. NULL does nothing. */
void unsettled_wake(struct unsettled *u);

/* What is not settled is unknown, and is left to the next broker. NULL is fine. */
void unsettled_destroy(struct unsettled *u);

#endif
