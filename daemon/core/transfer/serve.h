/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SERVE_H
#define DAEMON_SERVE_H

/*
 * Serving: git's upload-pack, receive-pack or upload-archive run for a
 * device, its standard streams joined to a channel.
 */

#include "broker.h"
#include "peer.h"

/* NULL when the device may; else the reason for refuse. */
const char *serve_judge(struct peer *peer, enum service service, const char *share);

/* Starts the process; neg_started() or neg_failed() follows. */
void *serve_start(struct peer *peer, struct negotiation *neg);

/* Somebody whose process was ended because it is not allowed any more. Strings are valid during the call. */
struct serve_ended {
	const char *jid, *share;
	enum service service;
	bool finishes;		/* a push that had arrived whole, and is let finish */
};

/* The shares have changed: what runs and is not allowed any more ends at once, and ended (if not NULL) hears of each. */
void serves_review(struct broker *b, void (*ended)(void *arg, const struct serve_ended *e), void *arg);

/* Those of jid, or of one device of it, which has no right any more: they finish, and the journal says that. */
void serve_orphans_shut_out(struct broker *b, const char *jid, const char *device, const char *reason);

/* The peer's link lost its path, or has one again. */
void serves_cut_off(const struct peer *p, bool cut_off);

/* The broker stops: pushes that lost their link and run on are let go. */
void serve_end_orphans(struct broker *b);

/* A row for status, of one of broker::services.runs; false when it does not move data. */
bool serve_describe(const struct ring *run, struct buf *row);

/* It is not wanted any more, before its channel was open. NULL is fine. */
void serve_stop(void *serving);

#endif
