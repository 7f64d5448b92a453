/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_UNSETTLED_H
#define DAEMON_UNSETTLED_H

/*
 * Our pushes that were cut off before their report came, and for which no git waits any
 * more: git has gone, or the link was lost and did not return in time. The journal records
 * such a push as "unknown", and its outcome as soon as the two brokers have spoken again.
 * The device that served the push is asked (outcome-query.h). If it no longer knows, the
 * share's refs are read and compared.
 */

#include <stdint.h>

#include "git-run.h"
#include "outcome-query.h"
#include "transfer.h"

struct unsettled;

/*
 * Whether a push of this account (bare JID; NULL: its file does not say) is ours. The files of
 * all accounts are in one directory.
 */
typedef bool unsettled_ours(void *owner, const char *account);

/*
 * Also loads those of our pushes that the last broker left unsettled. What asks and host point
 * to is borrowed.
 */
struct unsettled *unsettled_create(const struct outcome_query_host *asks,
				   const struct git_run_host *host, unsettled_ours *ours,
				   void *owner);

/*
 * Adds a push, and asks its device at once, unless push->asked says that it was asked. push
 * is copied, and its witness taken over. The limit is UNSETTLED_MAX: beyond, the oldest is
 * dropped and stays unknown. If u is NULL the push is forgotten.
 */
void unsettled_add(struct unsettled *u, const struct unsettled_push *push);

/*
 * A push has named its refs: writes a file for it, $XDG_STATE_HOME/git-xmpp/unsettled/<id>,
 * so that the next broker settles it if this one is killed. The witness stays the caller's.
 * Later either unsettled_add() takes the push over, or unsettled_drop() removes the file,
 * when the journal has its line. u may be NULL.
 */
void unsettled_note(struct unsettled *u, const struct unsettled_push *push);
void unsettled_drop(struct unsettled *u, const char *id);

/*
 * Somebody's presence or our own connection has changed: asks the devices that are there
 * now. u may be NULL.
 */
void unsettled_wake(struct unsettled *u);

/* Records what is not settled as unknown, and leaves it to the next broker. u may be NULL. */
void unsettled_destroy(struct unsettled *u);

#endif
