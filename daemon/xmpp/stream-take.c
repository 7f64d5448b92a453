/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream.h"

/* stream_take() reads a stanza (stanza.c) and passes it to one of the functions above it. */

#include <string.h>

#include "jid.h"
#include "stanza.h"

static void tell_roster(struct stream *e, xmpp_stanza_t *query)
{
	struct roster_item item;
	xmpp_stanza_t *at = NULL;

	while (e->events && stanza_roster_next(query, &at, &item)) {
		e->events->roster(e->owner, item.jid, item.subscription, item.asked, item.removed);
		if (e->events && !item.removed)
			e->events->groups(e->owner, item.jid, item.groups);
	}
}

/*
 * Passes on a complete roster. An answer without one never comes here: take_answer() refuses
 * it.
 */
static void tell_whole_roster(struct stream *e, xmpp_stanza_t *query)
{
	if (e->events)
		e->events->roster_begin(e->owner);
	tell_roster(e, query);
	if (e->events)
		e->events->roster_end(e->owner);
	e->roster_known = true;
	if (e->blocklist_known)
		stream_judge(e);
}

static void take_answer(struct stream *e, const struct stanza *s)
{
	const struct iq_self self = { .full = e->full, .bare = e->bare, .domain = e->domain };
	struct iq_request request;
	struct iq_rows rows;

	if (!iq_take(e->iq, s->id, s->from, &self, &request))
		return;
	if (request.answer && request.answer == e->roster_answer && !s->condition) {
		/*
		 * RFC 6121 2.6.3: an empty answer tells a client that named a version that
		 * nothing changed. We named none, so it is an error.
		 */
		if (!stanza_is_roster(s->payload)) {
			iq_tell(&request, "there is none in its answer", NULL);
			return;
		}
		tell_whole_roster(e, s->payload);
	}
	stanza_rows(s->payload, &rows);
	iq_tell(&request, s->condition, s->condition ? NULL : &rows);
}

/*
 * RFC 6121 2.1.6: a roster push counts only from our own account. Anybody else could send
 * one, even the bare domain.
 */
static void take_roster_push(struct stream *e, const struct stanza *s, uint64_t now)
{
	if (s->from && !jid_same(s->from, e->bare)) {
		stream_error(e, s->from, s->id, "service-unavailable", now);
		return;
	}
	tell_roster(e, s->payload);
	stream_result(e, s->from, s->id, NULL, now);
}

/* XEP-0191 3.3, 3.4: a push counts only from our own account, as with the roster. */
static void take_blocking_push(struct stream *e, const struct stanza *s, uint64_t now)
{
	struct iq_rows rows;

	if (s->from && !jid_same(s->from, e->bare)) {
		stream_error(e, s->from, s->id, "service-unavailable", now);
		return;
	}
	stream_result(e, s->from, s->id, NULL, now);
	stanza_rows(s->payload, &rows);
	if (e->events)
		e->events->blocking(e->owner, s->kind == STANZA_BLOCKED, &rows);
}

static void take_disco(struct stream *e, const struct stanza *s, uint64_t now)
{
	struct buf query = { 0 };

	if (disco_put_info(&e->disco, s->node, &query))
		stream_result(e, s->from, s->id, buf_str(&query), now);
	else
		stream_error(e, s->from, s->id, "item-not-found", now);
	buf_finish(&query);
}

/* Presence to a full JID is never a subscription request, so an error from one refuses none. */
static void take_presence_error(struct stream *e, const struct stanza *s, const char *bare)
{
	e->events->doubted(e->owner, s->from, s->condition);
	if (e->events && !jid_resource(s->from))
		e->events->refused(e->owner, bare, s->condition);
}

static void take_presence(void *arg, const struct stanza *s)
{
	struct stream *e = arg;
	char bare[JID_MAX];

	/* The server sends us our own presence, too. */
	if (!e->events || !e->full || !strcmp(s->from, e->full) || !jid_bare_of(s->from, bare))
		return;
	if (s->kind == STANZA_REFUSED)
		take_presence_error(e, s, bare);
	else if (s->kind == STANZA_SUBSCRIPTION)
		e->events->subscription(e->owner, bare, s->type);
	else if (s->kind == STANZA_UNAVAILABLE)
		e->events->unavailable(e->owner, s->from);
	else if (jid_resource(s->from))
		e->events->available(e->owner, s->from, s->device, s->asks);
}

void stream_judge(struct stream *e)
{
	presence_hold_end(&e->hold, take_presence, e);
}

void stream_take(struct stream *e, xmpp_stanza_t *xml, bool whole, uint64_t now)
{
	struct stanza s;

	if (!e->full)
		return;
	stanza_read(xml, &s);
	if (!whole)
		stanza_discount(&s);
	stream_management_heard(&e->management, s.counted, now);
	switch (s.kind) {
	case STANZA_ANSWER:
		take_answer(e, &s);
		break;
	case STANZA_ROSTER:
		take_roster_push(e, &s, now);
		break;
	case STANZA_BLOCKED:
	case STANZA_UNBLOCKED:
		take_blocking_push(e, &s, now);
		break;
	case STANZA_PING:
		stream_result(e, s.from, s.id, NULL, now);
		break;
	case STANZA_DISCO:
		take_disco(e, &s, now);
		break;
	case STANZA_IBB:
		if (e->events)
			e->events->ibb(e->owner, &s.ibb);
		break;
	case STANZA_BAD_REQUEST:
		stream_error(e, s.from, s.id, "bad-request", now);
		break;
	case STANZA_UNKNOWN:
		stream_error(e, s.from, s.id, "service-unavailable", now);
		break;
	case STANZA_AVAILABLE:
	case STANZA_UNAVAILABLE:
	case STANZA_REFUSED:
	case STANZA_SUBSCRIPTION:
		if (!presence_hold_keep(&e->hold, &s))
			take_presence(e, &s);
		break;
	case STANZA_SM_ENABLED:
		stream_management_enabled(&e->management);
		break;
	case STANZA_SM_REQUEST:
		stream_management_requested(&e->management, now);
		break;
	case STANZA_SM_FAILED:
	case STANZA_SM_ANSWER:
	case STANZA_OTHER:
		break;
	}
}
