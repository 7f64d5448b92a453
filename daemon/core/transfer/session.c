/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A helper waits on us, and a person waits on the helper: everything that can
 * fail is found out before READY, and each wait has a limit.
 *
 *   WAITING      the account comes online, presences arrive    -> ASKING, or an error
 *   ASKING       the errand is under way                       -> OPEN, or an error
 *   OPEN         data both ways                                -> ended, or LOST
 *   LOST         a push lost its link after everything was sent: what became of
 *                it is asked for (lostpush.h), and reaches our git   -> ended
 *   LEAVING      the helper has gone with all it wanted: what it said last goes
 *                to the far service, which ends by itself            -> ended
 *
 * Data from the helper goes into the channel while it has room; credit to the
 * helper is given back as the channel takes it. Data from the channel goes to the socket, and
 * credit to the peer when it has left for it.
 *
 * What goes by is read along (witness.h): the journal says what git was told, however the
 * stream ends. A push that ends before its report is settled later (unsettled.h).
 */
#include "session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "alloc.h"
#include "candidates.h"
#include "errand.h"
#include "inquirer.h"
#include "jid.h"
#include "log.h"
#include "lostpush.h"
#include "meter.h"
#include "peer.h"
#include "pushqueue.h"
#include "transferlog.h"
#include "unsettled.h"
#include "ways.h"
#include "witness.h"

enum {
	ONLINE_TIMEOUT = 4500,		/* to wait for our own account, and presences */
	LOGIN_TIMEOUT = 20000,		/* when the broker was started just now */
	CREDIT_STEP = FRAME_WINDOW / 4,
	PATH_TIMEOUT_MS = 15000,	/* for a path of the kind wanted */
	LIMIT_WORTH = 32 * 1024,	/* bytes that have to wait before the limit is spoken of */
	LEAVE_TIMEOUT = 10000,		/* for the far service, to end by itself */
	RESTARTS_MAX = 3,
	LOOKS_MAX = 2,			/* INQUIRY_PATIENCE each: who was asked has as many to answer */
	CUT_OFF_NOTICE = 5000,		/* a path that is back sooner is nothing to speak of */
};

enum session_state {
	SESSION_WAITING,	/* our account is not online, or presence may still come */
	SESSION_ASKING,		/* the errand runs */
	SESSION_OPEN,		/* a channel is open */
	SESSION_LOST,		/* it was, and its push may have arrived */
	SESSION_LEAVING,	/* a channel is open, and no helper is there any more */
	SESSION_ENDED,
};

struct session_internal {
	struct session node;		/* broker::sessions */
	struct broker *broker;		/* borrowed */
	struct conn *conn;		/* borrowed while events may come */
	enum session_state state;
	struct address to;
	enum service service;
	char git_protocol[4];
	struct errand *errand;		/* owned while ASKING */
	struct negotiation *neg;	/* while OPEN or LEAVING */
	struct channel *channel;	/* the same */
	struct peer *peer;		/* the same */
	struct buf held;		/* from the helper, the channel had no room; <= FRAME_WINDOW */
	size_t granted;			/* taken from the helper, credit not yet given back */
	size_t unsent;			/* to the helper, not yet consumed for the peer */
	bool helper_ended, end_passed_on;
	bool verbose;			/* the user wants to know on which path it goes */
	bool exit_said;
	bool noted;			/* the push is written down (unsettled.h) */
	uint64_t begun;			/* what had been received then */
	bool logged;			/* the journal has its line, or will have (unsettled.h) */
	char prefer[DEVICE_ID_LEN + 1];	/* asked first; empty: whoever */
	char task[QUEUE_ID_MAX];	/* the queue's entry whose git this is; empty: none */
	unsigned transport;		/* kinds of path it may go over */
	bool path_wanted;		/* while WAITING: one of those has to be found first */
	unsigned looks;			/* while WAITING: since whoever is not seen was asked */
	const char *refusal;		/* why those who could be asked do not do it; static; NULL: nobody was asked */
	unsigned appeared;		/* how often a device of theirs had come by then */
	unsigned restarts;		/* of devices, while we asked them */
	uint64_t woken;			/* with which of broker::wakes it looked last */
	char neg_id[NEG_ID_LEN + 1];	/* from OPEN on */
	char device[DEVICE_ID_LEN + 1];
	uint64_t sent;			/* of our git's output */
	uint64_t received;		/* of the far git's */
	struct witness witness;		/* of what git said, and was told */
	struct meter meter_in, meter_out;
	uint64_t counted;		/* bytes sent that meter_out has */
	char *path_name;		/* the last path; owned; NULL before OPEN */
	bool limit_told;
	bool wait_told;			/* while OPEN: that the link has no path */
	struct lost_push *lost;		/* owned while LOST */
	char lost_because[REASON_MAX + 1];
	uv_timer_t timer;
};

static const struct conn_events conn_events;

static void log_transfer(struct session_internal *s, const char *reason, bool asked);
static void look(struct session_internal *s);
static void ask_buddy(struct session_internal *s);
static void on_conn_drained(void *owner);
static void on_timer(uv_timer_t *timer);

static void enter(struct session_internal *s, enum session_state state, const char *because)
{
	static const char *const names[] = { "waiting", "asking", "open", "lost", "leaving", "ended" };

	log_debug("session %s %s/%s: %s -> %s, %s", service_name(s->service), s->to.jid, s->to.share,
		  names[s->state], names[state], because);
	s->state = state;
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct session_internal *s = handle->data;

	buf_finish(&s->held);
	witness_finish(&s->witness);
	free(s->path_name);
	free(s);
}

/* The one end. The connection is closed when what was said has been read. */
static void finish(struct session_internal *s, const char *because)
{
	struct session **at = &s->broker->sessions;
	struct channel *channel = s->channel;

	if (s->state == SESSION_ENDED)
		return;
	if (s->state == SESSION_LOST)
		log_transfer(s, s->lost_because, false);
	enter(s, SESSION_ENDED, because);
	while (*at != &s->node)
		at = &(*at)->next;
	*at = s->node.next;
	errand_destroy(s->errand);
	s->errand = NULL;
	lost_push_destroy(s->lost);
	s->lost = NULL;
	if (channel)
		channel_close(channel, because);
	for (struct peer *p = s->broker->peers.first; p; p = p->next)
		peer_release(p, s);
	if (s->conn)
		conn_close(s->conn);
	s->conn = NULL;
	uv_close((uv_handle_t *)&s->timer, on_timer_closed);
}

static void fail_with(struct session_internal *s, const struct message *m)
{
	if (s->state == SESSION_ENDED)
		return;
	log_about(s->to.jid, LOG_INFO, "%s of %s/%s failed: %s", service_name(s->service), s->to.jid, s->to.share, m->text);
	if (*s->task)
		pushqueue_troubled(s->broker->pushqueue, s->task, s->to.jid, m->id);
	if (s->conn)
		conn_send_error(s->conn, m);
	finish(s, message_name(m->id));
}

static void fail(struct session_internal *s, enum message_id id)
{
	const struct buddy *buddy = presence_buddy(s->broker->context.presence, s->to.jid);
	struct message m;
	char theirs[24], ours[12], seconds[16];

	snprintf(seconds, sizeof(seconds), "%d", NEG_ANSWER_TIMEOUT / 1000);
	snprintf(theirs, sizeof(theirs), "%" PRIu64, candidates_protocol(s->broker, &s->to));
	snprintf(ours, sizeof(ours), "%d", LINK_PROTOCOL);
	message_set(&m, id, "jid", s->to.jid, "share", s->to.share, "device", s->to.device,
		    "transport", ways_transport_name(s->transport), "condition", buddy ? buddy->refused : NULL,
		    "seconds", seconds, "theirs", theirs, "ours", ours, "me", s->broker->context.jid, NULL);
	fail_with(s, &m);
}

struct judgement {
	const char *reason;
	enum message_id id;
	bool refusal;		/* of this request, by the device that was asked */
	bool final;		/* also of what was under way: the same command would be refused */
};

/* What the user is told for the reasons of refuse, and of links that end; NULL: there is no message of its own. */
static const struct judgement *find_judgement(const char *reason)
{
	static const struct judgement rows[] = {
		{ "not-shared", MSG_NOT_SHARED, true, true },
		{ "push-denied", MSG_PUSH_DENIED, true, true },
		{ "busy", MSG_BUSY, true, false },
		{ "broken", MSG_SHARE_BROKEN, true, false },
		{ "untrusted", MSG_NOT_TRUSTED_THERE, true, true },
		{ "unknown-key", MSG_DEVICE_UNTRUSTED, false, false },
		{ "removed", MSG_REMOVED, false, true },
		{ "version", MSG_PEER_VERSION, false, false },
		{ "unsupported", MSG_UNSUPPORTED, false, false },
		{ "not-you", MSG_RELAYED, false, false },
		{ "timeout", MSG_TIMEOUT, false, false },
		{ "offline", MSG_BUDDY_OFFLINE, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].reason, reason))
			return &rows[i];
	return NULL;
}

static void fail_for_reason(struct session_internal *s, const char *reason)
{
	const struct judgement *judgement = find_judgement(reason);
	struct message m;

	if (judgement && judgement->refusal)
		transferlog_refused(s->to.jid, s->to.share, s->service, false, reason);
	if (judgement) {
		fail(s, judgement->id);
		return;
	}
	message_set(&m, MSG_CANNOT_REACH, "jid", s->to.jid, "reason", reason, NULL);
	fail_with(s, &m);
}

static void note(struct session_internal *s, const char *kind, const char *text)
{
	struct buf fields = { 0 };

	if (!s->conn)
		return;
	fields_add(&fields, "kind", kind);
	fields_add(&fields, "text", text);
	conn_send_fields(s->conn, FRAME_NOTE, &fields);
	buf_finish(&fields);
}

static void give_credit(struct session_internal *s, size_t n)
{
	uint8_t bytes[4];

	s->granted += n;
	if (s->granted < CREDIT_STEP || !s->conn)
		return;
	put_be32(bytes, s->granted);
	conn_send(s->conn, FRAME_CREDIT, bytes, sizeof(bytes));
	s->granted = 0;
}

/* Once: who waits for a long push wants to know why. */
static void tell_limit(struct session_internal *s)
{
	uint64_t limit = s->limit_told ? 0 : peer_limit(s->peer);
	char *text;

	if (!limit || s->sent - channel_sent(s->channel) < LIMIT_WORTH)
		return;
	s->limit_told = true;
	text = xasprintf("no direct path to %s; the server lets %.1f KiB a second through", s->to.jid,
			 limit / 1024.0);
	note(s, "warning", text);
	free(text);
}

/*
 * Its line in the journal, as soon as there is no more to be learnt of it. A push that was cut before its
 * report came gets it when the two brokers have spoken again. asked: they have, and the device did not tell.
 */
static void log_transfer(struct session_internal *s, const char *reason, bool asked)
{
	if (s->logged)
		return;
	s->logged = true;
	if (witness_result(&s->witness, reason) == RESULT_UNKNOWN) {
		unsettled_add(s->broker->unsettled, &(struct unsettled_push){
			.jid = s->to.jid,
			.device = s->device,
			.share = s->to.share,
			.id = s->neg_id,
			.path = s->path_name,
			.reason = reason ? reason : "ended",
			.sent = s->sent,
			.received = s->received,
			.begun = s->begun,
			.witness = &s->witness,
			.asked = asked,
		});
		return;
	}
	transferlog_add(&(struct transfer){
		.jid = s->to.jid,
		.share = s->to.share,
		.service = s->service,
		.sent = s->sent,
		.received = s->received,
		.path = s->path_name,
		.witness = &s->witness,
		.reason = reason,
	});
	if (s->noted)
		unsettled_drop(s->broker->unsettled, s->neg_id);
}

/* Moves what the helper said into the channel, as much as it takes. */
static void pass_on(struct session_internal *s)
{
	size_t n = buf_len(&s->held), room = channel_room(s->channel);

	n = n < room ? n : room;
	if (n) {
		s->sent += n;
		channel_write(s->channel, buf_data(&s->held), n);
		buf_consume(&s->held, n);
		give_credit(s, n);
	}
	if (s->helper_ended && !buf_len(&s->held) && !s->end_passed_on) {
		s->end_passed_on = true;
		channel_end(s->channel);
	}
}

static void on_channel_accepted(void *owner)
{
}

static void on_channel_data(void *owner, const void *data, size_t n)
{
	struct session_internal *s = owner;

	/* First, for it may leave at once. */
	s->unsent += n;
	s->received += n;
	witness_answers(&s->witness, data, n);
	meter_add(&s->meter_in, n, context_now(&s->broker->context));
	if (!s->conn) {
		on_conn_drained(s);
		return;
	}
	for (size_t done = 0; done < n; done += FRAME_MAX)
		conn_send(s->conn, FRAME_DATA, (const char *)data + done,
			  n - done < FRAME_MAX ? n - done : FRAME_MAX);
}

static void on_channel_stderr(void *owner, const void *data, size_t n)
{
	struct session_internal *s = owner;

	if (s->conn)
		conn_send(s->conn, FRAME_STDERR, data, n);
}

static void on_channel_end(void *owner)
{
	struct session_internal *s = owner;

	if (s->conn)
		conn_send(s->conn, FRAME_END, NULL, 0);
}

static void on_channel_exited(void *owner, uint32_t status)
{
	struct session_internal *s = owner;
	struct buf fields = { 0 };

	s->exit_said = true;
	witness_exited(&s->witness, status);
	log_transfer(s, NULL, false);
	if (s->conn) {
		fields_add_u64(&fields, "status", status > 255 ? 255 : status);
		conn_send_fields(s->conn, FRAME_EXIT, &fields);
		buf_finish(&fields);
	}
	/* Nobody is there to hear what the helper may still say. */
	buf_reset(&s->held);
	s->helper_ended = true;
	pass_on(s);
}

static void on_channel_writable(void *owner)
{
	struct session_internal *s = owner;

	meter_add(&s->meter_out, channel_sent(s->channel) - s->counted, context_now(&s->broker->context));
	s->counted = channel_sent(s->channel);
	tell_limit(s);
	pass_on(s);
}

static void on_lost_rest(void *owner, const void *data, size_t n)
{
	struct session_internal *s = owner;

	s->received += n;
	witness_answers(&s->witness, data, n);
	conn_send(s->conn, FRAME_DATA, data, n);
}

static void on_lost_exited(void *owner, uint32_t status)
{
	struct session_internal *s = owner;
	struct buf fields = { 0 };

	log_info("what became of the push to %s/%s is known although its link was lost", s->to.jid, s->to.share);
	witness_exited(&s->witness, status);
	log_transfer(s, NULL, true);
	conn_send(s->conn, FRAME_END, NULL, 0);
	fields_add_u64(&fields, "status", status);
	conn_send_fields(s->conn, FRAME_EXIT, &fields);
	buf_finish(&fields);
	finish(s, "the rest was asked for");
}

static void on_lost_unknown(void *owner, bool answered)
{
	struct session_internal *s = owner;
	struct message m;

	log_transfer(s, s->lost_because, true);
	message_set(&m, MSG_PUSH_UNKNOWN, "jid", s->to.jid, "share", s->to.share, "reason", s->lost_because, NULL);
	fail_with(s, &m);
}

static const struct lost_push_events lost_push_events = {
	.rest = on_lost_rest,
	.exited = on_lost_exited,
	.unknown = on_lost_unknown,
};

static void lose(struct session_internal *s, const char *reason)
{
	char *text = xasprintf("the connection was lost when everything was sent; asking %s what became of it",
			       s->to.jid);

	snprintf(s->lost_because, sizeof(s->lost_because), "%s", reason);
	enter(s, SESSION_LOST, reason);
	note(s, "warning", text);
	free(text);
	s->lost = lost_push_create(s->broker, s->to.jid, s->device, s->neg_id, s->received,
				   &lost_push_events, s);
}

/* A push that the far git may do without another byte of ours. */
static bool everything_was_sent(const struct session_internal *s)
{
	return witness_pushes(&s->witness) && (s->end_passed_on || witness_only_deletes(&s->witness));
}

static void on_channel_closed(void *owner, const char *reason)
{
	struct session_internal *s = owner;
	const struct judgement *judgement = reason ? find_judgement(reason) : NULL;
	struct message m;

	bool lost = s->state == SESSION_OPEN && !s->exit_said && reason && everything_was_sent(s);

	s->channel = NULL;
	if (!lost)
		log_transfer(s, reason, false);
	neg_done(s->neg, context_now(&s->broker->context));
	peer_touch(s->peer);
	s->neg = NULL;
	s->peer = NULL;
	if (s->state == SESSION_ENDED)
		return;
	if (s->exit_said || !s->conn) {
		finish(s, "done");
		return;
	}
	if (lost) {
		lose(s, reason);
		return;
	}
	if (judgement && judgement->final) {
		fail(s, judgement->id);
		return;
	}
	message_set(&m, MSG_STREAM_LOST, "jid", s->to.jid, "reason", reason ? reason : "ended", NULL);
	fail_with(s, &m);
}

static const struct channel_events channel_events = {
	.accepted = on_channel_accepted,
	.data = on_channel_data,
	.stderr_data = on_channel_stderr,
	.end = on_channel_end,
	.exited = on_channel_exited,
	.writable = on_channel_writable,
	.closed = on_channel_closed,
};

static void on_errand_open(void *owner, struct negotiation *neg, struct channel *channel, void *tag)
{
	struct session_internal *s = owner;
	struct buf fields = { 0 };

	s->errand = NULL;
	s->neg = neg;
	s->channel = channel;
	s->peer = tag;
	memcpy(s->neg_id, neg_id(neg), sizeof(s->neg_id));
	memcpy(s->device, s->peer->device, sizeof(s->device));
	s->path_name = xstrdup(s->peer->path_name);
	uv_timer_stop(&s->timer);
	enter(s, SESSION_OPEN, "the far service runs");
	fields_add(&fields, "jid", s->peer->jid);
	fields_add(&fields, "device", s->peer->device);
	fields_add(&fields, "path", peer_path_name(s->peer));
	fields_add(&fields, "trust", trust_state_name(trust_look(s->broker->context.trust, s->peer->jid, s->peer->fp)));
	conn_send_fields(s->conn, FRAME_READY, &fields);
	buf_finish(&fields);
	pass_on(s);
	peer_touch(s->peer);
}

static bool is_worth_another_look(const char *reason)
{
	static const char *const reasons[] = { "gone", "restarted", "stopped", "idle", "offline" };

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (!strcmp(reason, reasons[i]))
			return true;
	return false;
}

/* What another device of theirs may do, or the same one from another place. */
static bool is_worth_another_device(const char *reason)
{
	static const char *const reasons[] = { "unreachable", "not-shared", "broken", "version" };

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (!strcmp(reason, reasons[i]))
			return true;
	return false;
}

static unsigned count_appearances(const struct session_internal *s)
{
	const struct buddy *buddy = presence_buddy(s->broker->context.presence, s->to.jid);

	return buddy ? buddy->appeared : 0;
}

/* Whether one that is not seen is asked whether it is there; look() goes on when that is known. */
static bool await_others(struct session_internal *s, const char *reason)
{
	if (s->refusal || !is_worth_another_device(reason))
		return false;
	s->refusal = reason;
	s->appeared = count_appearances(s);
	ask_buddy(s);
	if (!inquirer_pending(s->broker->inquirer, s->to.jid))
		return false;
	enter(s, SESSION_WAITING, reason);
	return true;
}

static void on_errand_failed(void *owner, const char *reason)
{
	struct session_internal *s = owner;

	s->errand = NULL;
	/* The device restarted under us, or closed the link as we asked; it is there again or will not be. */
	if (is_worth_another_look(reason) && s->restarts++ < RESTARTS_MAX) {
		enter(s, SESSION_WAITING, "the device restarted");
		s->looks = 0;
		uv_timer_start(&s->timer, on_timer, ONLINE_TIMEOUT, 0);
		look(s);
		return;
	}
	if (!await_others(s, reason))
		fail_for_reason(s, reason);
}

static void on_errand_waiting(void *owner, const char *state)
{
	struct session_internal *s = owner;
	char *text;

	text = xasprintf(!strcmp(state, "deferred") ? "%s is busy with another push to '%s'; waiting"
						     : "%s is starting '%s'", s->to.jid, s->to.share);
	note(s, "progress", text);
	free(text);
}

static const struct errand_events errand_events = {
	.open = on_errand_open,
	.failed = on_errand_failed,
	.waiting = on_errand_waiting,
};

/* Whoever sees nothing move wants to know why, and for how long. */
static void tell_wait(struct session_internal *s)
{
	uint64_t left = peer_patience(s->peer);
	char *text;

	if (!left)
		return;
	s->wait_told = true;
	text = xasprintf("the connection with %s is lost; waiting up to %" PRIu64 " s for it to come back", s->to.jid,
			 (left + 999) / 1000);
	note(s, "warning", text);
	free(text);
}

/* Nobody can be asked. That a server was not reached says nothing of who is there. */
static void fail_unseen(struct session_internal *s)
{
	enum message_id id = candidates_none(s->broker, &s->to);
	bool gone = id == MSG_BUDDY_OFFLINE && s->refusal && !strcmp(s->refusal, "unreachable");

	if (s->refusal && !gone) {
		fail_for_reason(s, s->refusal);
		return;
	}
	if (id == MSG_BUDDY_OFFLINE && inquirer_unreachable(s->broker->inquirer, s->to.jid))
		id = MSG_BUDDY_UNSEEN;
	fail(s, id);
}

static void look_again(struct session_internal *s)
{
	if (!inquirer_pending(s->broker->inquirer, s->to.jid) || s->looks++ == LOOKS_MAX) {
		fail_unseen(s);
		return;
	}
	uv_timer_start(&s->timer, on_timer, INQUIRY_PATIENCE, 0);
}

static void fail_not_online(struct session_internal *s)
{
	struct message awaited;

	account_awaits(s->broker, &awaited);
	fail_with(s, &awaited);
}

static void on_timer(uv_timer_t *timer)
{
	struct session_internal *s = timer->data;
	const struct message *trouble;

	if (s->state == SESSION_OPEN)
		tell_wait(s);
	if (s->state == SESSION_LEAVING)
		finish(s, "cancelled");
	if (s->state != SESSION_WAITING)
		return;
	if (s->path_wanted)
		fail(s, MSG_NO_PATH);
	else if (s->looks)
		look_again(s);
	else if (s->broker->xmpp && (trouble = xmpp_trouble(s->broker->xmpp))->id != MSG_NONE)
		fail_with(s, trouble);
	else if (s->broker->context.online_at)
		fail(s, MSG_BUDDY_OFFLINE);
	else
		fail_not_online(s);
}

/* Starts the errand if somebody can be asked. A link that is up is enough, the server need not be there. */
static bool ask(struct session_internal *s, struct candidates *found)
{
	struct broker *b = s->broker;

	s->errand = errand_create(s->service, s->to.share, s->git_protocol, &errand_events,
				  &channel_events, s);
	*found = candidates_add(b, &s->to, s->prefer, s->transport, s, s->errand);
	if (found->asked) {
		enter(s, SESSION_ASKING, "somebody can be asked");
		errand_start(s->errand, context_now(&b->context));
		for (struct peer *p = b->peers.first; p; p = p->next)
			peer_touch(p);
		return true;
	}
	errand_destroy(s->errand);
	s->errand = NULL;
	return false;
}

/* They can be asked when the link is on a path of the kind that the user wants. */
static void wait_for_path(struct session_internal *s)
{
	char *text;

	if (s->path_wanted)
		return;
	s->path_wanted = true;
	text = xasprintf("looking for a path of the kind '%s' to %s", ways_transport_name(s->transport), s->to.jid);
	note(s, "progress", text);
	free(text);
	uv_timer_start(&s->timer, on_timer, PATH_TIMEOUT_MS, 0);
}

/* What was not seen need not be away: whoever it is about is asked once, and has a moment. */
static void ask_buddy(struct session_internal *s)
{
	s->looks = 1;
	inquirer_want(s->broker->inquirer, s->to.jid);
	if (inquirer_pending(s->broker->inquirer, s->to.jid))
		uv_timer_start(&s->timer, on_timer, INQUIRY_PATIENCE, 0);
}

/* Starts the errand, or says why not, or goes on waiting. */
static void look(struct session_internal *s)
{
	struct broker *b = s->broker;
	const struct message *trouble;
	struct candidates found;

	/* Those who were asked would only say the same. */
	if (s->refusal && s->appeared == count_appearances(s)) {
		if (!inquirer_pending(b->inquirer, s->to.jid))
			fail_unseen(s);
		return;
	}
	if (ask(s, &found))
		return;
	trouble = account_trouble(b);
	if (trouble) {
		fail_with(s, trouble);
		return;
	}
	if (!b->xmpp || xmpp_state(b->xmpp) != XMPP_ONLINE)
		return;
	if (found.path_wanted) {
		wait_for_path(s);
		return;
	}
	if (!s->looks)
		ask_buddy(s);
	if (!context_presence_pending(&b->context, s->to.jid))
		fail_unseen(s);
}

static struct session_internal *one_asleep(const struct broker *b, uint64_t wake)
{
	for (struct session *s = b->sessions; s; s = s->next)
		if (s->in->state == SESSION_WAITING && s->in->woken < wake)
			return s->in;
	return NULL;
}

void sessions_wake(struct broker *b)
{
	struct session_internal *s;
	uint64_t wake = ++b->wakes;

	unsettled_wake(b->unsettled);
	/* Where one finds that a link is over, others end with it. */
	while ((s = one_asleep(b, wake))) {
		s->woken = wake;
		look(s);
	}
}

static bool concerns(const struct session_internal *s, const char *jid, const char *device)
{
	if (strcmp(s->to.jid, jid))
		return false;
	if (!device)
		return true;
	return (s->state == SESSION_OPEN || s->state == SESSION_LOST || s->state == SESSION_LEAVING) &&
	       !strcmp(s->device, device);
}

void sessions_shut_out(struct broker *b, const char *jid, const char *device, enum message_id told)
{
	struct session *s = b->sessions;

	while (s) {
		if (!concerns(s->in, jid, device)) {
			s = s->next;
			continue;
		}
		fail(s->in, told);
		/* What ends may have woken others. */
		s = b->sessions;
	}
}

static struct broker *broker_of(const struct peer *p)
{
	return p->all->owner;
}

static bool moves_over(const struct session_internal *s, const struct peer *p)
{
	return s->state == SESSION_OPEN && s->peer == p;
}

void sessions_cut_off(const struct peer *p)
{
	for (struct session *s = broker_of(p)->sessions; s; s = s->next)
		if (moves_over(s->in, p))
			uv_timer_start(&s->in->timer, on_timer, CUT_OFF_NOTICE, 0);
}

static void tell_moved(struct session_internal *s)
{
	char *text = xasprintf("the connection with %s is back", s->to.jid);

	uv_timer_stop(&s->timer);
	if (s->wait_told)
		note(s, "warning", text);
	free(text);
	s->wait_told = false;
	if (s->verbose)
		note(s, "verbose", peer_path_name(s->peer));
}

void sessions_moved(const struct peer *p)
{
	for (struct session *s = broker_of(p)->sessions; s; s = s->next)
		if (moves_over(s->in, p))
			tell_moved(s->in);
}

/* Credit to the peer for what has left for the helper. */
static void on_conn_drained(void *owner)
{
	struct session_internal *s = owner;
	size_t n = s->unsent;

	s->unsent = 0;
	if (n && s->channel) {
		channel_consumed(s->channel, n);
		peer_touch(s->peer);
	}
}

/* A push begins to matter: should we be killed, the next broker asks what became of it. */
static void note_push(struct session_internal *s)
{
	if (s->noted || s->state != SESSION_OPEN || !witness_pushes(&s->witness))
		return;
	s->noted = true;
	s->begun = s->received;
	unsettled_note(s->broker->unsettled, &(struct unsettled_push){
		.jid = s->to.jid,
		.device = s->device,
		.share = s->to.share,
		.id = s->neg_id,
		.path = s->path_name,
		.reason = "stopped",
		.received = s->received,
		.witness = &s->witness,
	});
}

static void on_conn_frame(void *owner, const struct frame *frame)
{
	struct session_internal *s = owner;

	if (frame->type == FRAME_DATA && !s->helper_ended &&
	    buf_len(&s->held) + s->granted + frame->len <= FRAME_WINDOW) {
		witness_asks(&s->witness, frame->payload, frame->len);
		note_push(s);
		buf_append(&s->held, frame->payload, frame->len);
	} else if (frame->type == FRAME_END && !s->helper_ended) {
		s->helper_ended = true;
		witness_ends(&s->witness);
	} else {
		finish(s, "protocol");
		return;
	}
	if (s->state == SESSION_OPEN)
		pass_on(s);
}

/* As git does when it has what it wants. The far service is to hear its last words, and not that it was cut off. */
static void leave(struct session_internal *s)
{
	enter(s, SESSION_LEAVING, "the helper has gone, content");
	/* Before git has ended, so that what its end causes comes later in the journal. */
	log_transfer(s, NULL, false);
	uv_timer_start(&s->timer, on_timer, LEAVE_TIMEOUT, 0);
	on_conn_drained(s);
	if (s->state == SESSION_LEAVING)
		pass_on(s);
}

static void on_conn_closed(void *owner)
{
	struct session_internal *s = owner;

	s->conn = NULL;
	if (s->state == SESSION_OPEN && (s->exit_said || (s->helper_ended && witness_settled(&s->witness))))
		leave(s);
	else
		finish(s, s->broker->context.stopping ? "stopped" : "cancelled");
}

static const struct conn_events conn_events = {
	.frame = on_conn_frame,
	.drained = on_conn_drained,
	.closed = on_conn_closed,
};

/* What OPEN asks for; MSG_NONE, or what is wrong with it. */
static enum message_id parse_open(struct session_internal *s, struct fields open)
{
	const char *service = fields_get(open, "service"), *jid = fields_get(open, "jid");
	const char *share = fields_get(open, "share"), *device = fields_get(open, "device");
	const char *git_protocol = fields_get(open, "git-protocol");
	const char *transport = fields_get(open, "transport"), *prefer = fields_get(open, "prefer");
	const char *task = fields_get(open, "task");
	int found = service ? service_by_name(service) : -1;

	if (found < 0)
		return MSG_BAD_SERVICE;
	s->service = found;
	witness_init(&s->witness, s->service);
	if (!jid || !jid_bare(jid, s->to.jid) || !share || !share_name_valid(share))
		return MSG_BAD_URL;
	strcpy(s->to.share, share);
	if (device)
		snprintf(s->to.device, sizeof(s->to.device), "%s", device);
	if (git_protocol)
		snprintf(s->git_protocol, sizeof(s->git_protocol), "%s", git_protocol);
	if (prefer)
		snprintf(s->prefer, sizeof(s->prefer), "%s", prefer);
	if (task)
		snprintf(s->task, sizeof(s->task), "%s", task);
	s->verbose = fields_get_u64(open, "verbosity", 1) >= 2;
	s->transport = transport ? ways_transport(transport) : s->broker->context.transport;
	return s->transport ? MSG_NONE : MSG_BAD_TRANSPORT;
}

void session_create(struct broker *b, struct conn *conn, struct fields open)
{
	struct session_internal *s = xcalloc(1, sizeof(*s));
	enum message_id wrong;
	struct message m;
	uint64_t timeout;

	/* First, for those who wait already look again then. */
	account_wanted(b);
	s->node.in = s;
	s->broker = b;
	s->conn = conn;
	conn_set_owner(conn, &conn_events, s);
	uv_timer_init(b->loop, &s->timer);
	s->timer.data = s;
	s->node.next = b->sessions;
	b->sessions = &s->node;
	wrong = parse_open(s, open);
	if (wrong != MSG_NONE) {
		message_set(&m, wrong, "url", "", "reason", "the broker does not understand it",
			    "service", "", "transport", fields_get(open, "transport"), NULL);
		fail_with(s, &m);
		return;
	}
	/* A broker that has just been started needs its login first. */
	timeout = (uint64_t)time(NULL) - b->started < 10 ? LOGIN_TIMEOUT : ONLINE_TIMEOUT;
	uv_timer_start(&s->timer, on_timer, timeout, 0);
	look(s);
}

bool session_describe(const struct session *node, struct buf *fields)
{
	const struct session_internal *s = node->in;

	if (s->state != SESSION_OPEN)
		return false;
	peer_describe_transfer(s->peer, &(struct peer_transfer){
		.share = s->to.share, .service = s->service, .direction = "out", .channel = s->channel,
		.in = &s->meter_in, .out = &s->meter_out,
	}, fields);
	return true;
}
