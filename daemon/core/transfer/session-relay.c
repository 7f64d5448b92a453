/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of a session. What the client sends goes into the channel while the channel has
 * room; the client gets credit as the channel takes it. What comes from the channel goes to
 * the client; the peer gets credit when the bytes have left for the client.
 *
 * The bytes are read along (witness.h), so the journal says what git was told, however the
 * stream ends.
 */

#include <string.h>

#include "context.h"
#include "frame.h"
#include "session-internal.h"

enum {
	CREDIT_STEP = FRAME_WINDOW / 4,
	STATUS_MAX = 255,
	MOVING_WORTH = 2,	/* s that what waits has still to take */
	MOVING_EVERY = 1000,	/* ms */
};

static void give_credit(struct session *s, size_t n)
{
	s->granted += n;
	if (s->granted < CREDIT_STEP || !s->client)
		return;
	s->all->client->credit(s->client, s->granted);
	s->granted = 0;
}

void session_pass_on(struct session *s)
{
	size_t n = buf_len(&s->held), room = channel_room(s->channel);

	n = n < room ? n : room;
	if (n) {
		s->traffic.written += n;
		channel_write(s->channel, buf_data(&s->held), n);
		buf_consume(&s->held, n);
		give_credit(s, n);
	}
	if (s->client_ended && !buf_len(&s->held) && !s->end_passed_on) {
		s->end_passed_on = true;
		channel_end(s->channel);
	}
}

void session_consume(struct session *s)
{
	size_t n = s->unsent;

	s->unsent = 0;
	if (n && s->channel) {
		channel_consumed(s->channel, n);
		peer_touch(s->peer);
	}
}

/*
 * Tells the user, once, that a server limits the rate: a user who waits for a long push wants
 * to know.
 */
static void tell_limit(struct session *s)
{
	struct buf text = { 0 };

	if (traffic_limited(&s->traffic, s->channel, s->peer, s->to.jid, &text))
		session_note(s, "warning", buf_str(&text));
	buf_finish(&text);
}

/*
 * Tells the user how much of what git has written has left, if more than a moment is still to
 * come: git has counted it as sent.
 */
static void tell_moving(struct session *s)
{
	uint64_t now = context_now(s->all->context), sent = channel_sent(s->channel);
	uint64_t total = s->traffic.written + buf_len(&s->held);
	uint64_t rate = meter_rate(&s->traffic.out, now);
	bool worth = rate && (total - sent) / rate >= MOVING_WORTH;

	if (!s->progress || !s->client || now < s->moving_at || !(worth || s->moving_told))
		return;
	s->moving_at = now + MOVING_EVERY;
	s->moving_told = total > sent;
	s->all->client->moving(s->client, sent, total, rate);
}

static void on_accepted(void *owner)
{
}

static void on_data(void *owner, const void *data, size_t n)
{
	struct session *s = owner;

	/* Count before the call of data(): the bytes may leave, and be consumed, within it. */
	s->unsent += n;
	traffic_received(&s->traffic, n, context_now(s->all->context));
	witness_answers(&s->witness, data, n);
	if (s->client)
		s->all->client->data(s->client, data, n);
	else
		session_consume(s);
}

static void on_stderr_data(void *owner, const void *data, size_t n)
{
	struct session *s = owner;

	if (s->client)
		s->all->client->stderr_data(s->client, data, n);
}

void session_tell_end(struct session *s)
{
	const char *missing = witness_missing(&s->witness);

	if (!s->client || s->end_said)
		return;
	s->end_said = true;
	if (*missing)
		s->all->client->data(s->client, missing, strlen(missing));
	s->all->client->data_end(s->client);
}

static void on_end(void *owner)
{
	session_tell_end(owner);
}

uint32_t session_status(struct session *s, uint32_t status)
{
	if (!witness_answered(&s->witness))
		return status > STATUS_MAX ? STATUS_MAX : status;
	witness_ends(&s->witness);
	return 0;
}

static void on_exited(void *owner, uint32_t status)
{
	struct session *s = owner;

	s->exit_said = true;
	witness_exited(&s->witness, status);
	status = s->client ? session_status(s, status) : status;
	session_record(s, NULL, false);
	if (s->client)
		s->all->client->exited(s->client, status);
	/* The far process has ended, so what the client still sends is dropped. */
	buf_reset(&s->held);
	s->client_ended = true;
	session_pass_on(s);
}

static void on_writable(void *owner)
{
	struct session *s = owner;

	traffic_left(&s->traffic, s->channel, context_now(s->all->context));
	tell_limit(s);
	tell_moving(s);
	session_pass_on(s);
}

void session_conclude(struct session *s)
{
	session_tell_end(s);
	s->exit_said = true;
	witness_ends(&s->witness);
	session_record(s, NULL, false);
	s->all->client->exited(s->client, 0);
}

/* The stream is over. That ends the session, unless the push may have arrived. */
static void on_closed(void *owner, const char *reason)
{
	struct session *s = owner;
	bool cut = s->state == SESSION_OPEN && !s->exit_said && reason;
	bool lost = cut && session_sent_everything(s);
	enum message_id final = reason ? session_final_judgement(reason) : MSG_NONE;
	struct message m;

	s->channel = NULL;
	/* Of a push, what its hooks still say is asked for. */
	if (cut && !lost && s->client && witness_answered(&s->witness))
		session_conclude(s);
	if (cut && !strcmp(reason, ENDED_BY_USER))
		reason = ENDED_THERE;
	if (!lost)
		session_record(s, reason, false);
	neg_done(s->neg, context_now(s->all->context));
	peer_touch(s->peer);
	s->neg = NULL;
	s->peer = NULL;
	if (s->state == SESSION_ENDED)
		return;
	if (s->exit_said || !s->client) {
		session_end(s, "done");
		return;
	}
	if (lost) {
		session_lose(s, reason);
		return;
	}
	if (final != MSG_NONE) {
		session_fail(s, final);
		return;
	}
	message_set(&m, MSG_STREAM_LOST, "jid", s->to.jid, "reason", reason ? reason : "ended",
		    NULL);
	session_fail_with(s, &m);
}

const struct channel_events session_channel_events = {
	.accepted = on_accepted,
	.data = on_data,
	.stderr_data = on_stderr_data,
	.end = on_end,
	.exited = on_exited,
	.writable = on_writable,
	.closed = on_closed,
};
