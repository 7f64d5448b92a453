/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "inquiry.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "backoff.h"
#include "hashtable.h"
#include "jid.h"
#include "timers.h"

/*
 * A domain is known from when the first of its people is not seen until the connection
 * ends. It is at rest while all of them are seen. What was asked of a person is kept with
 * them (struct asking): a round passes over people who had their turn in it, and
 * inquiry_want() repeats no question that was asked a moment ago.
 *
 * What can go wrong: the server swallows everything; then the timeout of the ping tells.
 * Or one person of a domain never answers; then the answers of others tell that the domain
 * can be reached.
 */

struct domain {
	struct hashtable_node node;	/* first: hashtable_find() leads back to the domain */
	struct domain *next;
	char *name;			/* owned */
	struct inquiry *inquiry;	/* borrowed */
	uint32_t round;
	bool begun;			/* the round has; what follows is of it */
	unsigned left;			/* people who have yet to be looked at */
	bool any, waits;		/* of the others: one matters; one is waited for */
	unsigned pause;			/* ms; the last pause between rounds, without the random
					   part; 0: there was none */
	struct timer due;		/* not set: everybody is seen */
	uint64_t asked_at;		/* when the last question was asked */
	uint64_t heard_at;		/* when something last showed that the domain can be
					   reached */
	uint64_t renewed_at;		/* when the last round that such a sign caused was due */
	bool unreachable;
};

struct inquiry {
	struct presence *presence;	/* borrowed */
	const struct inquiry_events *events;
	void *owner;
	uint32_t random;
	bool online;
	struct hashtable by_name;
	struct domain *domains;		/* owned */
	struct timers timers;		/* domain::due */
	uint64_t now;			/* within inquiry_tick() */
};

struct inquiry *inquiry_create(struct presence *presence, const struct inquiry_events *events,
			       void *owner, uint32_t random)
{
	struct inquiry *q = xcalloc(1, sizeof(*q));

	q->presence = presence;
	q->events = events;
	q->owner = owner;
	q->random = random;
	timers_init(&q->timers);
	return q;
}

static void forget_domains(struct inquiry *q)
{
	while (q->domains) {
		struct domain *d = q->domains;

		q->domains = d->next;
		timer_stop(&d->due);
		hashtable_remove(&q->by_name, &d->node);
		free(d->name);
		free(d);
	}
}

void inquiry_destroy(struct inquiry *q)
{
	if (!q)
		return;
	forget_domains(q);
	hashtable_finish(&q->by_name);
	timers_finish(&q->timers);
	free(q);
}

static struct domain *find(const struct inquiry *q, const char *jid)
{
	return (struct domain *)hashtable_find(&q->by_name, jid_domain(jid));
}

static void on_due(void *owner);

static struct domain *get(struct inquiry *q, const char *jid)
{
	struct domain *d = find(q, jid);

	if (d)
		return d;
	d = xcalloc(1, sizeof(*d));
	d->name = xstrdup(jid_domain(jid));
	/* People who were never asked have round 0. */
	d->round = 1;
	d->inquiry = q;
	timer_init(&d->due, &q->timers, on_due, d);
	hashtable_add(&q->by_name, &d->node, d->name);
	d->next = q->domains;
	q->domains = d;
	return d;
}

static bool any_here(const struct buddy *b)
{
	for (const struct resource *r = b->resources; r; r = r->next)
		if (r->broker)
			return true;
	return false;
}

static bool sees_us(const struct buddy *b)
{
	return b->subscription == SUBSCRIPTION_FROM || b->subscription == SUBSCRIPTION_BOTH;
}

/* Whether a question to them may bring anything. */
static bool is_unseen(const struct buddy *b)
{
	return b->in_roster && (b->away || (!any_here(b) && sees_us(b)));
}

/* Whether no device of theirs is known to be anywhere. */
static bool may_be_anywhere(const struct buddy *b)
{
	for (const struct resource *r = b->away; r; r = r->next)
		if (!r->denied)
			return false;
	return !any_here(b);
}

static void ping(struct inquiry *q, struct domain *d, struct buddy *b, struct resource *r,
		 uint64_t now)
{
	if (r->asked || !q->events->ping(q->owner, r->full))
		return;
	r->asked = true;
	r->asked_at = d->asked_at = now;
	b->asking.open++;
}

static void show(struct inquiry *q, struct domain *d, struct buddy *b, uint64_t now)
{
	d->asked_at = now;
	b->asking.until = now + INQUIRY_PATIENCE;
	q->events->show(q->owner, b->jid);
}

static void ask(struct inquiry *q, struct domain *d, struct buddy *b, uint64_t now)
{
	b->asking.round = d->round;
	if (!may_be_anywhere(b) || !sees_us(b)) {
		for (struct resource *r = b->away; r; r = r->next)
			if (!r->asked_at || now >= r->asked_at + INQUIRY_PATIENCE)
				ping(q, d, b, r, now);
	} else if (now >= b->asking.until) {
		show(q, d, b, now);
	}
}

static void set_pause(struct inquiry *q, struct domain *d, bool waits, uint64_t now)
{
	unsigned max = waits || d->unreachable ? INQUIRY_EAGER : INQUIRY_MAX;

	timer_set(&d->due, now + backoff_next(&d->pause, INQUIRY_FIRST, max, &q->random));
}

static void begin_round(const struct inquiry *q, struct domain *d)
{
	const struct neighbours *people = presence_neighbours(q->presence, d->name);

	d->begun = true;
	d->any = d->waits = false;
	d->left = people ? people->count : 0;
}

/* The next one begins when somebody is to be asked. */
static void end_round(struct domain *d)
{
	d->round++;
	d->begun = false;
}

/* Whom to look at next in this round, or NULL. */
static struct buddy *next_of_round(const struct inquiry *q, const struct domain *d)
{
	const struct neighbours *people = presence_neighbours(q->presence, d->name);

	return people && d->left ? neighbours_first(people) : NULL;
}

static void pass_over(struct domain *d, struct buddy *b)
{
	d->left--;
	list_remove(&b->neighbour);
	list_append(&b->neighbours->ring, &b->neighbour);
}

/*
 * Asks as many people as are allowed at a time. Each is looked at once in a round, however many
 * ticks that takes. True if somebody is left to be asked.
 */
static bool go_on(struct inquiry *q, struct domain *d, uint64_t now)
{
	unsigned allowed = d->unreachable ? 1 : INQUIRY_AT_ONCE;
	struct buddy *b;

	while ((b = next_of_round(q, d))) {
		enum interest interest =
			is_unseen(b) ? q->events->interest(q->owner, b->jid) : INTEREST_NONE;
		bool asks = interest != INTEREST_NONE && b->asking.round != d->round;

		if (asks && !allowed)
			return true;
		pass_over(d, b);
		d->any |= interest != INTEREST_NONE;
		d->waits |= interest == INTEREST_WAITS;
		if (!asks)
			continue;
		allowed--;
		ask(q, d, b, now);
	}
	return false;
}

static void on_due(void *owner)
{
	struct domain *d = owner;
	struct inquiry *q = d->inquiry;
	bool more;

	if (!d->begun)
		begin_round(q, d);
	more = go_on(q, d, q->now);
	if (more && !d->unreachable) {
		timer_set(&d->due, q->now + INQUIRY_MORE);
		return;
	}
	if (!more && !d->any) {
		d->begun = false;
		d->pause = 0;
		return;
	}
	if (!more)
		end_round(d);
	set_pause(q, d, d->waits, q->now);
}

static void expect(struct domain *d, uint64_t at)
{
	if (!timer_is_set(&d->due) || at < d->due.at)
		timer_set(&d->due, at);
}

void inquiry_online(struct inquiry *q, uint64_t now)
{
	forget_domains(q);
	q->online = true;
	for (struct buddy *b = presence_buddies(q->presence); b; b = b->next)
		if (b->in_roster)
			expect(get(q, b->jid), now + INQUIRY_SETTLE);
}

void inquiry_offline(struct inquiry *q)
{
	q->online = false;
	forget_domains(q);
}

/* They may have been looked at in this round already, while they were seen. */
static void look_again(const struct inquiry *q, struct domain *d, const char *jid)
{
	struct buddy *b = presence_buddy(q->presence, jid);

	if (!b || !d->begun || b->asking.round == d->round)
		return;
	d->left++;
	list_remove(&b->neighbour);
	list_append(b->neighbours->ring.next, &b->neighbour);
}

void inquiry_unseen(struct inquiry *q, const char *jid, uint64_t now)
{
	unsigned pause = 0;
	struct domain *d;

	if (!q->online)
		return;
	d = get(q, jid);
	look_again(q, d, jid);
	expect(d, now + backoff_next(&pause, INQUIRY_FIRST, INQUIRY_EAGER, &q->random));
}

void inquiry_want(struct inquiry *q, const char *jid, uint64_t now)
{
	struct buddy *b = presence_buddy(q->presence, jid);
	struct domain *d;

	if (!q->online || !b || !is_unseen(b))
		return;
	d = get(q, jid);
	ask(q, d, b, now);
	expect(d, now + INQUIRY_EAGER);
}

bool inquiry_pending(const struct inquiry *q, const char *jid, uint64_t now)
{
	const struct buddy *b = presence_buddy(q->presence, jid);

	return q->online && b && (b->asking.open || now < b->asking.until);
}

bool inquiry_tells_outage(const char *condition)
{
	static const char *const conditions[] = {
		"remote-server-timeout", "remote-server-not-found", "timeout",
		"internal-server-error",
	};

	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++)
		if (!strcmp(condition, conditions[i]))
			return true;
	return false;
}

/* Whether the server has looked, and says that nobody is there. */
static bool tells_absence(const char *error)
{
	return !strcmp(error, "service-unavailable") || !strcmp(error, "recipient-unavailable") ||
	       !strcmp(error, "item-not-found");
}

static void note_outage(struct domain *d, uint64_t now)
{
	/*
	 * If somebody of the domain was heard since the last question, the domain can be
	 * reached.
	 */
	if (d->unreachable || (d->asked_at && d->heard_at >= d->asked_at))
		return;
	d->unreachable = true;
	expect(d, now + INQUIRY_FIRST);
}

/*
 * The domain can be reached. If it could not before, everybody is asked; but at most once
 * in INQUIRY_EAGER, because one person may never answer.
 */
static void note_reachable(struct domain *d, uint64_t now)
{
	uint64_t at = now + INQUIRY_MORE;

	d->heard_at = now;
	if (!d->unreachable)
		return;
	d->unreachable = false;
	end_round(d);
	if (d->renewed_at && at < d->renewed_at + INQUIRY_EAGER)
		at = d->renewed_at + INQUIRY_EAGER;
	/* Not expect(): what was due was the question to one person of an unreachable domain. */
	d->renewed_at = at;
	timer_set(&d->due, at);
}

void inquiry_heard(struct inquiry *q, const char *jid, const char *error, uint64_t now)
{
	char bare[JID_MAX];
	struct domain *d;

	if (!q->online || !jid_bare_of(jid, bare))
		return;
	if (error && inquiry_tells_outage(error)) {
		note_outage(get(q, bare), now);
		return;
	}
	d = find(q, bare);
	if (d)
		note_reachable(d, now);
}

void inquiry_doubt(struct inquiry *q, const char *full, const char *error, uint64_t now)
{
	struct resource *r = presence_full(q->presence, full);
	char bare[JID_MAX];

	if (!q->online || !tells_absence(error) || !r || !r->broker || !jid_bare_of(full, bare))
		return;
	if (!r->asked_at || now >= r->asked_at + INQUIRY_FIRST)
		ping(q, get(q, bare), presence_buddy(q->presence, bare), r, now);
}

/*
 * The device is not at this full JID. If now no device of theirs is known to be anywhere,
 * they may be at a place that we do not know: asks their bare JID.
 */
static void note_denial(struct inquiry *q, struct buddy *b, const char *full, uint64_t now)
{
	char device[DEVICE_ID_LEN + 1];
	bool anywhere = may_be_anywhere(b);

	if (presence_denied(q->presence, full, device) == PRESENCE_GONE)
		q->events->gone(q->owner, full, device);
	if (!anywhere && may_be_anywhere(b) && sees_us(b))
		show(q, get(q, b->jid), b, now);
}

void inquiry_answered(struct inquiry *q, const char *full, const char *error, uint64_t now)
{
	char bare[JID_MAX];
	struct buddy *b = jid_bare_of(full, bare) ? presence_buddy(q->presence, bare) : NULL;
	struct resource *r;

	if (b && b->asking.open)
		b->asking.open--;
	if (b && q->online && error && tells_absence(error))
		note_denial(q, b, full, now);
	r = presence_known(q->presence, full);
	if (r)
		r->asked = false;
	if (!error || strcmp(error, "disconnected"))
		inquiry_heard(q, full, error, now);
}

bool inquiry_unreachable(const struct inquiry *q, const char *jid)
{
	const struct domain *d = find(q, jid);

	return d && d->unreachable;
}

uint64_t inquiry_deadline(const struct inquiry *q)
{
	return timers_next(&q->timers);
}

void inquiry_tick(struct inquiry *q, uint64_t now)
{
	q->now = now;
	timers_run(&q->timers, now);
}
