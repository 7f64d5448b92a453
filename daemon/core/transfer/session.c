/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A client waits for the session, and a person for the client. So everything that can fail is
 * found out before READY, and each wait has a limit.
 *
 *   WAITING      the account comes online, presences arrive    -> ASKING, or an error
 *   ASKING       the request is under way                      -> OPEN, or an error
 *   OPEN         data both ways                                -> ended, or LOST
 *   LOST         a push lost its link after everything was sent: the session asks for
 *                the outcome (outcome-query.h) and tells our git             -> ended
 *   LEAVING      the client has gone with all it wanted: what it sent last goes
 *                to the far service, which ends by itself                    -> ended
 *
 * This file has the life of a session, and the calls of its client and of the broker.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "candidates.h"
#include "context.h"
#include "frame.h"
#include "log.h"
#include "session-internal.h"

enum {
	ONLINE_TIMEOUT = 4500,		/* ms, for our account to come online and for presences */
	LOGIN_TIMEOUT = 20000,		/* ms, the same when the broker was started just now */
	JUST_NOW = 10,			/* s since the broker's start */
	LEAVE_TIMEOUT = 10000,		/* ms, for the far service to end by itself */
	WAIT_MAX = 7 * 24 * 3600,	/* s, for a buddy who is away */
	CUT_OFF_NOTICE = 5000,		/* ms; a path that is back sooner is not mentioned */
};

void session_enter(struct session *s, enum session_state state, const char *because)
{
	static const char *const names[] = {
		"waiting", "asking", "open", "lost", "leaving", "ended"
	};

	log_debug("session %s %s/%s: %s -> %s, %s", service_name(s->service), s->to.jid,
		  s->to.share, names[s->state], names[state], because);
	s->state = state;
	s->asked = state == SESSION_ASKING || (s->asked && state == SESSION_WAITING);
}

void session_set_timer(struct session *s, uint64_t in)
{
	timer_set(&s->timer, context_now(s->all->context) + in);
}

static void destroy(struct session *s)
{
	buf_finish(&s->held);
	witness_finish(&s->witness);
	free(s->path_name);
	free(s->task);
	free(s);
}

void session_end(struct session *s, const char *because)
{
	struct session **at = &s->all->first;
	struct session_client *client = s->client;

	if (s->state == SESSION_ENDED)
		return;
	if (s->state == SESSION_LOST)
		session_record(s, s->lost_because, false);
	session_enter(s, SESSION_ENDED, because);
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	service_request_destroy(s->request);
	s->request = NULL;
	outcome_query_destroy(s->lost);
	s->lost = NULL;
	if (s->channel)
		channel_close(s->channel, because);
	for (struct peer *p = s->all->peers->first; p; p = p->next)
		peer_release(p, s);
	s->client = NULL;
	if (client)
		s->all->client->close(client);
	timer_set(&s->timer, 0);
}

void session_note(struct session *s, const char *kind, const char *text)
{
	if (s->client)
		s->all->client->note(s->client, kind, text);
}

/* Tells the user why nothing moves, and how long the link waits for a path. */
static void tell_wait(struct session *s)
{
	uint64_t left = peer_patience(s->peer);
	char *text;

	if (!left)
		return;
	s->wait_told = true;
	text = xasprintf("the connection with %s is lost; waiting up to %" PRIu64
			 " s for it to come back",
			 s->to.jid, (left + 999) / 1000);
	session_note(s, "warning", text);
	free(text);
}

static void on_timer(void *owner)
{
	struct session *s = owner;

	switch (s->state) {
	case SESSION_WAITING:
	case SESSION_ASKING:
		session_waited(s);
		break;
	case SESSION_OPEN:
		tell_wait(s);
		break;
	case SESSION_LEAVING:
		session_end(s, "cancelled");
		break;
	case SESSION_ENDED:
		destroy(s);
		break;
	case SESSION_LOST:
		break;
	}
}

/* Reads what OPEN asks for. MSG_NONE, or what is wrong with it. */
static enum message_id parse_open(struct session *s, struct fields open)
{
	const char *service = fields_get(open, "service"), *jid = fields_get(open, "jid");
	const char *share = fields_get(open, "share"), *device = fields_get(open, "device");
	const char *git_protocol = fields_get(open, "git-protocol");
	const char *transport = fields_get(open, "transport"), *prefer = fields_get(open, "prefer");
	const char *task = fields_get(open, "task");
	int found = service ? service_by_name(service) : -1;
	uint64_t wait;

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
	s->task = task && *task ? xstrdup(task) : NULL;
	s->verbose = fields_get_u64(open, "verbosity", 1) >= 2;
	s->progress = fields_get_u64(open, "progress", 0);
	wait = fields_get_u64(open, "wait", 0);
	if (wait)
		s->wait_until =
			context_now(s->all->context) + 1000 * (wait < WAIT_MAX ? wait : WAIT_MAX);
	s->transport = transport ? transport_kinds(transport) : s->all->context->transport;
	return s->transport ? MSG_NONE : MSG_BAD_TRANSPORT;
}

void sessions_init(struct sessions *all, struct context *context, struct peers *peers,
		   struct inquirer *inquirer, const struct session_client_ops *client,
		   const struct session_ops *ops, const struct session_events *events, void *owner)
{
	*all = (struct sessions){
		.context = context,
		.peers = peers,
		.inquirer = inquirer,
		.client = client,
		.ops = ops,
		.events = events,
		.owner = owner,
		.started = context_time(context),
	};
}

struct session *session_create(struct sessions *all, struct session_client *client)
{
	struct session *s = xcalloc(1, sizeof(*s));

	s->all = all;
	s->client = client;
	timer_init(&s->timer, &all->context->timers, on_timer, s);
	s->next = all->first;
	all->first = s;
	return s;
}

void session_open(struct session *s, struct fields open)
{
	enum message_id wrong = parse_open(s, open);
	struct message m;
	uint64_t up;

	if (wrong != MSG_NONE) {
		message_set(&m, wrong, "url", "", "reason", "the broker does not understand it",
			    "service", "", "transport", fields_get(open, "transport"), NULL);
		session_fail_with(s, &m);
		return;
	}
	/* A broker that has just started has to log in first. */
	up = context_time(s->all->context) - s->all->started;
	session_set_timer(s, up < JUST_NOW ? LOGIN_TIMEOUT : ONLINE_TIMEOUT);
	session_look(s);
}

void session_data(struct session *s, const void *data, size_t n)
{
	if (s->client_ended || buf_len(&s->held) + s->granted + n > FRAME_WINDOW) {
		session_broken(s);
		return;
	}
	witness_asks(&s->witness, data, n);
	session_note_push(s);
	buf_append(&s->held, data, n);
	if (s->state == SESSION_OPEN)
		session_pass_on(s);
}

void session_data_end(struct session *s)
{
	if (s->client_ended) {
		session_broken(s);
		return;
	}
	s->client_ended = true;
	witness_ends(&s->witness);
	if (s->state == SESSION_OPEN)
		session_pass_on(s);
}

void session_drained(struct session *s)
{
	session_consume(s);
}

void session_broken(struct session *s)
{
	session_end(s, "protocol");
}

/*
 * The client has gone as git does when it has what it wants. The far service gets the client's
 * last bytes, and is not told that it was cut off.
 */
static void leave(struct session *s)
{
	session_enter(s, SESSION_LEAVING, "the client has gone, content");
	/* Now, before our git ends, so that what its end causes comes later in the journal. */
	session_record(s, NULL, false);
	session_set_timer(s, LEAVE_TIMEOUT);
	session_consume(s);
	if (s->state == SESSION_LEAVING)
		session_pass_on(s);
}

void session_abandoned(struct session *s)
{
	const struct sessions *all = s->all;

	s->client = NULL;
	if (s->state == SESSION_OPEN &&
	    (s->exit_said || (s->client_ended && witness_settled(&s->witness)))) {
		leave(s);
		return;
	}
	/*
	 * Nobody has refused what the queue pushes, if its client was killed. A git that gives up
	 * says the end first, and has named no refs.
	 */
	if (s->task && (!s->client_ended || witness_pushes(&s->witness)))
		all->events->troubled(all->owner, s->task, s->to.jid, MSG_STREAM_LOST);
	session_end(s, all->context->stopping ? "stopped" : "cancelled");
}

static struct session *one_asleep(const struct sessions *all, uint64_t wake)
{
	for (struct session *s = all->first; s; s = s->next)
		if ((s->state == SESSION_WAITING || s->state == SESSION_ASKING) && s->woken < wake)
			return s;
	return NULL;
}

void sessions_wake(struct sessions *all)
{
	struct session *s;
	uint64_t wake = ++all->wakes;

	/* session_look() may end other sessions, so each step begins at the head of the list. */
	while ((s = one_asleep(all, wake))) {
		s->woken = wake;
		session_look(s);
	}
}

static bool concerns(const struct session *s, const char *jid, const char *device)
{
	if (strcmp(s->to.jid, jid))
		return false;
	if (!device)
		return true;
	return s->state != SESSION_WAITING && s->state != SESSION_ASKING &&
	       !strcmp(s->device, device);
}

/* Whether our git waits for the end alone: all that it asked for has come. */
static bool only_ends(const struct session *s)
{
	return s->client && !s->exit_said && witness_answered(&s->witness) &&
	       (s->state == SESSION_OPEN || s->state == SESSION_LOST);
}

/*
 * The far git may have moved refs of a push that was sent, and we do not ask a device that has
 * lost its rights. Whoever was told an exit status is not told anything else.
 */
static void revoke(struct session *s, enum message_id told, const char *reason)
{
	bool open = s->state == SESSION_OPEN || s->state == SESSION_LEAVING;

	if (only_ends(s))
		session_conclude(s);
	if (s->exit_said)
		session_end(s, reason);
	else if (s->state == SESSION_LOST || (open && session_sent_everything(s)))
		session_fail_unknown(s, reason);
	else
		session_fail(s, told);
}

void sessions_revoke(struct sessions *all, const char *jid, const char *device,
		     enum message_id told, const char *reason)
{
	struct session *s = all->first;

	while (s) {
		if (!concerns(s, jid, device)) {
			s = s->next;
			continue;
		}
		revoke(s, told, reason);
		/* The end of a session may have ended others, so begin at the head again. */
		s = all->first;
	}
}

/* A session that moves data under this id, or NULL. */
static struct session *find_moving(const struct sessions *all, const char *id)
{
	for (struct session *s = all->first; s; s = s->next)
		if (s->state == SESSION_OPEN && !s->exit_said && !strcmp(s->neg_id, id))
			return s;
	return NULL;
}

/* Whether this is a push of which the far git may have all that it needs. */
static bool may_have_arrived(const struct session *s)
{
	uint64_t left;

	return session_sent_everything(s) && (!channel_rest(s->channel, &left) || !left);
}

void sessions_end(struct sessions *all, const char *id, transfer_ended *ended, void *arg)
{
	struct session *s = find_moving(all, id);
	struct transfer_ended e;

	if (!s)
		return;
	e = (struct transfer_ended){
		.jid = s->to.jid,
		.share = s->to.share,
		.service = s->service,
		.whole = may_have_arrived(s),
		.task = s->task,
	};
	ended(arg, &e);
	if (only_ends(s)) {
		session_conclude(s);
		session_end(s, ENDED_BY_USER);
		return;
	}
	if (!e.whole) {
		session_fail(s, MSG_ENDED_HERE);
		return;
	}
	session_fail_unknown(s, ENDED_BY_USER);
	/* It is not tried again by itself, as one whose outcome is unknown would be. */
	if (e.task)
		all->events->troubled(all->owner, e.task, e.jid, MSG_ENDED_HERE);
}

static bool moves_over(const struct session *s, const struct peer *p)
{
	return s->state == SESSION_OPEN && s->peer == p;
}

void sessions_cut_off(struct sessions *all, const struct peer *p)
{
	for (struct session *s = all->first; s; s = s->next)
		if (moves_over(s, p))
			session_set_timer(s, CUT_OFF_NOTICE);
}

static void tell_moved(struct session *s)
{
	char *text = xasprintf("the connection with %s is back", s->to.jid);

	free(s->path_name);
	s->path_name = xstrdup(s->peer->path_name);
	timer_stop(&s->timer);
	if (s->wait_told)
		session_note(s, "warning", text);
	free(text);
	s->wait_told = false;
	if (s->verbose)
		session_note(s, "verbose", peer_path_name(s->peer));
}

void sessions_moved(struct sessions *all, const struct peer *p)
{
	for (struct session *s = all->first; s; s = s->next)
		if (moves_over(s, p))
			tell_moved(s);
}

const struct session *session_next(const struct session *s)
{
	return s->next;
}

bool session_describe(const struct session *s, struct buf *row)
{
	if (s->state != SESSION_OPEN)
		return false;
	peer_describe_transfer(s->peer,
			       &(struct peer_transfer){
				       .id = s->neg_id,
				       .share = s->to.share,
				       .service = s->service,
				       .direction = "out",
				       .channel = s->channel,
				       .in = &s->traffic.in,
				       .out = &s->traffic.out,
			       },
			       row);
	return true;
}
