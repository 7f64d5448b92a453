/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The invariants: what must be true on every honest broker when time goes on. Most are local
 * to one device. One needs both sides: when two devices have a link, and nothing is on its
 * way in either direction, they must agree on every negotiation, so that neither waits for
 * something that will not come.
 */
#include "sim.h"

#include <string.h>

#include "session-internal.h"

enum {
	/*
	 * In five minutes on treacherous ways: waits of 15, 30, 60 and 120 s make five
	 * tries, for two kinds, by two sides, each there and back.
	 */
	ATTACHES_MAX = 40,
	TRIES_LATE = 4,			/* attempts that had failed before and had to wait */
	TRIES_MAX = 64,
	FULL_LOOK = 16,			/* each so many looks leave out nobody */
	WAIT_MAX = 60 * 1000,		/* ms; no timer of a negotiation is longer */
	/* The data, one record more, and a control queue full of small records. */
	UNACKED_MAX = LINK_UNACKED_MAX + RECORD_PAYLOAD_MAX + LINK_CONTROL_QUEUE_MAX * 600,
};

static bool looked_at(const struct broker *b)
{
	return b->looked_at == b->world->looks;
}

static uint64_t timer_of(const struct peer *p)
{
	return timer_is_set(&p->timer) ? p->timer.at : UINT64_MAX;
}

static bool serves_push(const struct negotiation *neg)
{
	return !neg_ours(neg) && neg_service(neg) == SERVICE_RECEIVE_PACK;
}

static bool same_share(const struct negotiation *a, const struct negotiation *b)
{
	return !strcmp(neg_share(a), neg_share(b));
}

/*
 * The process that serves a negotiation, if both know each other; or NULL. Notes that the
 * process has a negotiation.
 */
static const struct service_process *process_for(const struct peer *p, const struct broker *other,
						 const struct negotiation *neg)
{
	struct service_process *s = neg_ours(neg) ? NULL : process_of(broker_of(p), neg_id(neg));

	if (!s)
		return NULL;
	if (s->of == other)
		s->negotiated_at = broker_of(p)->world->looks;
	return s->serving && git_service_view(s->serving).neg == neg ? s : NULL;
}

static bool session_has(const struct broker *b, const struct negotiation *neg)
{
	for (const struct session *s = b->sessions.first; s; s = s->next)
		if (s->neg == neg)
			return s->channel &&
			       (s->state == SESSION_OPEN || s->state == SESSION_LEAVING);
	return false;
}

/* Whether an open push makes others wait: its bytes flow, or it is young. */
static bool process_holds(const struct service_process *s)
{
	return s && (git_service_view(s->serving).active ||
		     s->broker->world->now < s->talked_at + NEG_IDLE_PUSH);
}

void check_push_request(struct peer *p, const char *id)
{
	const struct negotiation *self = p->negotiations.first;
	struct broker *b = broker_of(p);
	bool older = true;

	while (self && (neg_ours(self) || strcmp(neg_id(self), id)))
		self = neg_next(self);
	/*
	 * A repeated can-push gets the same answer again. Only a request made just now takes
	 * a turn.
	 */
	if (self && (neg_state(self) != NEG_REQUESTED ||
		     neg_deadline(self) != b->world->now + NEG_ANSWER_TIMEOUT))
		return;
	/*
	 * A link that ends ends its pushes one after the other, and its records are not
	 * sent.
	 */
	if (self && !p->ended && process_left(b, other_of(p), neg_share(self)))
		violation(b->world,
			  "%s: asks %s for a push while one of '%s' that lost its link runs",
			  b->name, other_of(p)->name, neg_share(self));
	for (const struct negotiation *neg = p->negotiations.first; self && neg;
	     neg = neg_next(neg)) {
		if (neg == self) {
			older = false;
			continue;
		}
		if (!serves_push(neg) || !same_share(neg, self))
			continue;
		if (neg_state(neg) == NEG_REQUESTED || neg_state(neg) == NEG_STARTING ||
		    (neg_state(neg) == NEG_OPEN && process_holds(process_for(p, other_of(p), neg))))
			violation(b->world,
				  "%s: asks %s for a push while another one of '%s' is %s", b->name,
				  other_of(p)->name, neg_share(neg),
				  neg_state_name(neg_state(neg)));
		if (older && neg_state(neg) == NEG_DEFERRED)
			violation(b->world, "%s: a push of %s to '%s' overtakes one that waits",
				  b->name, other_of(p)->name, neg_share(neg));
	}
}

void check_asked(struct peer *p, const char *id)
{
	struct world *w = broker_of(p)->world;

	for (const struct negotiation *neg = p->negotiations.first; neg; neg = neg_next(neg))
		if (neg_ours(neg) && !strcmp(neg_id(neg), id) &&
		    neg_deadline(neg) != w->now + NEG_ANSWER_TIMEOUT)
			violation(w, "%s: asks %s, which has %ld ms to answer", broker_of(p)->name,
				  other_of(p)->name, (long)(neg_deadline(neg) - w->now));
}

/* What the negotiations of a peer are together; gathered in one pass over them. */
struct gathered {
	unsigned count, channels, serving;
	unsigned pushes;			/* those that it serves */
	unsigned serves[SHARES];		/* pushes with a process */
	unsigned turns[SHARES];			/* those of them that make the next one wait */
	bool waited_for[SHARES];		/* there is a push that one can wait for */
	const struct negotiation *waits[SHARES];	/* a deferred push, or NULL */
};

/* The place of a served negotiation's share. */
static unsigned share_of(const struct peer *p, const struct negotiation *neg)
{
	unsigned i = 0;

	/* A negotiation's name is followed by zeros, as these are. */
	while (i < SHARES && memcmp(share_names[i], neg_share(neg), SHARE_NAME_ROOM))
		i++;
	if (i == SHARES)
		violation(broker_of(p)->world, "%s: serves '%s', which it has not",
			  broker_of(p)->name, neg_share(neg));
	return i;
}

static void check_open(const struct peer *p, const struct negotiation *neg,
		       const struct service_process *s)
{
	const struct broker *b = broker_of(p);

	if (neg_ours(neg) ? !session_has(b, neg) : !s || !git_service_view(s->serving).channel)
		violation(b->world, "%s: an open negotiation with %s has no channel", b->name,
			  other_of(p)->name);
}

static void check_waiting(const struct peer *p, const struct negotiation *neg,
			  const struct service_process *s)
{
	struct world *w = broker_of(p)->world;
	uint64_t deadline = neg_deadline(neg);

	if (deadline == UINT64_MAX)
		violation(w, "%s: a negotiation with %s is %s and has no timer", broker_of(p)->name,
			  other_of(p)->name, neg_state_name(neg_state(neg)));
	if (deadline > w->now + WAIT_MAX || deadline < timer_of(p))
		violation(w, "%s: a negotiation with %s is %s, and its timer is not set",
			  broker_of(p)->name, other_of(p)->name, neg_state_name(neg_state(neg)));
	if (neg_state(neg) == NEG_WANTED || neg_state(neg) == NEG_ENDED)
		violation(w, "%s: a negotiation with %s is left %s", broker_of(p)->name,
			  other_of(p)->name, neg_state_name(neg_state(neg)));
	if (!neg_ours(neg) && neg_state(neg) == NEG_STARTING && !s)
		violation(w, "%s: nothing is being started for %s", broker_of(p)->name,
			  other_of(p)->name);
}

static void gather_push(const struct peer *p, const struct negotiation *neg,
			const struct service_process *s, struct gathered *g)
{
	enum neg_state state = neg_state(neg);
	unsigned share = share_of(p, neg);
	bool open = state == NEG_OPEN && process_holds(s);
	/* One that has ended takes no turn, also when a first byte for it is still to come. */
	bool runs = s && !s->over;

	g->pushes++;
	g->serves[share] += runs;
	g->turns[share] += runs && !s->late && (state == NEG_STARTING || process_holds(s));
	/* An open one may just have been silent for too long: then the timer is due now. */
	g->waited_for[share] |= state == NEG_REQUESTED || state == NEG_STARTING || open ||
				(state == NEG_OPEN && timer_of(p) <= broker_of(p)->world->now);
	if (state == NEG_DEFERRED)
		g->waits[share] = neg;
}

/* Looks at each negotiation. */
static void check_negotiations(const struct peer *p, const struct broker *other, struct gathered *g)
{
	for (const struct negotiation *neg = p->negotiations.first; neg; neg = neg_next(neg)) {
		const struct service_process *s = process_for(p, other, neg);
		enum neg_state state = neg_state(neg);
		bool ours = neg_ours(neg);

		g->count++;
		g->channels += state == NEG_OPEN || (state == NEG_STARTING && ours);
		g->serving += !ours && (state == NEG_OPEN || state == NEG_STARTING);
		if (state == NEG_OPEN)
			check_open(p, neg, s);
		else
			check_waiting(p, neg, s);
		if (serves_push(neg))
			gather_push(p, neg, s, g);
	}
}

/*
 * At most one push of a device to a share may be served, silent ones aside. A deferred push
 * must have a push of the same device to wait for.
 */
static void check_turns(const struct peer *p, const struct broker *other, const struct gathered *g)
{
	const struct broker *b = broker_of(p);

	for (unsigned i = 0; i < SHARES; i++) {
		uint64_t *met = b->world->stats->met;

		if (g->serving > 1 && g->turns[i] > 1)
			violation(b->world, "%s: %u pushes of %s to '%s' at once", b->name,
				  g->turns[i], other->name, share_name(i));
		met[MET_SILENT] += g->turns[i] == 1 && g->serves[i] > 1;
		if (!g->waits[i])
			continue;
		/* All processes are looked at for this, and mostly there is no need to. */
		if (!g->waited_for[i] && !process_left(b, other, share_name(i)))
			violation(b->world, "%s: a push of %s to '%s' waits for nothing", b->name,
				  other->name, share_name(i));
		met[g->waited_for[i] ? MET_WAITS : MET_LEFT]++;
	}
}

/* The path manager must know what the peer has. */
static void check_search(const struct peer *p)
{
	const struct path_manager *manager = connector_search(p->connector);
	struct world *w = broker_of(p)->world;

	if ((p->path != NULL) != (manager->selector.current >= 0))
		violation(w, "%s: the path manager does not know whether %s has a path",
			  broker_of(p)->name, other_of(p)->name);
	if (p->left && !p->path)
		violation(w, "%s: the path to %s that was left is kept for nothing",
			  broker_of(p)->name, other_of(p)->name);
	if (timer_of(p) > path_manager_deadline(manager, p->link.busy))
		violation(w, "%s: the timer of the path manager for %s is not set",
			  broker_of(p)->name, other_of(p)->name);
}

static void check_peer(const struct peer *p, const struct broker *other)
{
	struct world *w = broker_of(p)->world;
	struct gathered g = { 0 };

	check_negotiations(p, other, &g);
	if (g.pushes)
		check_turns(p, other, &g);
	if (g.count != p->negotiations.count || g.count > NEGOTIATIONS_PER_DEVICE)
		violation(w, "%s: %u negotiations with %s", broker_of(p)->name, g.count,
			  other_of(p)->name);
	if (g.channels != p->channels.count || g.channels > CHANNELS_PER_LINK)
		violation(w, "%s: %u channels with %s for %u negotiations", broker_of(p)->name,
			  p->channels.count, other_of(p)->name, g.channels);
	if (link_unacked(&p->link) > UNACKED_MAX)
		violation(w, "%s: %zu bytes are kept for %s", broker_of(p)->name,
			  link_unacked(&p->link), other_of(p)->name);
	if (timer_of(p) > link_deadline(&p->link) ||
	    timer_of(p) > negotiations_deadline(&p->negotiations))
		violation(w, "%s: a timer for %s is not set", broker_of(p)->name,
			  other_of(p)->name);
	check_search(p);
}

/* A process works for a negotiation, or has been told that it no longer does. */
static void check_processes(const struct broker *b)
{
	for (const struct service_process *s = first_busy(b); s; s = next_busy(s))
		if (s->negotiated_at != b->world->looks && s->used && !s->gone && !s->cut &&
		    !process_negotiated(s))
			violation(b->world, "%s: a process runs for nobody", b->name);
}

/* A session has what its state says, and a session that waits has a timer. */
static void check_session(const struct broker *b, const struct session *s)
{
	bool open = s->state == SESSION_OPEN || s->state == SESSION_LEAVING;
	bool waits = s->state == SESSION_WAITING || s->state == SESSION_LEAVING;

	if ((s->state == SESSION_ASKING) != (s->request != NULL) || open != (s->channel != NULL) ||
	    open != (s->neg != NULL) || (s->state == SESSION_LOST) != (s->lost != NULL))
		violation(b->world, "%s: a session has lost its request", b->name);
	if (!s->client != (s->state == SESSION_LEAVING))
		violation(b->world, "%s: a session has no client", b->name);
	if (waits && !timer_is_set(&s->timer))
		violation(b->world, "%s: a session waits for ever", b->name);
}

/* All that it asked may have refused, and the path of another device is being made. */
static bool may_wait_for_path(const struct session *s)
{
	return s->path_until && timer_is_set(&s->timer);
}

/* Each session that asks has a negotiation under way, or waits for a path. */
static void check_sessions(const struct broker *b)
{
	unsigned asking = 0, asked = 0;

	for (const struct session *s = b->sessions.first; s; s = s->next) {
		check_session(b, s);
		asking += s->state == SESSION_ASKING && !may_wait_for_path(s);
	}
	if (!asking)
		return;
	for (const struct peer *p = b->peers.first; p; p = p->next)
		for (const struct negotiation *neg = p->negotiations.first; neg;
		     neg = neg_next(neg))
			asked += neg_ours(neg) && neg_state(neg) != NEG_OPEN && *neg_share(neg) &&
				 !(neg_service(neg) == SERVICE_UPLOAD_PACK &&
				   neg_state(neg) == NEG_OFFERED);
	if (asked < asking)
		violation(b->world, "%s: %u sessions wait, and %u negotiations are under way",
			  b->name, asking, asked);
}

/* Both sides */

/* Whether all that this side has sent has arrived. */
static bool may_be_quiet(const struct peer *p)
{
	return p->link.state == LINK_UP && p->path && !link_unacked(&p->link);
}

/* Whether nothing is on its way between them. */
static bool quiet(struct world *w, const struct peer *p, const struct peer *q)
{
	return may_be_quiet(p) && may_be_quiet(q) && wire_of(w, p->path) == wire_of(w, q->path);
}

/* Whether the responder's state fits the initiator's. */
static bool agree(const struct negotiation *began, const struct negotiation *responder)
{
	if (!responder)
		return false;
	switch (neg_state(began)) {
	case NEG_REQUESTED:
		return neg_state(responder) == NEG_STARTING;
	case NEG_DEFERRED:
		return neg_state(responder) == NEG_DEFERRED;
	case NEG_STARTING:
		return neg_state(responder) == NEG_STARTING;
	case NEG_OPEN:
		return neg_state(responder) == NEG_OPEN;
	default:
		return false;
	}
}

static const struct negotiation *counterpart(const struct peer *q, const struct negotiation *neg)
{
	const struct negotiation *other = q->negotiations.first;

	while (other && (neg_ours(other) == neg_ours(neg) || strcmp(neg_id(other), neg_id(neg))))
		other = neg_next(other);
	return other;
}

static void check_pair(struct world *w, const struct peer *p, const struct peer *q)
{
	unsigned began = 0, served = 0;

	for (const struct negotiation *neg = p->negotiations.first; neg; neg = neg_next(neg)) {
		const struct negotiation *other;

		if (!neg_ours(neg))
			continue;
		began++;
		other = counterpart(q, neg);
		if (!agree(neg, other))
			violation(w,
				  "%s waits for %s, %s, where it is %s, and nothing is on its way",
				  broker_of(p)->name, broker_of(q)->name,
				  neg_state_name(neg_state(neg)),
				  other ? neg_state_name(neg_state(other)) : "unknown");
	}
	for (const struct negotiation *neg = q->negotiations.first; neg; neg = neg_next(neg))
		served += !neg_ours(neg);
	w->stats->met[MET_PAIR] += began > 0;
	if (served != began)
		violation(w, "%s serves %u of %s, who has begun %u, and nothing is on its way",
			  broker_of(q)->name, served, broker_of(p)->name, began);
}

static void check_both(const struct peer *p, const struct broker *other)
{
	const struct broker *b = broker_of(p);
	struct world *w = b->world;
	const struct peer *q;

	if (other->hostile || !other->running || !may_be_quiet(p))
		return;
	q = other->peer_of[b->index];
	if (!q || !quiet(w, p, q))
		return;
	check_pair(w, p, q);
	/* One that is looked at does this itself. */
	if (!looked_at(other))
		check_pair(w, q, p);
}

static void check_broker(const struct broker *b)
{
	for (const struct peer *p = b->peers.first; p; p = p->next) {
		const struct broker *other = other_of(p);

		check_peer(p, other);
		check_both(p, other);
	}
	if (b->world->swarm.greedy)
		check_places(b);
	check_sessions(b);
}

static void look(struct world *w, bool at_all)
{
	w->looks++;
	for (unsigned i = 0; i < w->count; i++) {
		struct broker *b = &w->brokers[i];

		if (b->touched || at_all)
			b->looked_at = w->looks;
		b->touched = false;
	}
	for (unsigned i = 0; i < w->count; i++) {
		struct broker *b = &w->brokers[i];

		if (!looked_at(b))
			continue;
		if (b->running && !b->hostile)
			check_broker(b);
		if (b->running && !b->hostile && w->swarm.trust_events)
			check_trust(b);
		if (b->join_uses)
			check_joins(b);
		check_processes(b);
	}
}

void check_all(struct world *w)
{
	look(w, true);
}

void check_touched(struct world *w)
{
	look(w, !w->sparse || w->looks % FULL_LOOK == 0);
}

/* The end of a run */

static const char *restless(const struct broker *b)
{
	if (!b->online)
		return "is not online";
	if (b->helpers)
		return "has a helper";
	if (b->sessions.first)
		return "has a session";
	if (b->listings)
		return "waits for a list";
	if (!list_alone(&b->git_services.services.runs))
		return "has a child";
	for (const struct peer *p = b->peers.first; p; p = p->next) {
		if (p->link.state != LINK_UP)
			return "has a link that is not up";
		if (p->negotiations.count || p->channels.count || link_unacked(&p->link))
			return "has something open";
	}
	if (!follower_rests(b))
		return "follows";
	if (inquirer_misses(b))
		return "does not see somebody";
	for (unsigned k = 0; k < BROKERS_MAX; k++)
		if (b->presence_at[k] >= b->world->now)
			return "will hear of somebody";
	/* This takes longest. */
	if (!announcer_rests(b))
		return "has something to announce";
	return NULL;
}

/* At rest, a silent path is noticed after a minute, a missing HELLO after 20 seconds. */
static bool any_dead_path(const struct world *w)
{
	for (unsigned i = 0; i < w->wires_used; i++)
		if (w->wires[i].used && (w->wires[i].dead || w->wires[i].raw))
			return true;
	return false;
}

/*
 * ms that a run may take to come to rest. After ten minutes of failures pauses are long: an
 * unseen buddy is asked again after half an hour. A helper that demands a kind of path which
 * does not exist, or whose broker allowed no other when it began, waits for that path and
 * then ends.
 */
static uint64_t patience(const struct world *w)
{
	if (w->swarm.demands || w->swarm.picky || w->swarm.reloads)
		return 2 * INQUIRY_MAX + 2 * LINK_SUSPEND_MAX;
	return w->swarm.forgetful || w->swarm.parting ? 2 * INQUIRY_MAX : 5 * WAIT_MAX;
}

bool quiescent(struct world *w)
{
	/*
	 * Events of this very moment are still to come: a link that has just ended may cause
	 * more.
	 */
	if (w->events && w->heap[0].at <= w->now)
		return false;
	for (unsigned i = 0; i < w->count; i++) {
		const char *why = restless(&w->brokers[i]);

		if (!why)
			continue;
		if (w->now > w->healed_at + patience(w))
			violation(w, "%s %s, and everything has been well for long",
				  w->brokers[i].name, why);
		return false;
	}
	return !any_dead_path(w) || w->now >= w->healed_at + 5 * WAIT_MAX;
}

void check_announced(struct world *w)
{
	for (unsigned i = 0; w->swarm.announcements && i < w->count; i++) {
		for (unsigned k = 0; k < w->count; k++) {
			const struct broker *by = &w->brokers[i], *to = &w->brokers[k];

			for (unsigned s = 0; s < SHARES && i != k; s++) {
				const struct telling_count *c = &by->told[k][s];

				if (!by->refs[s])
					continue;
				if (c->heard_life != to->life || c->heard_by != by->life ||
				    c->refs != by->refs[s])
					violation(w, "%s was not told of '%s' by %s", to->name,
						  share_name(s), by->name);
				if (to->follow[i][s] && to->fetched[i][s] < by->refs[s])
					violation(w, "%s follows '%s' of %s and has not fetched",
						  to->name, share_name(s), by->name);
			}
		}
	}
}

/* Paths */

static bool dials(const struct broker *from, const struct broker *to, enum dialling outcome)
{
	return to->transport & PATH_MASK(PATH_DIRECT) &&
	       to->world->dialling[from->index][to->index] == outcome;
}

static bool joins(const struct broker *a, const struct broker *b)
{
	const struct world *w = a->world;

	return (a->has_proxy && w->joins[a->index][a->index] && w->joins[b->index][a->index]) ||
	       (b->has_proxy && w->joins[a->index][b->index] && w->joins[b->index][b->index]);
}

/* The best kind of path that exists and both allow; -1: none. */
static int best_kind(const struct broker *a, const struct broker *b)
{
	unsigned allowed = a->transport & b->transport;

	if (allowed & PATH_MASK(PATH_DIRECT) &&
	    (dials(a, b, DIAL_WORKS) || dials(b, a, DIAL_WORKS) ||
	     a->world->punches[a->index][b->index]))
		return PATH_DIRECT;
	if (allowed & PATH_MASK(PATH_PROXY) && joins(a, b))
		return PATH_PROXY;
	return allowed & PATH_MASK(PATH_INBAND) ? PATH_INBAND : -1;
}

static bool swallows(const struct broker *from, const struct broker *to)
{
	return dials(from, to, DIAL_HOLE) || dials(from, to, DIAL_NARROW);
}

/* Whether some way between them may swallow data: then the best kind is not defined. */
static bool treacherous(const struct broker *a, const struct broker *b)
{
	return a->world->swarm.holes || swallows(a, b) || swallows(b, a);
}

bool paths_settled(const struct world *w, uint64_t time)
{
	for (unsigned i = 0; i < w->count; i++)
		for (const struct peer *p = w->brokers[i].peers.first; p; p = p->next)
			if (w->now < note_of(p)->first_up + time)
				return false;
	return true;
}

void check_paths(struct world *w)
{
	for (unsigned i = 0; i < w->count; i++) {
		for (const struct peer *p = w->brokers[i].peers.first; p; p = p->next) {
			int best = best_kind(broker_of(p), other_of(p)),
			    kind = connector_search(p->connector)->selector.current;
			const struct peer *q = peer_with(other_of(p), broker_of(p));

			if (best >= 0 && kind != best && !treacherous(broker_of(p), other_of(p)))
				violation(w,
					  "%s: the link with %s is on a path that is %s, and there "
					  "is a %s one",
					  broker_of(p)->name, other_of(p)->name,
					  kind < 0 ? "none" : path_kind_name(kind),
					  path_kind_name(best));
			if (!treacherous(broker_of(p), other_of(p)) &&
			    (!q || wire_of(w, q->path) != wire_of(w, p->path)))
				violation(w, "%s and %s have a link, and each a path of its own",
					  broker_of(p)->name, other_of(p)->name);
		}
	}
}

void note_rest(struct world *w)
{
	w->said = 0;
	for (unsigned i = 0; i < w->count; i++)
		for (struct peer *p = w->brokers[i].peers.first; p; p = p->next)
			note_of(p)->attaches = note_of(p)->tries = 0;
}

void check_rest(struct world *w)
{
	if (w->said)
		violation(w, "everybody is seen, and %u presences and questions were sent",
			  w->said);
	for (unsigned i = 0; i < w->count; i++) {
		for (struct peer *p = w->brokers[i].peers.first; p; p = p->next) {
			bool odd = treacherous(broker_of(p), other_of(p));

			w->stats->met[MET_RESTED] += !note_of(p)->attaches;
			if (note_of(p)->attaches > (odd ? ATTACHES_MAX : 0))
				violation(w,
					  "%s: the link with %s went from path to path %u times, "
					  "and nothing happened",
					  broker_of(p)->name, other_of(p)->name,
					  note_of(p)->attaches);
			if (note_of(p)->tries > (odd ? TRIES_MAX : TRIES_LATE))
				violation(
					w,
					"%s: paths to %s were tried %u times, and nothing happened",
					broker_of(p)->name, other_of(p)->name, note_of(p)->tries);
		}
	}
}
