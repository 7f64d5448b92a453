/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A peer, as in daemon/peer.c: function by function the same decisions, with
 * simulated paths below. When the one changes, so must the other.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

enum {
	RETRY_FIRST = 500,
	RETRY_OTHER = 2000,
	RETRY_MAX = 8000,
	GONE_GRACE = 3000,
};

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
	if (p->retry_at && p->retry_at < at)
		at = p->retry_at;
	if (p->gone_at && p->gone_at + GONE_GRACE < at)
		at = p->gone_at + GONE_GRACE;
	if (p->idle_since && p->idle_since + LINK_IDLE_CLOSE < at)
		at = p->idle_since + LINK_IDLE_CLOSE;
	p->timer_at = at;
}

static struct peer *create(struct broker *b, struct broker *other)
{
	struct peer *p = xcalloc(1, sizeof(*p));

	p->broker = b;
	p->other = other;
	p->was_hostile = other->hostile;
	link_init(&p->link, &link_events, p, b->instance, other->device);
	channels_init(&p->channels, &p->link, true);
	negotiations_init(&p->negotiations, &negotiation_events, p, &p->channels);
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
		if (p->children)
			violation(w, "%s: a peer ended with %u children", p->broker->name, p->children);
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
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	p->next = w->reap;
	w->reap = p;
	channels_finish(&p->channels, reason);
	negotiations_finish(&p->negotiations, reason, now_of(p));
	if (p->attempt)
		path_close(w, p->attempt);
	if (p->path)
		path_close(w, p->path);
	p->attempt = p->path = NULL;
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

static bool connect_now(struct peer *p)
{
	struct resource *r = presence_device(p->broker->presence, p->other->jid, p->other->device);

	p->retry_at = 0;
	if (p->attempt || p->path)
		return true;
	if (!r || !p->broker->online)
		return false;
	p->attempt = path_open(p, (uint32_t)strtoul(strrchr(r->full, '.') + 1, NULL, 10));
	return p->attempt != NULL;
}

struct peer *peer_want(struct broker *b, struct broker *other)
{
	struct peer *p = peer_find(b, other);

	if (p)
		return p;
	p = create(b, other);
	if (!connect_now(p)) {
		end(p, "unreachable");
		return NULL;
	}
	peer_touch(p);
	return p;
}

static void plan_retry(struct peer *p)
{
	uint64_t wait = RETRY_FIRST << (p->retries < 4 ? p->retries : 4);

	if (!we_win(p))
		wait += RETRY_OTHER;
	p->retries++;
	p->retry_at = now_of(p) + (wait < RETRY_MAX ? wait : RETRY_MAX);
}

static void know_key(struct peer *p)
{
	if (p->fp_known)
		return;
	p->fp_known = true;
	channels_init(&p->channels, &p->link, we_win(p));
}

static void attach(struct peer *p, struct wire_end *path)
{
	p->path = path;
	p->retries = 0;
	p->retry_at = 0;
	path->role = END_PEER;
	path->peer = p;
}

void peer_established(struct peer *p)
{
	struct wire_end *path = p->attempt;

	if (!p->broker->trusts[p->other->index]) {
		end(p, "unknown-key");
		return;
	}
	know_key(p);
	attach(p, path);
	p->attempt = NULL;
	link_attach(&p->link, true, now_of(p));
	path_kick(p->broker->world, path);
	peer_touch(p);
}

void peer_attempt_closed(struct peer *p)
{
	p->attempt = NULL;
	if (p->link.state == LINK_IDLE) {
		end(p, "unreachable");
		return;
	}
	plan_retry(p);
	peer_touch(p);
}

static void drop_path(struct peer *p, const char *why)
{
	struct wire_end *path = p->path;

	if (!path)
		return;
	p->path = NULL;
	path_close(p->broker->world, path);
	link_detach(&p->link, why, now_of(p));
	if (!p->ended)
		plan_retry(p);
}

void peer_path_plain(struct peer *p, struct buf *plain)
{
	/* The path may be closed inside, and its buffer with it. */
	struct buf bytes = *plain;
	struct wire_end *path = p->path;

	*plain = (struct buf){ 0 };
	if (link_input(&p->link, &bytes, now_of(p)) < 0 && !p->ended)
		drop_path(p, "it broke the protocol");
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
	p->path = NULL;
	link_detach(&p->link, "the path is gone", now_of(p));
	if (p->ended)
		return;
	if (p->link.state == LINK_IDLE) {
		end(p, "unreachable");
		return;
	}
	plan_retry(p);
	peer_touch(p);
}

void peer_take(struct broker *b, struct broker *other, struct wire_end *path,
	       const struct link_hello *hello)
{
	struct world *w = b->world;
	struct peer *p = peer_find(b, other);
	struct buf refusal = { 0 };
	enum link_verdict verdict;

	verdict = link_hello_judge(p ? &p->link : NULL, hello,
				   memcmp(b->fp, other->fp, FINGERPRINT_BYTES) < 0, w->now);
	if (verdict == LINK_REFUSE_GONE || verdict == LINK_REFUSE_CROSSED) {
		trace(w, "%s: refuses the path of %s: %s", b->name, other->name,
		      verdict == LINK_REFUSE_GONE ? "gone" : "crossed");
		link_hello_refusal(verdict == LINK_REFUSE_GONE ? "gone" : "crossed", b->instance, &refusal);
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
	if (p->attempt) {
		path_close(w, p->attempt);
		p->attempt = NULL;
	}
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

void peer_presence(struct peer *p, const uint8_t *instance)
{
	if (instance && p->link.peer_known && memcmp(instance, p->link.peer_instance, INSTANCE_BYTES)) {
		end(p, "gone");
		return;
	}
	p->gone_at = instance ? 0 : now_of(p);
	if (instance && !p->path && !p->attempt && p->link.state != LINK_UP)
		p->retry_at = now_of(p) + (we_win(p) ? 0 : RETRY_FIRST);
	peer_touch(p);
}

void peers_online(struct broker *b)
{
	for (struct peer *p = b->peers; p; p = p->next) {
		p->gone_at = 0;
		peer_touch(p);
	}
}

void peer_timer(struct peer *p)
{
	uint64_t now = now_of(p);

	link_tick(&p->link, now);
	if (!p->ended && link_path_dead(&p->link))
		drop_path(p, "it is silent");
	if (!p->ended)
		negotiations_tick(&p->negotiations, now);
	if (p->ended)
		return;
	if (p->gone_at && now >= p->gone_at + GONE_GRACE) {
		p->gone_at = 0;
		if (!p->path || p->link.state != LINK_UP) {
			end(p, "offline");
			return;
		}
	}
	if (p->idle_since && now >= p->idle_since + LINK_IDLE_CLOSE) {
		peer_end(p, "idle");
		return;
	}
	if (p->retry_at && now >= p->retry_at && !connect_now(p))
		plan_retry(p);
	peer_touch(p);
}

/* The link */

static void on_link_up(void *owner, bool resumed)
{
	struct peer *p = owner;

	trace(p->broker->world, "%s: link with %s is %s", p->broker->name, p->other->name,
	      resumed ? "up again" : "up");
	p->broker->world->stats->resumed += resumed;
	p->gone_at = 0;
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
	int result;

	trace(p->broker->world, "%s: %s from %s", p->broker->name, record_type_name(record->type),
	      p->other->name);
	if (p->broker->hostile) {
		hostile_hears(p, record);
		return;
	}
	if (record->type < RECORD_ACCEPT) {
		expect_answer(p, record);
		result = negotiations_record(&p->negotiations, record, now_of(p));
		if (result == 0 && !p->ended && p->asked[0] && !p->answered)
			violation(p->broker->world, "%s: can-push of %s is not answered", p->broker->name,
				  p->other->name);
	} else {
		result = channels_record(&p->channels, record);
	}
	if (result >= 0 || p->ended)
		return;
	if (!p->other->hostile)
		violation(p->broker->world, "%s: %s of an honest peer breaks the protocol", p->broker->name,
			  record_type_name(record->type));
	peer_end(p, "protocol");
}

static bool on_link_fill(void *owner)
{
	return channels_fill(&((struct peer *)owner)->channels);
}

static void on_link_ended(void *owner, const char *reason)
{
	struct peer *p = owner;

	if (!p->ended && (!strcmp(reason, "protocol") || !strcmp(reason, "overflow")) && !p->broker->hostile &&
	    !p->other->hostile && !p->was_hostile && p->other->running)
		violation(p->broker->world, "%s: the link with an honest peer ended: %s", p->broker->name, reason);
	end(p, reason);
}

static void on_link_kick(void *owner)
{
	struct peer *p = owner;

	if (p->path)
		path_kick(p->broker->world, p->path);
}

static const struct link_events link_events = {
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

static const struct negotiation_events negotiation_events = {
	.send = on_send,
	.outcome = on_outcome,
	.announced = on_announced,
	.judge = on_judge,
	.start = on_start,
	.stop = on_stop,
};
