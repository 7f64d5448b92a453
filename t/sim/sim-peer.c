/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A peer, as in daemon/peer.c: function by function the same decisions, with
 * simulated paths below. When the one changes, so must the other.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

static const struct link_events link_events;
static const struct negotiation_events negotiation_events;

static bool we_win(const struct peer *p)
{
	return memcmp(p->broker->fp, p->other->fp, FINGERPRINT_BYTES) < 0;
}

static uint64_t now_of(const struct peer *p)
{
	return p->broker->world->now;
}

struct peer *peer_find(const struct broker *b, const struct broker *other)
{
	struct peer *p = b->peers;

	while (p && p->other != other)
		p = p->next;
	return p;
}

void peer_touch(struct peer *p)
{
	uint64_t now = now_of(p), at, other;

	if (p->ended)
		return;
	p->link.busy = p->channels.count || p->negotiations.count;
	if (p->link.busy)
		p->idle_since = 0;
	else if (!p->idle_since)
		p->idle_since = now;
	at = link_deadline(&p->link);
	other = negotiations_deadline(&p->negotiations);
	at = other < at ? other : at;
	other = search_deadline(&p->search, p->link.busy);
	at = other < at ? other : at;
	other = absence_deadline(&p->absence);
	at = other < at ? other : at;
	if (p->idle_since && p->idle_since + LINK_IDLE_CLOSE < at)
		at = p->idle_since + LINK_IDLE_CLOSE;
	p->timer_at = at;
}

static struct peer *create(struct broker *b, struct broker *other)
{
	struct peer *p = xcalloc(1, sizeof(*p));
	struct link_ends ends = { b->jid, other->jid };
	uint8_t id[LINK_ID_BYTES];

	draw_id(b->world, id, sizeof(id));
	p->broker = b;
	p->other = other;
	p->was_hostile = other->hostile;
	link_init(&p->link, &link_events, p, id, b->instance, &ends, other->device);
	channels_init(&p->channels, &p->link, true);
	negotiations_init(&p->negotiations, &negotiation_events, p, &p->channels);
	ways_init(p);
	p->timer_at = UINT64_MAX;
	p->next = b->peers;
	b->peers = p;
	return p;
}

void peers_reap(struct world *w)
{
	while (w->reap) {
		struct peer *p = w->reap;

		w->reap = p->next;
		if (p->channels.first || p->negotiations.first)
			violation(w, "%s: a peer ended and left something open", p->broker->name);
		link_finish(&p->link);
		free(p);
	}
}

static void end(struct peer *p, const char *reason)
{
	struct world *w = p->broker->world;
	struct peer **at = &p->broker->peers;

	if (p->ended)
		return;
	p->ended = true;
	trace(w, "%s: link with %s ended: %s", p->broker->name, p->other->name, reason);
	if (!strcmp(reason, "offline") && p->channels.count)
		violation(w, "%s: presence ends a link that is in use with %s", p->broker->name, p->other->name);
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	p->next = w->reap;
	w->reap = p;
	channels_finish(&p->channels, reason);
	negotiations_finish(&p->negotiations, reason, now_of(p));
	search_stop(&p->search);
	if (p->path)
		path_close(w, p->path);
	if (p->left)
		path_close(w, p->left);
	p->path = p->left = NULL;
	if (strcmp(reason, "idle"))
		announcer_lost(p->broker, p->other);
}

void peer_end(struct peer *p, const char *reason)
{
	struct buf last = { 0 };

	if (p->ended)
		return;
	if (p->path && p->link.state != LINK_ENDED) {
		link_bye(&p->link, reason);
		if (p->path && link_output(&p->link, &last, RECORD_PAYLOAD_MAX, now_of(p)))
			path_write(p->broker->world, p->path, buf_data(&last), buf_len(&last));
	}
	buf_finish(&last);
	end(p, reason);
}

void peer_abandon(struct peer *p)
{
	end(p, "crashed");
}

struct peer *peer_want(struct broker *b, struct broker *other)
{
	struct peer *p = peer_find(b, other);

	if (p)
		return p;
	if (!b->online || !presence_device(b->presence, other->jid, other->device))
		return NULL;
	p = create(b, other);
	search_step(&p->search, true, now_of(p));
	if (p->ended)
		return NULL;
	peer_touch(p);
	return p;
}

static void know_key(struct peer *p)
{
	if (p->fp_known)
		return;
	p->fp_known = true;
	channels_init(&p->channels, &p->link, we_win(p));
	search_lead(&p->search, we_win(p));
}

static void drop_left(struct peer *p)
{
	if (p->left)
		path_close(p->broker->world, p->left);
	p->left = NULL;
}

static void attach(struct peer *p, struct wire_end *path)
{
	enum path_kind kind = wire_of(p->broker->world, path)->kind;

	p->path = path;
	p->attaches++;
	p->link.nudge = kind == PATH_PROXY;
	path->role = END_PEER;
	path->peer = p;
	path_keep(path);
	absence_renewed(&p->absence);
	search_attached(&p->search, kind, now_of(p));
	ways_refresh(p);
}

static void leave_path(struct peer *p, const char *why)
{
	drop_left(p);
	p->left = p->path;
	p->path = NULL;
	p->left->role = END_LEFT;
	link_detach(&p->link, why, now_of(p));
}

void peer_found(struct peer *p, struct wire_end *path)
{
	struct world *w = p->broker->world;
	enum path_kind kind = wire_of(w, path)->kind;

	know_key(p);
	if (!search_wants(&p->search, kind)) {
		path_close(w, path);
		peer_touch(p);
		return;
	}
	if (p->path) {
		trace(w, "%s: moves its link with %s to a %s path", p->broker->name, p->other->name, path_kind_name(kind));
		w->stats->moves++;
		leave_path(p, "moving to a better path");
	}
	attach(p, path);
	link_attach(&p->link, true, now_of(p));
	path_kick(w, path);
	peer_touch(p);
}

void peer_failed(struct peer *p)
{
	if (p->link.state == LINK_IDLE && !search_trying(&p->search))
		end(p, "unreachable");
	else
		peer_touch(p);
}

void peer_send_ways(struct peer *p, enum record_type type, struct buf *fields)
{
	link_send(&p->link, type, buf_data(fields), buf_len(fields));
	peer_touch(p);
}

static void note_absence(struct peer *p, uint64_t grace)
{
	const struct broker *b = p->broker;

	if (!p->path && b->online && !presence_device(b->presence, p->other->jid, p->other->device))
		absence_begin(&p->absence, grace, now_of(p));
}

static void path_lost(struct peer *p, const char *why, bool crossed)
{
	uint64_t worked_until = link_worked_until(&p->link, now_of(p));

	p->path = NULL;
	drop_left(p);
	link_detach(&p->link, why, now_of(p));
	if (p->ended)
		return;
	search_detached(&p->search, worked_until, now_of(p));
	note_absence(p, ABSENCE_GRACE);
	if (p->link.state == LINK_IDLE && !crossed) {
		end(p, "unreachable");
		return;
	}
	search_step(&p->search, p->link.busy, now_of(p));
	peer_touch(p);
}

static void drop_path(struct peer *p, const char *why, bool crossed)
{
	if (!p->path)
		return;
	trace(p->broker->world, "%s: drops the path with %s: %s", p->broker->name, p->other->name, why);
	path_close(p->broker->world, p->path);
	path_lost(p, why, crossed);
}

void peer_path_plain(struct peer *p, struct buf *plain)
{
	/* The path may be closed inside, and its buffer with it. */
	struct buf bytes = *plain;
	struct wire_end *path = p->path;

	*plain = (struct buf){ 0 };
	if (link_input(&p->link, &bytes, now_of(p)) < 0 && !p->ended)
		drop_path(p, "the other side comes by another one", true);
	if (!p->ended)
		absence_heard(&p->absence, &p->link);
	if (!p->ended && p->path && p->path == path)
		*plain = bytes;
	else
		buf_finish(&bytes);
	peer_touch(p);
}

size_t peer_path_fill(struct peer *p, struct buf *out, size_t max)
{
	size_t n = link_output(&p->link, out, max, now_of(p));

	peer_touch(p);
	return n;
}

void peer_path_closed(struct peer *p)
{
	path_lost(p, "the path is gone", false);
}

void peer_left_closed(struct peer *p)
{
	p->left = NULL;
}

void peer_take(struct broker *b, struct broker *other, struct wire_end *path,
	       const struct link_hello *hello)
{
	struct world *w = b->world;
	struct peer *p = peer_find(b, other);
	struct link_ends ends = { b->jid, other->jid };
	struct buf refusal = { 0 };
	enum link_verdict verdict;

	verdict = link_hello_judge(p ? &p->link : NULL, hello,
				   memcmp(b->fp, other->fp, FINGERPRINT_BYTES) < 0, w->now);
	if (verdict == LINK_REFUSE_GONE || verdict == LINK_REFUSE_CROSSED) {
		trace(w, "%s: refuses the path of %s: %s", b->name, other->name,
		      verdict == LINK_REFUSE_GONE ? "gone" : "crossed");
		link_hello_refusal(verdict == LINK_REFUSE_GONE ? "gone" : "crossed", &ends, b->instance,
				   &refusal);
		path_write(w, path, buf_data(&refusal), buf_len(&refusal));
		buf_finish(&refusal);
		path_close(w, path);
		return;
	}
	if (verdict == LINK_REPLACE && p) {
		end(p, "gone");
		p = peer_find(b, other);
	}
	if (!p)
		p = create(b, other);
	know_key(p);
	drop_left(p);
	if (p->path) {
		path_close(w, p->path);
		p->path = NULL;
		link_detach(&p->link, "a newer path came", now_of(p));
	}
	attach(p, path);
	link_accept(&p->link, hello, now_of(p));
	if (!p->ended && buf_len(&path->plain))
		peer_path_plain(p, &path->plain);
	if (!p->ended && p->path)
		path_kick(w, p->path);
	peer_touch(p);
}

static bool is_by_server(const struct peer *p)
{
	return p->path && wire_of(p->broker->world, p->path)->kind == PATH_INBAND;
}

void peer_presence(struct peer *p, bool available)
{
	if (available) {
		link_probe(&p->link, now_of(p));
		absence_end(&p->absence);
	} else {
		absence_doubt(&p->absence, &p->link, is_by_server(p), now_of(p));
		absence_begin(&p->absence, ABSENCE_GRACE, now_of(p));
	}
	ways_refresh(p);
	peer_touch(p);
}

void peer_doubt(struct peer *p)
{
	absence_doubt(&p->absence, &p->link, is_by_server(p), now_of(p));
	peer_touch(p);
}

void peers_online(struct broker *b)
{
	for (struct peer *p = b->peers; p; p = p->next) {
		absence_end(&p->absence);
		if (b->online)
			note_absence(p, ABSENCE_RETURN);
		ways_refresh(p);
		peer_touch(p);
	}
}

void peers_network_changed(struct broker *b)
{
	for (struct peer *p = b->peers; p; p = p->next) {
		link_probe(&p->link, now_of(p));
		search_network_changed(&p->search, now_of(p));
		peer_touch(p);
	}
}

void peers_tell_ways(struct broker *b)
{
	for (struct peer *p = b->peers; p; p = p->next) {
		ways_refresh(p);
		search_tell_again(&p->search);
		peer_touch(p);
	}
}

void peer_demand(struct peer *p, const void *by, unsigned kinds)
{
	search_demand(&p->search, by, kinds, now_of(p));
	peer_touch(p);
}

void peer_release(struct peer *p, const void *by)
{
	search_release(&p->search, by, now_of(p));
	peer_touch(p);
}

void peer_timer(struct peer *p)
{
	uint64_t now = now_of(p);

	link_tick(&p->link, now);
	if (!p->ended && link_path_dead(&p->link))
		drop_path(p, "it is silent", false);
	if (!p->ended)
		negotiations_tick(&p->negotiations, now);
	if (p->ended)
		return;
	if (absence_over(&p->absence, &p->link, &p->channels, now)) {
		end(p, "offline");
		return;
	}
	if (p->idle_since && now >= p->idle_since + LINK_IDLE_CLOSE) {
		/* Without a path the device does not hear that, and has not agreed to it. */
		peer_end(p, p->link.state == LINK_UP ? "idle" : "no-path");
		return;
	}
	search_step(&p->search, p->link.busy, now);
	peer_touch(p);
}

/* The link */

static bool on_link_admit(void *owner)
{
	struct peer *p = owner;

	return path_admits(p->broker->world, p->path, p->other);
}

static void on_link_up(void *owner, bool resumed)
{
	struct peer *p = owner;

	struct stats *stats = p->broker->world->stats;
	enum path_kind kind = wire_of(p->broker->world, p->path)->kind;

	trace(p->broker->world, "%s: link with %s is %s, %s", p->broker->name, p->other->name,
	      resumed ? "up again" : "up", path_kind_name(kind));
	stats->resumed += resumed;
	stats->direct += kind == PATH_DIRECT;
	stats->proxied += kind == PATH_PROXY;
	if (!resumed)
		p->first_up = now_of(p);
	absence_end(&p->absence);
	drop_left(p);
	ways_refresh(p);
	announcer_met(p->broker, p->other, p->link.peer_instance);
	if (resumed)
		return;
	search_tell(&p->search);
	follower_online(p->broker, p->other->index);
}

static void on_link_down(void *owner)
{
	struct peer *p = owner;

	trace(p->broker->world, "%s: link with %s waits for a path", p->broker->name, p->other->name);
}

/* A can-push must be answered before the next record is looked at. */
static void expect_answer(struct peer *p, const struct record *record)
{
	struct fields f = { (const char *)record->payload, record->len };
	const char *id = fields_valid(f) ? fields_get(f, "id") : NULL;

	p->asked[0] = '\0';
	p->answered = false;
	if (!id || record->type != RECORD_CAN_PUSH || strlen(id) != NEG_ID_LEN)
		return;
	strcpy(p->asked, id);
}

static void on_link_deliver(void *owner, const struct record *record)
{
	struct peer *p = owner;
	const char *fault = NULL;

	trace(p->broker->world, "%s: %s from %s", p->broker->name, record_type_name(record->type),
	      p->other->name);
	if (p->broker->hostile)
		hostile_hears(p, record);
	if (record->type == RECORD_WAYS || record->type == RECORD_BYTESTREAM) {
		fault = ways_record(p, record);
	} else if (p->broker->hostile) {
		return;
	} else if (record->type < RECORD_ACCEPT) {
		expect_answer(p, record);
		fault = negotiations_record(&p->negotiations, record, now_of(p));
		if (!fault && !p->ended && p->asked[0] && !p->answered)
			violation(p->broker->world, "%s: can-push of %s is not answered", p->broker->name,
				  p->other->name);
	} else {
		fault = channels_record(&p->channels, record);
	}
	if (!fault || p->ended || p->broker->hostile)
		return;
	if (!p->other->hostile)
		violation(p->broker->world, "%s: %s of an honest peer breaks the protocol: %s", p->broker->name,
			  record_type_name(record->type), fault);
	peer_end(p, "protocol");
}

static bool on_link_fill(void *owner)
{
	struct peer *p = owner;

	return !absence_pauses(&p->absence) && channels_fill(&p->channels);
}

/* In-band works whenever both are online and know of each other. */
static bool inband_worked(const struct peer *p, uint64_t since)
{
	const struct broker *a = p->broker, *b = p->other;

	return a->online && b->online && presence_device(a->presence, b->jid, b->device) &&
	       a->world->harmed_at[a->index][b->index] < since;
}

/* Direct does when we know where it is and the way has not changed. */
static bool direct_worked(const struct peer *p, uint64_t since)
{
	const struct broker *a = p->broker, *b = p->other;
	struct world *w = a->world;

	return b->running && w->rerouted_at[a->index][b->index] < since && w->harmed_at[a->index][b->index] < since &&
	       w->dialling[a->index][b->index] == DIAL_WORKS && ways_knows(p);
}

/* A link that has a way finds it. */
static void check_no_path(const struct peer *p)
{
	struct world *w = p->broker->world;
	uint64_t patience = p->link.suspend_max + LINK_PROBE_TIMEOUT;
	uint64_t since = w->now > patience ? w->now - patience : 0;

	if (w->parted[p->broker->index][p->other->index] || p->other->hostile || p->broker->hostile)
		return;
	if (inband_worked(p, since) || direct_worked(p, since))
		violation(w, "%s: the link with %s ended without a path, and there was one", p->broker->name,
			  p->other->name);
}

static void on_link_ended(void *owner, const char *reason)
{
	struct peer *p = owner;

	if (!p->ended && (!strcmp(reason, "protocol") || !strcmp(reason, "overflow")) && !p->broker->hostile &&
	    !p->other->hostile && !p->was_hostile && p->other->running)
		violation(p->broker->world, "%s: the link with an honest peer ended: %s", p->broker->name, reason);
	/* One at rest may have lost its path at the end of its time. */
	if (!p->ended && !p->idle_since && !strcmp(reason, "no-path"))
		check_no_path(p);
	end(p, reason);
}

static void on_link_kick(void *owner)
{
	struct peer *p = owner;

	if (p->path)
		path_kick(p->broker->world, p->path);
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

/* The negotiation */

static void on_send(void *owner, enum record_type type, struct buf *fields)
{
	struct peer *p = owner;
	struct fields f = { buf_data(fields), buf_len(fields) };
	const char *id = fields_get(f, "id"), *service = fields_get(f, "service");
	const char *state = fields_get(f, "state"), *reason = fields_get(f, "reason");

	trace(p->broker->world, "%s: says %s%s%s to %s", p->broker->name, record_type_name(type),
	      state || reason ? " " : "", state ? state : reason ? reason : "", p->other->name);
	if (!strcmp(id, p->asked) &&
	    (type == RECORD_PUSH_REQUEST || type == RECORD_SEEN || type == RECORD_REFUSE))
		p->answered = true;
	if (state && !strcmp(state, "deferred"))
		p->broker->world->stats->deferred++;
	if (reason && type == RECORD_REFUSE)
		p->broker->world->stats->refused++;
	if (type == RECORD_PUSH_REQUEST && service_by_name(service) == SERVICE_RECEIVE_PACK)
		check_push_request(p, id);
	else if (type == RECORD_CAN_PUSH || type == RECORD_PUSH_REQUEST)
		check_asked(p, id);
	link_send(&p->link, type, buf_data(fields), buf_len(fields));
	/* An errand may have come here from the end of another peer. */
	peer_touch(p);
}

static const char *on_judge(void *owner, enum service service, const char *share)
{
	return serve_judge(owner, service, share);
}

static void *on_start(void *owner, struct negotiation *neg)
{
	return serve_start(owner, neg);
}

static void on_stop(void *owner, void *serving)
{
	serve_stop(serving);
}

static void on_announced(void *owner, const char *share, struct fields f)
{
	announcement_heard(owner, share, f);
}

static void on_outcome(void *owner, const char *id, uint64_t received, struct buf *fields)
{
	outcome_answer(owner, id, received, fields);
}

static bool on_turn_held(void *owner, const char *share)
{
	const struct peer *p = owner;

	return services_hold_turn(&p->broker->services, p->other->jid, p->other->device, share);
}

static const struct negotiation_events negotiation_events = {
	.send = on_send,
	.outcome = on_outcome,
	.announced = on_announced,
	.judge = on_judge,
	.start = on_start,
	.stop = on_stop,
	.turn_held = on_turn_held,
};
