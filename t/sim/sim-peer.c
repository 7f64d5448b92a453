/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The shipped peers (daemon/core/peer) in the world: the events that they report to their
 * broker, and observers between each peer and its link. A hostile broker has shipped peers,
 * too, but these neither negotiate nor serve: sim-hostile.c answers their records.
 */
#include "sim.h"

#include <stdio.h>
#include <string.h>

struct broker *broker_of(const struct peer *p)
{
	return p->all->owner;
}

struct note *note_of(const struct peer *p)
{
	struct broker *b = broker_of(p);

	/* A quick look first, because this is called for each record. */
	for (unsigned i = 0; i < BROKERS_MAX; i++)
		if (b->peer_of[i] == p)
			return &b->notes[i];
	return &b->notes[device_find(b->world, p->device)->index];
}

struct broker *other_of(const struct peer *p)
{
	const struct broker *b = broker_of(p);

	for (unsigned i = 0; i < BROKERS_MAX; i++)
		if (b->peer_of[i] == p)
			return &b->world->brokers[i];
	return device_find(b->world, p->device);
}

struct peer *peer_with(const struct broker *b, const struct broker *other)
{
	return b->running ? peer_find(&b->peers, other->jid, other->device) : NULL;
}

struct peer *peer_wanted(struct broker *b, const struct broker *other)
{
	return b->online ? peer_want(&b->peers, other->jid, other->device) : NULL;
}

void peer_abandon(struct peer *p)
{
	peer_revoke(p, "crashed", true);
}

void peers_note(struct broker *b)
{
	for (struct peer *p = b->peers.first; p; p = p->next) {
		struct note *n = note_of(p);

		if (p->path && p->path != n->seen)
			n->attaches++;
		n->seen = p->path;
	}
}

/* Between the peer and its link */

/* A can-push must be answered before the next record is processed. */
static void expect_answer(struct note *n, const struct record *record)
{
	struct fields f = { (const char *)record->payload, record->len };
	const char *id;

	n->asked[0] = '\0';
	n->answered = false;
	id = record->type == RECORD_CAN_PUSH && fields_valid(f) ? fields_get(f, "id") : NULL;
	if (id && strlen(id) == NEG_ID_LEN)
		strcpy(n->asked, id);
}

static bool is_about_paths(const struct record *record)
{
	return record->type == RECORD_CANDIDATES || record->type == RECORD_BYTESTREAM ||
	       record->type == RECORD_PUNCH;
}

/* Of an offer of a path, or an answer to one; with a space before it. */
static const char *state_of(const struct record *record)
{
	static char text[32];
	struct fields f = { .data = (const char *)record->payload, .len = record->len };

	*text = '\0';
	if (record->type == RECORD_BYTESTREAM && fields_valid(f) && fields_get(f, "state"))
		snprintf(text, sizeof(text), " %s %s", fields_get(f, "state"),
			 fields_get(f, "reason") ? fields_get(f, "reason") : "");
	return text;
}

static void on_link_deliver(void *owner, const struct record *record)
{
	struct peer *p = owner;
	struct note *n = note_of(p);
	struct broker *b = broker_of(p);

	trace(b->world, "%s: %s%s from %s", b->name, record_type_name(record->type),
	      state_of(record), n->other->name);
	if (b->hostile)
		hostile_hears(p, record);
	if (b->hostile && !is_about_paths(record))
		return;
	if (trust_lost(b, n->other))
		violation(b->world, "%s: takes a %s of %s, which is not trusted", b->name,
			  record_type_name(record->type), n->other->name);
	if (!is_about_paths(record) && record->type < RECORD_ACCEPT)
		expect_answer(n, record);
	n->link->deliver(p, record);
	if (!b->hostile && !p->ended && record->type == RECORD_CAN_PUSH && n->asked[0] &&
	    !n->answered)
		violation(b->world, "%s: can-push of %s is not answered", b->name, n->other->name);
}

/*
 * Whether an in-band path was possible: both online, the device seen, in-band allowed, and
 * no failure since.
 */
static bool ibb_path_worked(const struct peer *p, uint64_t since)
{
	const struct broker *a = broker_of(p), *b = other_of(p);

	return a->online && b->online && presence_device(a->presence, b->jid, b->device) &&
	       connector_allowed(p->connector) & PATH_MASK(PATH_INBAND) &&
	       a->world->harmed_at[a->index][b->index] < since;
}

/*
 * Whether a direct path was possible: the address known, and neither a failure nor a change
 * of the way since.
 */
static bool direct_worked(const struct peer *p, uint64_t since)
{
	const struct broker *a = broker_of(p), *b = other_of(p);
	struct world *w = a->world;

	return b->running && w->rerouted_at[a->index][b->index] < since &&
	       w->harmed_at[a->index][b->index] < since &&
	       w->dialling[a->index][b->index] == DIAL_WORKS && attempt_would_reach(p);
}

/* A link must not end without a path if one was possible. */
static void check_no_path(const struct peer *p)
{
	const struct broker *b = broker_of(p), *other = other_of(p);
	struct world *w = b->world;
	uint64_t patience = p->link.suspend_max + LINK_PROBE_TIMEOUT;
	uint64_t since = w->now > patience ? w->now - patience : 0;

	if (w->parted[b->index][other->index] || other->hostile || b->hostile)
		return;
	if (ibb_path_worked(p, since) || direct_worked(p, since))
		violation(w, "%s: the link with %s ended without a path, and there was one",
			  b->name, other->name);
}

static void on_link_ended(void *owner, const char *reason)
{
	struct peer *p = owner;
	struct note *n = note_of(p);
	struct broker *b = broker_of(p);
	bool broken = !strcmp(reason, "protocol") || !strcmp(reason, "overflow");

	if (!p->ended && broken && !b->hostile && !n->other->hostile && !n->was_hostile &&
	    n->other->running)
		violation(b->world, "%s: the link with an honest peer ended: %s", b->name, reason);
	/* A link at rest may have lost its path when it was about to end anyway. */
	if (!p->ended && !p->idle_since && !strcmp(reason, "no-path"))
		check_no_path(p);
	n->link->ended(p, reason);
}

static bool on_link_admit(void *owner)
{
	struct peer *p = owner;

	return note_of(p)->link->admit(p);
}

static void on_link_up(void *owner, bool resumed)
{
	struct peer *p = owner;

	note_of(p)->link->up(p, resumed);
}

static void on_link_down(void *owner)
{
	struct peer *p = owner;

	/* The link moves to a better path. */
	broker_of(p)->world->stats->moves += p->left != NULL;
	note_of(p)->link->down(p);
}

static bool on_link_fill(void *owner)
{
	struct peer *p = owner;

	return note_of(p)->link->fill(p);
}

static void on_link_kick(void *owner)
{
	struct peer *p = owner;

	note_of(p)->link->kick(p);
}

static const struct link_events link_events = {
	.admit = on_link_admit,
	.up = on_link_up,
	.down = on_link_down,
	.deliver = on_link_deliver,
	.fill = on_link_fill,
	.ended = on_link_ended,
	.kick = on_link_kick,
};

/* Between the peer and its negotiations */

static void on_send(void *owner, enum record_type type, struct buf *fields)
{
	struct peer *p = owner;
	struct note *n = note_of(p);
	struct broker *b = broker_of(p);
	struct fields f = { buf_data(fields), buf_len(fields) };
	const char *id = fields_get(f, "id"), *service = fields_get(f, "service");
	const char *state = fields_get(f, "state"), *reason = fields_get(f, "reason");

	trace(b->world, "%s: says %s%s%s to %s", b->name, record_type_name(type),
	      state || reason ? " " : "",
	      state    ? state
	      : reason ? reason
		       : "",
	      n->other->name);
	if (!strcmp(id, n->asked) &&
	    (type == RECORD_PUSH_REQUEST || type == RECORD_SEEN || type == RECORD_REFUSE))
		n->answered = true;
	if (state && !strcmp(state, "deferred"))
		b->world->stats->deferred++;
	if (reason && type == RECORD_REFUSE)
		b->world->stats->refused++;
	if (type == RECORD_PUSH_REQUEST && service_by_name(service) == SERVICE_RECEIVE_PACK)
		check_push_request(p, id);
	else if (type == RECORD_CAN_PUSH || type == RECORD_PUSH_REQUEST)
		check_asked(p, id);
	n->negotiations->send(p, type, fields);
}

/* The peer's own negotiation events, but for send. They are the same for all peers. */
static struct negotiation_events looked_at;

static void look_on(struct peer *p)
{
	struct note *n = note_of(p);

	n->link = p->link.events;
	n->negotiations = p->negotiations.events;
	looked_at = *n->negotiations;
	looked_at.send = on_send;
	p->link.events = &link_events;
	p->negotiations.events = &looked_at;
}

/* What a peer reports to its broker */

static void on_made(void *owner, struct peer *p)
{
	struct broker *other = other_of(p);
	struct note *n = note_of(p);

	broker_of(p)->peer_of[other->index] = p;
	*n = (struct note){ .other = other, .was_hostile = other->hostile };
	look_on(p);
}

static void on_met_key(void *owner, const char *jid, const unsigned char *fp)
{
	struct broker *b = owner;
	bool changed;

	trust_observe(b->trust, jid, fp, b->world->now / 1000, &changed);
	broker_met(b, jid, fp);
	/* First use may have admitted it. */
	if (changed && b->world->swarm.trust_events)
		trust_follow(b);
}

static void on_met_at(void *owner, const char *full, const char *device)
{
	struct broker *b = owner;
	const struct broker *from = device_find(b->world, device);

	if (!presence_device(b->presence, from->jid, device))
		broker_available(b, from, from->resource);
}

static void on_doubted(void *owner, const char *full, const char *condition)
{
	struct broker *b = owner;

	inquirer_doubt(b->inquirer, full, condition);
}

static void on_up(void *owner, struct peer *p, bool resumed)
{
	struct broker *b = owner;
	struct note *n = note_of(p);
	struct stats *stats = b->world->stats;
	enum path_kind kind = path_kind(p->path);

	trace(b->world, "%s: link with %s is %s, %s", b->name, n->other->name,
	      resumed ? "up again" : "up", path_kind_name(kind));
	stats->resumed += resumed;
	stats->direct += kind == PATH_DIRECT;
	stats->proxied += kind == PATH_PROXY;
	announcement_met(b, n->other, p->link.peer_instance);
	announcer_met(b->announcer, p->jid, p->device, p->link.peer_instance);
	if (!resumed) {
		device_news_up(b->device_news, p);
		n->first_up = b->world->now;
		follower_online(b, n->other->index);
	} else {
		git_services_cut_off(&b->git_services, p, false);
		sessions_moved(&b->sessions, p);
	}
	sessions_wake(&b->sessions);
}

static void on_down(void *owner, struct peer *p)
{
	struct broker *b = owner;

	trace(b->world, "%s: link with %s waits for a path", b->name, other_of(p)->name);
	git_services_cut_off(&b->git_services, p, true);
	sessions_cut_off(&b->sessions, p);
}

static void on_ended(void *owner, struct peer *p, const char *reason)
{
	struct broker *b = owner;
	struct note *n = note_of(p);

	trace(b->world, "%s: link with %s ended: %s", b->name, n->other->name, reason);
	if (p->channels.first || p->negotiations.first)
		violation(b->world, "%s: a peer ended and left something open", b->name);
	if (b->peer_of[n->other->index] == p)
		b->peer_of[n->other->index] = NULL;
	device_news_ended(b->device_news, p);
	if (!strcmp(reason, "untrusted"))
		device_news_refused(b->device_news, p->jid, p->device);
	list_ended(b, p);
	if (strcmp(reason, "idle"))
		announcer_lost(b->announcer, p->jid, p->device);
}

static void on_rested(void *owner)
{
}

static const char *on_authorize(void *owner, struct peer *p, enum service service,
				const char *share)
{
	return service_authorize(owner, p, service, share);
}

static void *on_start(void *owner, struct peer *p, struct negotiation *neg)
{
	return service_start(owner, p, neg);
}

static void on_stop(void *owner, void *serving)
{
	service_stop(owner, serving);
}

static bool on_turn_held(void *owner, const struct peer *p, const char *share)
{
	const struct broker *b = owner;

	return git_services_hold_turn(&b->git_services, p, share);
}

static void on_announced(void *owner, const struct peer *p, const char *share, struct fields tips)
{
	announcement_heard((struct peer *)p, share, tips);
}

static const char *on_word(void *owner, struct peer *p, const struct record *record)
{
	struct broker *b = owner;

	if (record->type == RECORD_DEVICE)
		return device_news_record(b->device_news, p, record);
	return list_record(b, p, record);
}

static void on_outcome(void *owner, const struct peer *p, const char *id, uint64_t received,
		       struct buf *fields)
{
	outcome_answer((struct peer *)p, id, received, fields);
}

const struct peers_events peer_events = {
	.made = on_made,
	.met_key = on_met_key,
	.met_at = on_met_at,
	.doubted = on_doubted,
	.up = on_up,
	.down = on_down,
	.ended = on_ended,
	.rested = on_rested,
	.authorize = on_authorize,
	.start = on_start,
	.stop = on_stop,
	.turn_held = on_turn_held,
	.announced = on_announced,
	.word = on_word,
	.outcome = on_outcome,
};
