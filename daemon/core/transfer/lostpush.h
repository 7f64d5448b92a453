/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_LOSTPUSH_H
#define DAEMON_LOSTPUSH_H

/*
 * A push whose link was lost when everything had been sent. Only the device
 * that served it knows what became of it: it is asked, and what its git said
 * after the link was lost is handed on, so that our git tells the truth.
 */

#include "broker.h"

struct lost_push;

struct lost_push_events {
	/* What the far git still said, in order. */
	void (*rest)(void *owner, const void *data, size_t n);
	/* It is over, with the exit status of the far git. Destroy it, now or later. */
	void (*exited)(void *owner, uint32_t status);
	/*
	 * Nobody can tell now. answered: nor later, for the device says that it does not know; otherwise it was
	 * not there, or did not answer. Destroy it, now or later.
	 */
	void (*unknown)(void *owner, bool answered);
};

/* id: the negotiation's. received: how much of the far git's output has come before. */
struct lost_push *lost_push_create(struct broker *b, const char *jid, const char *device, const char *id,
				   uint64_t received, const struct lost_push_events *events, void *owner);

/* Nothing is reported any more. NULL is fine. */
void lost_push_destroy(struct lost_push *l);

#endif
