/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a negotiation ends. All ways lead to neg_end(), which runs once: a failure, of
 * which the owner is told (neg_fail()), the end of the channel, the end of the link. A
 * push that ends may give its turn to another.
 */
#include "neg-internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void neg_end(struct negotiation *neg, const char *because)
{
	struct negotiations *n = neg->all;
	struct negotiation **at = &n->first;
	bool ours = neg->ours;

	neg_enter(neg, NEG_ENDED, 0, because);
	while (*at != neg)
		at = &(*at)->next;
	*at = neg->next;
	n->count--;
	neg_note_over(n, neg->id);
	free(neg);
	/* A negotiation that we began holds no turn. */
	if (!ours)
		neg_start_deferred(n);
}

void neg_fail(struct negotiation *neg, const char *reason)
{
	const struct initiator_events *events = neg->events;
	struct channel *channel = neg->channel;

	assert(neg->state != NEG_OPEN && neg->state != NEG_ENDED);
	/* on_opening_closed() is called, and finds no channel. */
	neg->channel = NULL;
	if (channel)
		channel_close(channel, reason);
	if (neg->ours)
		events->refused(neg->owner, neg, reason);
	else if (neg->serving)
		neg->all->events->stop(neg->all->owner, neg->serving);
	neg_end(neg, reason);
}

void negotiations_finish(struct negotiations *n, const char *reason, uint64_t now)
{
	struct negotiation *neg;

	/*
	 * Set first: those who are told may ask another device, whose time-outs count
	 * from now.
	 */
	n->now = now;
	while (n->watches) {
		struct neg_watch *watch = n->watches;

		negotiations_unwatch(watch);
		watch->gone(watch, reason);
	}
	neg = n->first;
	while (neg) {
		if (neg->state == NEG_OPEN) {
			/* The channel's owner is about to call neg_done(). */
			neg = neg->next;
			continue;
		}
		neg_fail(neg, reason);
		neg = n->first;
	}
}

void neg_done(struct negotiation *neg, uint64_t now)
{
	assert(neg->state == NEG_OPEN);
	neg->all->now = now;
	neg_end(neg, "its channel is closed");
}
