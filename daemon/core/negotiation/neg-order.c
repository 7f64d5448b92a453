/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pushes of one device to one share take turns, in the order in which they came. A push
 * that is open and has sent nothing for NEG_IDLE_PUSH holds nobody back: it may wait in a
 * pre-push hook that pushes itself. A push that lost its link is in no negotiation;
 * turn_held() tells whether it still runs.
 */
#include "neg-internal.h"

/* Whether a push that we serve makes later ones of its share wait. */
static bool holds_back(const struct negotiation *neg)
{
	if (neg->ours || !neg_is_push(neg))
		return false;
	switch (neg->state) {
	case NEG_REQUESTED:
	case NEG_STARTING:
		return true;
	case NEG_OPEN:
		return neg->active || neg->all->now < neg->since + NEG_IDLE_PUSH;
	default:
		return false;
	}
}

static bool held_by_owner(const struct negotiation *neg)
{
	const struct negotiation_events *events = neg->all->events;

	return events->turn_held && events->turn_held(neg->all->owner, neg->share);
}

bool neg_must_wait(const struct negotiation *neg)
{
	for (struct negotiation *o = neg->all->first; o && o != neg; o = o->next)
		if ((holds_back(o) || (!o->ours && o->state == NEG_DEFERRED)) &&
		    o->share_number == neg->share_number)
			return true;
	/*
	 * A push that came later may hold the share, if this one was deferred behind an
	 * idle push.
	 */
	for (struct negotiation *o = neg->next; o; o = o->next)
		if (o->share_number == neg->share_number && holds_back(o))
			return true;
	/* The owner looks through the processes of all devices, so it is asked last. */
	return held_by_owner(neg);
}

enum { FRONTS = 4 };

/*
 * The first push of a share that was met in a pass over the negotiations, for the first few
 * shares: a deferred one that is met later waits for it.
 */
struct fronts {
	const struct negotiation *of[FRONTS];
	unsigned n;
};

static bool has_front(const struct fronts *f, const struct negotiation *neg)
{
	for (unsigned i = 0; i < f->n; i++)
		if (f->of[i]->share_number == neg->share_number)
			return true;
	return false;
}

/* Whether the turn of a deferred push has come. To be asked of each negotiation in turn. */
static bool may_start(struct fronts *f, const struct negotiation *neg)
{
	bool deferred = !neg->ours && neg->state == NEG_DEFERRED;

	if ((!deferred && !holds_back(neg)) || has_front(f, neg))
		return false;
	if (f->n < FRONTS)
		f->of[f->n++] = neg;
	return deferred && !neg_must_wait(neg);
}

static struct negotiation *next_deferred(const struct negotiations *n)
{
	struct negotiation *neg = n->first;
	struct fronts fronts = { .n = 0 };

	while (neg && !may_start(&fronts, neg))
		neg = neg->next;
	return neg;
}

void neg_start_deferred(struct negotiations *n)
{
	struct negotiation *neg;

	/* Sending may end other negotiations, so the search begins again. */
	while ((neg = next_deferred(n))) {
		neg_enter(neg, NEG_REQUESTED, NEG_ANSWER_TIMEOUT, "its turn has come");
		neg_say_request(neg);
	}
}

uint64_t neg_order_deadline(const struct negotiations *n)
{
	uint64_t least = UINT64_MAX;
	struct fronts fronts = { .n = 0 };

	for (const struct negotiation *neg = n->first; neg; neg = neg->next) {
		uint64_t at = UINT64_MAX;

		/* Only what we serve takes turns. */
		if (neg->ours)
			continue;
		/* An idle push stops holding the deferred ones back. */
		if (neg->state == NEG_OPEN && neg_is_push(neg) && !neg->active &&
		    n->now < neg->since + NEG_IDLE_PUSH)
			at = neg->since + NEG_IDLE_PUSH;
		/*
		 * A push became idle in a call that was no tick: the push that it held
		 * back is due at once.
		 */
		if (may_start(&fronts, neg))
			at = n->now;
		if (at < least)
			least = at;
	}
	return least;
}
