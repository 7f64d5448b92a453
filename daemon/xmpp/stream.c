/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream.h"

/*
 * Every request gets an answer, as often as answers.h allows. A stranger, who may not see
 * that we are online, gets what their server says of an offline user, whatever they asked:
 * service-unavailable (RFC 6120 8.5.3.2).
 *
 * Two are not bounded by answers.h: our own server, which is trusted anyway, and the blocks
 * of open bytestreams, of which each path has one window at most.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "jid.h"
#include "random.h"
#include "stanza.h"

/* Stanzas in libstrophe's queue. All paths' windows fit; with more the server is not reading. */
enum { QUEUED_MAX = ANSWERS_QUEUED_MAX + IBB_MAX * IBB_STANZAS_MAX };

#define PING "<ping xmlns='" NS_PING "'/>"

void stream_init(struct stream *e, struct strophe_loop *stream, const char *bare,
		 const struct account_events *events, void *owner)
{
	*e = (struct stream){
		.stream = stream,
		.bare = bare,
		.domain = jid_domain(bare),
		.events = events,
		.owner = owner,
		.iq = iq_create(),
	};
	disco_init(&e->disco);
	answers_init(&e->answers);
}

void stream_finish(struct stream *e)
{
	iq_destroy(e->iq);
	answers_finish(&e->answers);
	buf_finish(&e->out);
	free(e->full);
}

static void send_text(struct stream *e, const char *text)
{
	strophe_loop_send(e->stream, text, strlen(text));
}

static void send_out(struct stream *e)
{
	strophe_loop_send(e->stream, buf_str(&e->out), buf_len(&e->out));
}

void stream_begin(struct stream *e, const char *full, bool acks, uint64_t now)
{
	unsigned char prefix[IQ_PREFIX_BYTES];

	random_bytes(prefix, sizeof(prefix));
	iq_begin(e->iq, prefix);
	e->full = xstrdup(full);
	e->roster_known = e->blocklist_known = false;
	presence_hold_begin(&e->hold);
	stream_management_begin(&e->management, now);
	/* A server that did not offer it would close the stream. */
	if (acks)
		send_text(e, "<enable xmlns='urn:xmpp:sm:3'/>");
}

void stream_shut(struct stream *e)
{
	free(e->full);
	e->full = NULL;
	presence_hold_finish(&e->hold);
}

void stream_end(struct stream *e)
{
	struct iq_request request;

	/* First, so that the answers' owners cannot send new requests. */
	stream_shut(e);
	while (iq_take_any(e->iq, &request))
		iq_tell(&request, "disconnected", NULL);
}

void stream_leave(struct stream *e)
{
	e->events = NULL;
	if (e->full)
		send_text(e, "<presence type='unavailable'/></stream:stream>");
	stream_end(e);
}

/* Reserves a place for the answer, and fills in the id; 0 if there is none. */
static uint64_t begin_request(struct stream *e, const char *to, uint64_t deadline,
			      const struct iq_request *request, char id[IQ_ID_MAX])
{
	uint64_t handle = e->full ? iq_add(e->iq, to, deadline, request) : 0;

	if (handle)
		iq_id(e->iq, handle, id);
	buf_reset(&e->out);
	return handle;
}

static uint64_t send_request(struct stream *e, const char *to, const char *type,
			     const char *payload, uint64_t deadline,
			     const struct iq_request *request)
{
	char id[IQ_ID_MAX];
	uint64_t handle = begin_request(e, to, deadline, request, id);

	if (handle) {
		stanza_put_iq(&e->out, type, to, id, payload);
		send_out(e);
	}
	return handle;
}

uint64_t stream_request(struct stream *e, const char *to, const char *type,
			const char *payload, uint64_t deadline, iq_answer answer, void *arg)
{
	return send_request(e, to, type, payload, deadline,
			    &(struct iq_request){ .answer = answer, .arg = arg });
}

uint64_t stream_query(struct stream *e, const char *to, const char *payload, uint64_t deadline,
		      iq_rows_answer answer, void *arg)
{
	return send_request(e, to, "get", payload, deadline,
			    &(struct iq_request){ .rows_answer = answer, .arg = arg });
}

uint64_t stream_open(struct stream *e, const char *to, const char *sid, size_t block_size,
		     uint64_t deadline, iq_answer answer, void *arg)
{
	const struct iq_request request = { .answer = answer, .arg = arg, .of_path = true };
	struct buf open = { 0 };
	uint64_t handle;

	buf_printf(&open, "<open xmlns='" NS_IBB "' sid='%s' block-size='%zu' stanza='iq'/>", sid,
		   block_size);
	handle = send_request(e, to, "set", buf_str(&open), deadline, &request);
	buf_finish(&open);
	return handle;
}

uint64_t stream_block(struct stream *e, const char *to, const char *sid, uint16_t seq,
		      const void *data, size_t n, uint64_t deadline, iq_answer answer, void *arg)
{
	char id[IQ_ID_MAX];
	const struct iq_request request = { .answer = answer, .arg = arg, .of_path = true };
	uint64_t handle = begin_request(e, to, deadline, &request, id);

	if (handle) {
		stanza_put_block(&e->out, to, id, sid, seq, data, n);
		send_out(e);
	}
	return handle;
}

void stream_close(struct stream *e, const char *to, const char *sid)
{
	char id[IQ_ID_MAX];
	struct buf close = { 0 };

	if (!e->full)
		return;
	iq_unawaited_id(e->iq, id);
	buf_printf(&close, "<close xmlns='" NS_IBB "' sid='%s'/>", sid);
	buf_reset(&e->out);
	stanza_put_iq(&e->out, "set", to, id, buf_str(&close));
	send_out(e);
	buf_finish(&close);
}

bool stream_path_fits(const struct stream *e)
{
	return iq_path_fits(e->iq);
}

void stream_roster(struct stream *e, uint64_t deadline, iq_answer answer, void *arg)
{
	e->roster_answer = answer;
	stream_request(e, NULL, "get", "<query xmlns='jabber:iq:roster'/>", deadline, answer, arg);
}

/* Any error but a lost connection means that the server has no blocklist. */
static void on_blocklist(void *arg, const char *error, struct iq_rows *rows)
{
	struct stream *e = arg;

	if (e->events && e->full)
		e->events->blocklist(e->owner,
				     rows && stanza_rows_of(rows, NS_BLOCKING) ? rows : NULL);
	e->blocklist_known = true;
	if (e->roster_known)
		stream_judge(e);
}

void stream_blocklist(struct stream *e, uint64_t deadline)
{
	stream_query(e, NULL, "<blocklist xmlns='" NS_BLOCKING "'/>", deadline, on_blocklist, e);
}

uint64_t stream_ping(struct stream *e, uint64_t deadline, iq_answer answer, void *arg)
{
	return stream_request(e, e->domain, "get", PING, deadline, answer, arg);
}

/* Classifies the sender, and fills bare with its bare JID or its domain (JID_MAX bytes). */
static enum asker asker_of(const struct stream *e, const char *from, char *bare)
{
	if (!from || jid_same(from, e->bare) || jid_same(from, e->domain))
		return ASKER_SERVER;
	if (!jid_bare_of(from, bare)) {
		snprintf(bare, JID_MAX, "%.*s", (int)strcspn(from, "/"), from);
		return ASKER_STRANGER;
	}
	return e->events ? e->events->asker(e->owner, bare) : ASKER_STRANGER;
}

static bool may_answer(struct stream *e, const char *to, const char *id, enum asker asker,
		       const char *bare, uint64_t now)
{
	size_t queued = e->full ? strophe_loop_queued(e->stream) : SIZE_MAX;

	if (asker == ASKER_SERVER)
		return queued < QUEUED_MAX;
	if (queued >= ANSWERS_QUEUED_MAX || strlen(id) > ANSWERED_ID_MAX ||
	    (asker == ASKER_STRANGER && strlen(to) > ANSWERED_STRANGER_MAX))
		return false;
	return answers_may(&e->answers, bare, asker, now);
}

static void put_result(struct stream *e, const char *to, const char *id, const char *payload)
{
	buf_reset(&e->out);
	stanza_put_iq(&e->out, "result", to, id, payload);
	send_out(e);
}

static void answer(struct stream *e, const char *to, const char *id, const char *payload,
		   const char *condition, uint64_t now)
{
	char bare[JID_MAX];
	enum asker asker = asker_of(e, to, bare);

	if (!may_answer(e, to, id, asker, bare, now))
		return;
	if (asker == ASKER_STRANGER)
		condition = "service-unavailable";
	if (!condition) {
		put_result(e, to, id, payload);
		return;
	}
	buf_reset(&e->out);
	stanza_put_error(&e->out, to, id, condition);
	send_out(e);
}

void stream_result(struct stream *e, const char *to, const char *id, const char *payload,
		   uint64_t now)
{
	answer(e, to, id, payload, NULL, now);
}

void stream_error(struct stream *e, const char *to, const char *id, const char *condition,
		  uint64_t now)
{
	answer(e, to, id, NULL, condition, now);
}

bool stream_acknowledge(struct stream *e, const char *to, const char *id)
{
	if (!e->full || strophe_loop_queued(e->stream) >= QUEUED_MAX ||
	    strlen(id) > ANSWERED_ID_MAX)
		return false;
	put_result(e, to, id, NULL);
	return true;
}

bool stream_may_answer(struct stream *e, const char *bare, uint64_t now)
{
	enum asker asker = e->events ? e->events->asker(e->owner, bare) : ASKER_STRANGER;

	/* A buddy who is expected after `add` or `accept` may not be subscribed yet. */
	return e->full &&
	       answers_may(&e->answers, bare, asker == ASKER_STRANGER ? ASKER_TRUSTED : asker, now);
}

void stream_available(struct stream *e, const char *device, const char *to, bool asks)
{
	if (!e->full)
		return;
	buf_reset(&e->out);
	stanza_put_available(&e->out, &e->disco, device, to, asks);
	send_out(e);
}

void stream_presence(struct stream *e, const char *to, const char *type)
{
	if (!e->full)
		return;
	buf_reset(&e->out);
	stanza_put_presence(&e->out, to, type);
	send_out(e);
}

static void ignore_answer(void *arg, const char *error)
{
}

static void ask(struct stream *e, uint64_t now)
{
	if (e->management.enabled)
		send_text(e, "<r xmlns='urn:xmpp:sm:3'/>");
	else
		stream_ping(e, now + STREAM_MANAGEMENT_PATIENCE, ignore_answer, NULL);
}

void stream_doubt(struct stream *e, uint64_t now)
{
	if (e->full && stream_management_doubt(&e->management, now))
		ask(e, now);
}

bool stream_in_doubt(const struct stream *e)
{
	return e->full && e->management.doubtful;
}

bool stream_unheard(const struct stream *e, uint64_t now)
{
	uint64_t wait;

	/* This is asked after each write, too, and the kernel only when something has come. */
	if (!e->full || !stream_management_just_heard(&e->management, now))
		return false;
	wait = strophe_loop_next_retransmission(e->stream);
	return stream_management_unheard(&e->management, wait, now);
}

static void send_acknowledgement(struct stream *e)
{
	char text[64];

	snprintf(text, sizeof(text), "<a xmlns='urn:xmpp:sm:3' h='%u'/>", e->management.handled);
	send_text(e, text);
}

bool stream_check(struct stream *e, uint64_t now)
{
	struct iq_request request;

	while (iq_take_expired(e->iq, now, &request)) {
		/* Either the other side does not answer, or the connection is dead. */
		if (now - e->management.heard_at >= STREAM_MANAGEMENT_DOUBT)
			stream_doubt(e, now);
		iq_tell(&request, "timeout", NULL);
	}
	if (!e->full)
		return true;
	switch (stream_management_check(&e->management, now)) {
	case STREAM_MANAGEMENT_ALIVE:
		return true;
	case STREAM_MANAGEMENT_ANSWER:
		send_acknowledgement(e);
		return true;
	case STREAM_MANAGEMENT_ASK:
		ask(e, now);
		return true;
	case STREAM_MANAGEMENT_DEAD:
		break;
	}
	return false;
}

uint64_t stream_deadline(const struct stream *e)
{
	uint64_t answers = iq_deadline(e->iq),
		 life = e->full ? stream_management_deadline(&e->management) : UINT64_MAX;

	return answers < life ? answers : life;
}
