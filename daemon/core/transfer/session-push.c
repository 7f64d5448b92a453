/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The outcome of a transfer, and above all of a push: its refs may have moved although we were
 * not told. A push is written down from the moment when it has named its refs. If its link is
 * lost after everything was sent, the device is asked while our git waits (outcome-query.h).
 * If nobody waits any more, the outcome is settled later.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "log.h"
#include "session-internal.h"

static struct unsettled_push describe(struct session *s, const char *reason)
{
	return (struct unsettled_push){
		.jid = s->to.jid,
		.device = s->device,
		.share = s->to.share,
		.id = s->neg_id,
		.path = s->path_name,
		.reason = reason,
		.witness = &s->witness,
	};
}

void session_note_push(struct session *s)
{
	struct unsettled_push push;

	if (s->noted || s->state != SESSION_OPEN || !witness_pushes(&s->witness))
		return;
	s->noted = true;
	s->begun = s->traffic.received;
	push = describe(s, "stopped");
	push.received = s->traffic.received;
	s->all->events->push_noted(s->all->owner, &push);
}

static void record_cut(struct session *s, const char *reason, bool asked)
{
	struct unsettled_push push = describe(s, reason ? reason : "ended");

	push.sent = s->traffic.written;
	push.received = s->traffic.received;
	push.begun = s->begun;
	push.asked = asked;
	s->all->events->push_cut(s->all->owner, &push);
}

void session_record(struct session *s, const char *reason, bool asked)
{
	if (s->logged)
		return;
	s->logged = true;
	if (witness_result(&s->witness, reason) == RESULT_UNKNOWN) {
		record_cut(s, reason, asked);
		return;
	}
	s->all->events->over(s->all->owner, &(struct transfer){
		.jid = s->to.jid,
		.share = s->to.share,
		.service = s->service,
		.sent = s->traffic.written,
		.received = s->traffic.received,
		.path = s->path_name,
		.witness = &s->witness,
		.reason = reason,
	});
	if (s->noted)
		s->all->events->push_settled(s->all->owner, s->neg_id);
}

bool session_sent_everything(const struct session *s)
{
	return witness_pushes(&s->witness) &&
	       (s->end_passed_on || witness_only_deletes(&s->witness));
}

static void on_rest(void *owner, const void *data, size_t n)
{
	struct session *s = owner;

	/* Behind the end there is no rest. */
	if (s->end_said)
		return;
	s->traffic.received += n;
	witness_answers(&s->witness, data, n);
	s->all->client->data(s->client, data, n);
}

static void on_exited(void *owner, uint32_t status)
{
	struct session *s = owner;

	log_info("what became of the push to %s/%s is known although its link was lost", s->to.jid,
		 s->to.share);
	session_tell_end(s);
	witness_exited(&s->witness, status);
	status = session_status(s, status);
	session_record(s, NULL, true);
	s->all->client->exited(s->client, status);
	session_end(s, "the rest was asked for");
}

/* The reason why nobody knows, for people; malloc'd. */
static char *why_unknown(const char *reason)
{
	if (!strcmp(reason, ENDED_BY_USER))
		return xstrdup("it was ended here by \"git xmpp cancel\"");
	if (!strcmp(reason, ENDED_THERE))
		return xstrdup("it was ended there");
	return xasprintf("the connection was lost (%s)", reason);
}

void session_fail_unknown(struct session *s, const char *reason)
{
	char *why = why_unknown(reason);
	struct message m;

	session_record(s, reason, false);
	message_set(&m, MSG_PUSH_UNKNOWN, "jid", s->to.jid, "share", s->to.share, "reason", why,
		    NULL);
	session_fail_with(s, &m);
	free(why);
}

static void on_unknown(void *owner, bool answered)
{
	struct session *s = owner;

	/* What git has reported is known; only the last words of hooks are not. */
	if (witness_answered(&s->witness)) {
		session_conclude(s);
		session_end(s, "it was reported before");
		return;
	}
	session_record(s, s->lost_because, true);
	session_fail_unknown(s, s->lost_because);
}

static const struct outcome_query_events outcome_query_events = {
	.rest = on_rest,
	.exited = on_exited,
	.unknown = on_unknown,
};

void session_lose(struct session *s, const char *reason)
{
	struct outcome_query_host host = {
		.context = s->all->context,
		.peers = s->all->peers,
		.inquirer = s->all->inquirer,
	};
	bool ended = !strcmp(reason, ENDED_THERE);
	char *text = xasprintf("%s when everything was sent; asking %s what became of it",
			       ended ? "the transfer was ended there" : "the connection was lost",
			       s->to.jid);

	snprintf(s->lost_because, sizeof(s->lost_because), "%s", reason);
	session_enter(s, SESSION_LOST, reason);
	session_note(s, "warning", text);
	free(text);
	s->lost = outcome_query_create(&host, &(struct outcome_query_question){
		.jid = s->to.jid,
		.device = s->device,
		.id = s->neg_id,
		.received = s->traffic.received,
	}, &outcome_query_events, s);
}
